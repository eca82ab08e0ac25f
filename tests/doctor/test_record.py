"""What the agent that runs could not finish."""

from fakes.patient import findings, ids, patient
from homeport.doctor.record import check


def record(state, reason=""):
    return {"name": "a.example.com", "type": "A", "state": state, "reason": reason}


async def looked(folder, *records):
    case = patient(folder)
    case.reports["run"] = {"records": list(records)}
    return await findings(check, case)


async def test_each_unfinished_record_with_its_reason(tmp_path):
    """And how to try again."""
    found = await looked(tmp_path, record("current"), record("halted", "badauth"), record("held"))
    assert ids(found) == ["record.unfinished"] * 2
    assert found[0].sentence == "a.example.com A is halted: badauth"
    assert "homeport retry a.example.com" in found[0].remedy


async def test_what_is_paused_is_a_note_with_the_way_on(tmp_path):
    """Once for a name, whatever records it has; it is nothing wrong."""
    twins = [record("paused") | {"paused_until": 1_800_000_000.0, "type": kind} for kind in ("A", "AAAA")]
    other = record("paused") | {"paused_until": None, "name": "b.example.com"}
    found = await looked(tmp_path, *twins, other, record("current"))
    assert ids(found) == ["record.paused_until", "record.paused", "record.ok"]
    assert "until 2027-01-1" in found[0].sentence
    assert "homeport resume b.example.com" in found[1].remedy


async def test_records_that_are_as_they_are_wanted(tmp_path):
    """They are counted; of an agent that does not run nothing is said."""
    assert ids(await looked(tmp_path, record("current"), record("new"))) == ["record.ok"]
    assert await findings(check, patient(tmp_path)) == []
