"""The state is its base and every delta since."""

from homeport.model.address import parse_address
from homeport.model.directory import (
    Bind,
    Binding,
    Delta,
    DropHost,
    DropToken,
    DropZone,
    Host,
    PutHost,
    PutToken,
    PutZone,
    Token,
    Zone,
)
from homeport.model.name import Fqdn
from homeport.model.state import EMPTY, State

HOME, LAB = Fqdn.parse("home.lab.example"), Fqdn.parse("lab.example")
BOUND = Binding(frozenset({parse_address("198.51.100.7")}))
PUT = (
    PutZone(Zone(LAB, ())),
    PutHost(Host(HOME)),
    PutToken(Token("a", frozenset({HOME}))),
    Bind(HOME, BOUND),
)


def test_every_op_has_its_opposite():
    """What is put is there, at its revision; what is dropped leaves nothing behind, a host not even its binding."""
    state = State()
    state.apply(Delta(1, 0.0, PUT))
    assert (state.revision, state.bindings, state.changed) == (1, {HOME: BOUND}, {HOME: 1})
    assert (set(state.zones), set(state.hosts), set(state.tokens)) == ({LAB}, {HOME}, {"a"})
    state.apply(Delta(2, 0.0, (DropHost(HOME), DropToken("a"), DropZone(LAB))))
    assert state.base() == State(state.base()).base()
    assert (state.revision, {**state.zones, **state.hosts, **state.bindings, **state.changed}) == (2, {})
    assert not state.tokens


def test_dropping_what_is_not_there_is_nothing():
    """A delta may be applied to a base that has it already."""
    state = State()
    state.apply(Delta(1, 0.0, (DropHost(HOME), DropToken("a"), DropZone(LAB))))
    assert state.hosts == state.tokens == state.zones == {}


def test_a_base_stays_as_it_was():
    """What was handed out is not changed by what comes later, and the empty one stays empty."""
    state = State()
    state.apply(Delta(1, 0.0, PUT))
    base = state.base()
    state.apply(Delta(2, 0.0, (DropHost(HOME),)))
    assert base.hosts
    assert base.bindings == {HOME: BOUND}
    assert EMPTY.hosts == {}
