"""What is written as JSON reads back as it was."""

import json
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.model.directory import (
    Bind,
    Binding,
    Delta,
    DropHost,
    DropToken,
    DropZone,
    Host,
    NameServer,
    Origin,
    PutHost,
    PutToken,
    PutZone,
    Token,
    Zone,
)
from homeport.model.name import Fqdn
from homeport.stores import codec

names = st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9_]([a-z0-9_-]{0,7}[a-z0-9])?){1,4}", fullmatch=True).map(
    Fqdn.parse
)
addresses = st.one_of(st.integers(0, 2**32 - 1).map(IPv4Address), st.integers(0, 2**128 - 1).map(IPv6Address))
times = st.floats(0, 2e10)
servers = st.builds(NameServer, names, st.lists(addresses, max_size=3).map(tuple))
digests = st.one_of(st.none(), st.binary(min_size=1, max_size=64))
ops = st.one_of(
    st.builds(
        PutZone, st.builds(Zone, names, st.lists(servers, max_size=3).map(tuple), st.integers(1, 86400))
    ),
    st.builds(PutHost, st.builds(Host, names, st.booleans(), st.booleans(), times)),
    st.builds(
        PutToken, st.builds(Token, st.text(), st.frozensets(names), digests, digests, st.text(), times)
    ),
    st.builds(DropZone, names),
    st.builds(DropHost, names),
    st.builds(DropToken, st.text()),
    st.builds(Bind, names, st.builds(Binding, st.frozensets(addresses), st.lists(st.text()).map(tuple))),
)
origins = st.builds(Origin, st.text(), st.text(), st.text(), st.text())


@settings(max_examples=50, deadline=None)
@given(st.builds(Delta, st.integers(1, 2**60), times, st.lists(ops).map(tuple), origins))
def test_a_delta_reads_back(delta):
    """Every delta survives the way to JSON and back, as a follower in another process reads it."""
    told = json.loads(json.dumps(codec.write_delta(delta)))
    ops = tuple(map(codec.read_op, told["ops"]))
    assert Delta(told["revision"], told["at"], ops, Origin(**told["origin"])) == delta


def test_an_unknown_operation_is_refused():
    """An operation of a later version is an error, never skipped."""
    with pytest.raises(ValueError, match="not an operation"):
        codec.read_op({"op": "explode"})


def test_names_are_told_once():
    """The hosts of a commit are its hosts, whatever else it touches."""
    home = Fqdn.parse("home.example.com")
    touched = codec.names_of(
        [PutHost(Host(home)), Bind(home, Binding()), DropZone(Fqdn.parse("example.com"))]
    )
    assert touched == ["home.example.com"]
