"""What cannot be tried from inside."""

from fakes.patient import findings, ids, patient
from homeport.doctor.reach import check


async def test_nothing_is_claimed_that_was_not_tried(tmp_path):
    """Without a port, and without a server to try it, that is what is said."""
    assert ids(await findings(check, patient(tmp_path))) == ["reach.not_asked"]
    [found] = await findings(check, patient(tmp_path, ports=[443]))
    assert found.said.id == "reach.nobody"
    assert "port 443" in found.sentence
