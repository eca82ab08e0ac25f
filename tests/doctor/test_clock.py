"""The clock, compared."""

import pytest

from fakes.clock import FakeClock
from fakes.patient import findings, ids, patient
from fakes.tools import toolbox
from homeport.doctor.clock import check
from homeport.doctor.hearing import Heard


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        ([0.4, -0.2], "clock.ok"),
        ([45.0], "clock.ok"),
        ([400.0, 401.0, 0.0], "clock.off"),
        ([-400.0], "clock.off"),
        ([0.0, 0.1, 90_000.0], "clock.ok"),
        ([], "clock.unknown"),
    ],
)
async def test_the_middle_of_what_was_heard_counts(tmp_path, ahead, said):
    """One server with a clock of its own does not make ours wrong."""
    case = patient(tmp_path, heard=[Heard(f"http://{at}/", each) for at, each in enumerate(ahead)])
    [found] = await findings(check, case)
    assert found.said.id == said


async def test_the_direction_is_named(tmp_path):
    """Behind is not ahead."""
    case = patient(tmp_path, heard=[Heard("http://a/", -400.0)])
    [found] = await findings(check, case)
    assert found.sentence == "the clock is 400 s behind: http://a/ says so"


async def test_a_clock_before_2020_needs_no_witness(tmp_path):
    """A machine whose battery is empty begins in 1970."""
    case = patient(tmp_path, tools=toolbox(clock=FakeClock(start=86_400.0)))
    [found] = await findings(check, case)
    assert ids([found]) == ["clock.past"]
    assert "1970-01-02" in found.sentence
