"""Tokens: the secret is told once and works until it is replaced."""

import pytest

from fakes.house import HOME, NAS, house
from homeport.control.credentials import NOBODY
from homeport.errors import Refused
from homeport.model.name import Fqdn


async def test_a_secret_has_128_bits_and_is_not_kept():
    """What the store holds of a token contains no secret in the clear."""
    async with house() as here:
        assert len(bytes.fromhex(here.issued.secret)) == 16
        assert here.issued.secret not in repr(await here.store.base())
        assert here.issued.secret not in repr(here.issued)
        assert here.issued.secret.encode() not in (here.token.sealed, here.token.digest)


async def test_rotation_ends_the_old_secret():
    """After rotation the new secret works, the old one does not, and the id stays."""
    async with house() as here:
        fresh = await here.tokens.rotate(here.issued.id)
        assert fresh.id == here.issued.id
        assert here.credentials.by_password(fresh.id, here.issued.secret) is NOBODY
        assert here.credentials.by_password(fresh.id, fresh.secret) is here.token


async def test_kinds_of_token():
    """Without signing nothing is sealed; signed-only keeps no digest; neither is refused; rotation keeps the kind."""
    async with house() as here:
        plain = await here.tokens.create([HOME], signing=False)
        signed = await here.tokens.create([HOME], plain=False)
        assert here.directory.tokens[plain.id].sealed is None
        assert here.directory.tokens[signed.id].digest is None
        await here.tokens.rotate(signed.id)
        assert here.directory.tokens[signed.id].digest is None
        with pytest.raises(Refused, match="nothing the token could do"):
            await here.tokens.create([HOME], signing=False, plain=False)


async def test_tokens_are_for_hosts_that_exist():
    """An unknown host, no host and an unknown token are refused with the way out."""
    async with house() as here:
        with pytest.raises(Refused, match="homeport host add away"):
            await here.tokens.create([Fqdn.parse("away.dyn.example.com")])
        with pytest.raises(Refused, match="--host"):
            await here.tokens.create([])
        for ask in (here.tokens.revoke, here.tokens.rotate):
            with pytest.raises(Refused, match="homeport token list"):
                await ask("nobody")


async def test_revocation_and_removal_of_hosts():
    """A revoked token is gone; removing hosts narrows a token and then ends it."""
    async with house() as here:
        await here.hosts.remove(NAS)
        assert here.token.hosts == {HOME}
        await here.hosts.remove(HOME)
        assert here.directory.tokens == {}
        await here.hosts.add(HOME)
        issued = await here.tokens.create([HOME], label="router")
        assert here.tokens.all()[0] | {"created_at": 0} == {
            "id": issued.id,
            "hosts": ["home.dyn.example.com"],
            "label": "router",
            "created_at": 0,
            "signing": True,
            "plain": True,
        }
        await here.tokens.revoke(issued.id)
        assert here.tokens.all() == []
