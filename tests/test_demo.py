"""The demo is the whole path on this machine."""

import asyncio

import dns.message
import dns.query

from homeport.demo import ZONE, demonstrate


async def test_a_name_resolves_to_this_machine():
    """Server and agent start, the address is published, our DNS answers it, and how long that took is told."""
    changed = asyncio.Event()
    async with asyncio.timeout(60), demonstrate(changed.set) as demo:
        while not demo.agent.status()["records"] or not demo.changes:
            await changed.wait()
            changed.clear()
        assert demo.name.is_within(ZONE)
        change = demo.changes[0]
        name, rrtype = change.record.split(" ")
        query = dns.message.make_query(name, rrtype)
        answer = await asyncio.to_thread(dns.query.udp, query, demo.dns[0], port=demo.dns[1], timeout=10)
        assert {str(rdata) for rrset in answer.answer for rdata in rrset} == set(change.after)
        assert change.noticed_to_visible > 0


async def test_what_it_says_to_try_works():
    """The curl line updates the spare host, as the dig line then shows."""
    async with asyncio.timeout(60), demonstrate(lambda: None) as demo:
        [line] = [each for each in demo.tries if each.startswith("curl -u")]
        _, _, credential, url = line.split(" ")
        program = await asyncio.create_subprocess_exec(
            "curl", "-s", "-u", credential, url.strip('"'), stdout=asyncio.subprocess.PIPE
        )
        said, _ = await program.communicate()
        assert said.split() == [b"good", b"203.0.113.7"]
        query = dns.message.make_query(str(demo.spare), "A")
        answer = await asyncio.to_thread(dns.query.udp, query, demo.dns[0], port=demo.dns[1], timeout=10)
        assert str(answer.answer[0][0]) == "203.0.113.7"
