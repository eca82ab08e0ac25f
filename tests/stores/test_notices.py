"""What waits to be told, as its file keeps it."""

from dataclasses import replace

from homeport.model.name import Fqdn
from homeport.model.news import Box, Happened, Told, What
from homeport.model.rrset import RRType
from homeport.stores.notices import peek, read, written
from homeport.telemetry import events

NOW = 1_800_000_000.0
WAITS = Happened(
    What.CHANGED, Fqdn.parse("home.example.com"), RRType.A, "cf", NOW, ("a",), ("b",), "warum nicht ü"
)
BOXES = {
    "phone": Box(
        NOW,
        {("cf", "home.example.com A"): Told(("b",), What.HALTED, NOW)},
        (WAITS,),
        lost=3,
        failures=2,
        unconfirmed=(1,),
        next_at=NOW + 5,
        patient_until=NOW + 5,
        sent=(NOW, "ok"),
        failed=(NOW, "no"),
    ),
    "mail": Box(NOW),
}


def test_everything_comes_back(tmp_path):
    """Boxes are equal to what they were; where there is no file there are none."""
    path = tmp_path / "notices.json"
    assert read(path, NOW) == {}
    path.write_bytes(written(BOXES))
    assert read(path, NOW) == BOXES


def test_what_an_earlier_version_kept_is_read(tmp_path):
    """It counted for everything that waits how often that was sent, and knew of no service's patience."""
    path = tmp_path / "notices.json"
    data = written(BOXES).replace(b'"unconfirmed":[1]', b'"unconfirmed":2')
    data = data.replace(b"""unconfirmed":[]""", b"""unconfirmed":0""")
    for patience in (b',"patient_until":1800000005.0', b',"patient_until":null'):
        data = data.replace(patience, b"")
    assert b"patient" not in data
    path.write_bytes(data)
    phone = replace(BOXES["phone"], unconfirmed=(1, 1), patient_until=None)
    assert read(path, NOW) == {"phone": phone, "mail": BOXES["mail"]}


def test_what_cannot_be_understood_is_set_aside(tmp_path):
    """Cut off, another version, another shape, or no JSON: told, kept under another name, and begun anew."""
    told = []
    stop = events.listen(lambda event, fields: told.append((event, fields)))
    whole = written(BOXES)
    damaged = (
        whole[:-9],
        whole.replace(b'"version":1', b'"version":2'),
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b"",
    )
    for data in damaged:
        path = tmp_path / "notices.json"
        path.write_bytes(data)
        assert read(path, NOW) == {}
        assert not path.exists()
    stop()
    assert [event for event, _ in told] == [events.Event.STATE_SET_ASIDE] * len(damaged)
    assert len(list(tmp_path.glob("notices.json.damaged-*"))) == len(damaged)


def test_who_only_looks_moves_nothing(tmp_path):
    """A command beside a running agent: what can be read is, what cannot is nothing."""
    path = tmp_path / "notices.json"
    assert peek(path) == {}
    path.write_bytes(written(BOXES))
    assert peek(path) == BOXES
    for data in (b"{", written(BOXES).replace(b'"version":1', b'"version":2')):
        path.write_bytes(data)
        assert peek(path) == {}
        assert path.read_bytes() == data


def test_a_file_that_cannot_be_read_stays(tmp_path):
    """It is told, and left where it is."""
    told = []
    stop = events.listen(lambda event, _: told.append(event))
    (tmp_path / "notices.json").mkdir()
    assert read(tmp_path / "notices.json", NOW) == {}
    stop()
    assert told == [events.Event.NOTICE_UNWRITABLE]
