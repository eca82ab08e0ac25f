"""The heartbeat's octets: what was written is read, what was not is refused, and an answer fits one beat alone."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.wire import heartbeat, signature
from homeport.wire.heartbeat import Beat, Challenge, Seen

KEY = heartbeat.key_of("5e0c7f2d9b8a41c6")
BEAT = Beat("t1a2b3c4", b"flow-of-", bytes(16), 1, 10)
DATA = heartbeat.write_beat(BEAT, KEY)
beats = st.builds(
    Beat,
    token=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=16),
    flow=st.binary(min_size=8, max_size=8),
    session=st.binary(min_size=16, max_size=16),
    counter=st.integers(0, 2**64 - 1),
    every=st.integers(1, heartbeat.LONGEST_EVERY),
)


@given(beats)
def test_a_beat_is_read_as_it_was_written(beat):
    """All of it, and always in the same number of octets."""
    data = heartbeat.write_beat(beat, KEY)
    assert len(data) == heartbeat.BEAT_SIZE
    assert heartbeat.read_beat(data) == beat
    assert heartbeat.is_proved(data, KEY)


@given(st.binary(max_size=100) | st.binary(min_size=70, max_size=70).map(lambda rest: DATA[:4] + rest[4:]))
def test_anything_else_is_refused_or_unproved(data):
    """Whatever arrives is no beat, or none that counts; nothing else happens."""
    try:
        beat = heartbeat.read_beat(data)
    except ValueError:
        return
    assert isinstance(beat, Beat)
    assert data == DATA or not heartbeat.is_proved(data, KEY)


@given(st.integers(0, 70 * 8 - 1))
def test_one_flipped_bit_is_seen(bit):
    """Nothing of a beat can be changed on its way."""
    data = bytearray(DATA)
    data[bit // 8] ^= 1 << bit % 8
    assert not heartbeat.is_proved(bytes(data), KEY)


@pytest.mark.parametrize("token", ["", "x" * 17, "ä"])
def test_a_token_that_does_not_fit(token):
    """It is an error where the beat is made, not a beat of somebody else."""
    with pytest.raises(ValueError, match=r"characters|ascii"):
        heartbeat.write_beat(replace(BEAT, token=token), KEY)


@pytest.mark.parametrize("address", ["198.51.100.7", "2001:db8::7", "fe80::1", "::"])
def test_an_answer_says_what_was_seen(address):
    """Address and port of either family, in fewer octets than were asked with."""
    packed = ip_address(address).packed
    answer = heartbeat.write_seen(DATA, packed, 40000, KEY)
    assert heartbeat.read_answer(answer, DATA, KEY) == Seen(ip_address(address), 40000)
    assert len(answer) < len(DATA)


def test_a_mapped_address_is_the_one_it_carries():
    """What a socket of both families calls ::ffff:198.51.100.7 is IPv4."""
    answer = heartbeat.write_seen(DATA, ip_address("::ffff:198.51.100.7").packed, 1, KEY)
    assert heartbeat.read_answer(answer, DATA, KEY) == Seen(ip_address("198.51.100.7"), 1)


def test_a_challenge_carries_a_session():
    """It is shorter than the beat too."""
    answer = heartbeat.write_challenge(DATA, b"s" * 16, KEY)
    assert heartbeat.read_answer(answer, DATA, KEY) == Challenge(b"s" * 16)
    assert len(answer) < len(DATA)


@pytest.mark.parametrize(
    "other",
    [replace(BEAT, counter=2), replace(BEAT, flow=b"another-"), replace(BEAT, session=b"s" * 16)],
)
def test_an_answer_fits_one_beat(other):
    """What was answered to one beat is no answer to another one of the same token."""
    answer = heartbeat.write_seen(DATA, ip_address("198.51.100.7").packed, 1, KEY)
    with pytest.raises(ValueError, match="not an answer"):
        heartbeat.read_answer(answer, heartbeat.write_beat(other, KEY), KEY)


@given(st.binary(max_size=60))
def test_a_forged_answer_is_refused(answer):
    """Without the key nobody tells an agent anything."""
    with pytest.raises(ValueError, match="not an answer"):
        heartbeat.read_answer(answer, DATA, KEY)


@pytest.mark.parametrize("change", [(2, 2), (3, 9)])
def test_an_answer_of_another_version(change):
    """One that is proved and not known is refused, and not taken for one that is."""
    where, value = change
    body = bytearray(heartbeat.write_seen(DATA, bytes(4), 1, KEY)[:-16])
    body[where] = value
    with pytest.raises(ValueError, match="another version"):
        heartbeat.read_answer(heartbeat._answer(bytes(body), DATA, KEY), DATA, KEY)


def test_the_key_signs_nothing_else():
    """A beat's key is not the secret that signs requests, and no signature can be had for the label."""
    assert KEY.hex() not in signature.simple("5e0c7f2d9b8a41c6", 0, "")
    assert b"\n" not in heartbeat._LABEL
    assert heartbeat.key_of("another") != KEY
