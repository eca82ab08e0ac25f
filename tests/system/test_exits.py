"""What exit codes mean."""

import pytest

from homeport.system.exits import is_failure, known, meaning


@pytest.mark.parametrize(
    ("code", "platform", "said"),
    [
        (2, "posix", "the configuration cannot be honoured"),
        (203, "posix", "the program cannot be executed"),
        (127, "posix", "the program is not there"),
        (137, "posix", "it was killed"),
        (-9, "posix", "it was killed"),
        (143, "posix", "signal 15"),
        (77, "posix", "exit code 77"),
        (1069, "nt", "could not log on"),
        (1385, "nt", "lacks the right"),
        (0x80070569, "nt", "lacks the right"),
        (-2147023570, "nt", "could not log on"),
        (0x41301, "nt", "has not failed"),
        (0xC0000135, "nt", "a DLL is missing"),
        (4711, "nt", "0x1267"),
    ],
)
def test_a_code_is_a_sentence(code, platform, said):
    """Ours, the shell's, systemd's and those of Windows, also as the HRESULT that the Task Scheduler shows."""
    found = meaning(code, platform)
    assert said in found.text
    assert found.remedy


@pytest.mark.parametrize(
    ("code", "platform", "failed"),
    [
        (None, "nt", False),
        (0, "nt", False),
        (0x41303, "nt", False),
        (0x41303, "posix", True),
        (1, "nt", True),
    ],
)
def test_what_has_not_run_yet_has_not_failed(code, platform, failed):
    """The Task Scheduler's own codes are no exit codes."""
    assert is_failure(code, platform) is failed


@pytest.mark.parametrize("platform", ["posix", "nt"])
def test_every_known_code_is_what_its_number_says(platform):
    """No rule about ranges of codes hides one of them."""
    for code, wanted in known(platform):
        assert meaning(code, platform) == wanted
