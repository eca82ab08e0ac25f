"""Whoever cannot prove a token is nobody."""

import pytest

from fakes.house import HOME, house
from homeport.control.credentials import NOBODY
from homeport.control.replay import Rejection
from homeport.control.sealing import Sealer, new_key
from homeport.model.directory import Stamp
from homeport.wire import signature


async def test_passwords_and_bearer():
    """The right secret is the token, anything else is nobody, whatever bytes it holds."""
    async with house() as here:
        check, issued = here.credentials, here.issued
        assert check.by_password(issued.id, issued.secret) is here.token
        assert check.by_joined(f"{issued.id}.{issued.secret}") is here.token
        for token_id, secret in ((issued.id, ""), (issued.id, "\ud800\0"), ("", issued.secret), ("x", "y")):
            assert check.by_password(token_id, secret) is NOBODY
        for text in ("", ".", issued.id, issued.secret, f"{issued.id}.{issued.secret}."):
            assert check.by_joined(text) is NOBODY


async def test_a_signed_only_token_has_no_password():
    """A token without digest is never matched, not even by an empty secret."""
    async with house() as here:
        issued = await here.tokens.create([HOME], plain=False)
        for secret in ("", issued.secret, "\0" * 32):
            assert here.credentials.by_password(issued.id, secret) is NOBODY


def signed(here, token_id, secret, nonce="n" * 16, off=0):
    timestamp = int(here.clock.now()) + off
    stamp = Stamp(token_id, timestamp, nonce)
    given = signature.digest(secret, "POST", "/u", timestamp, nonce, b"")
    return here.credentials.by_signature(
        token_id,
        stamp,
        given,
        lambda key: signature.digest(key, "POST", "/u", timestamp, nonce, b""),
        lambda token: token.hosts,
    )


async def test_signatures():
    """A right signature is the token once; then it is a replay; a wrong one is nobody and is not remembered."""
    async with house() as here:
        issued = here.issued
        assert signed(here, issued.id, "wrong") is NOBODY
        assert signed(here, "nobody", issued.secret) is NOBODY
        assert signed(here, "nobody", "") is NOBODY
        assert signed(here, issued.id, issued.secret) is here.token
        assert isinstance(signed(here, issued.id, issued.secret), Rejection)
        assert signed(here, issued.id, issued.secret, off=400).server_time == int(here.clock.now())


@pytest.mark.parametrize("signing", [False, True])
async def test_a_token_that_cannot_sign(signing):
    """A token without a sealed secret, or sealed with another key, signs nothing, not even with an empty key."""
    async with house() as here:
        issued = await here.tokens.create([HOME], signing=signing)
        here.credentials._sealer = Sealer.read(new_key())
        assert signed(here, issued.id, issued.secret) is NOBODY
        assert signed(here, issued.id, "") is NOBODY
