"""Run as administrator: the line that Windows is given; tests/peers/test_windows_first_use.py runs it."""

from homeport.system.windows.elevate import held_open


def test_a_path_with_spaces_stays_one_word():
    """`cmd /c` takes the outer quotes off, the program and its words keep theirs; a failure can be read."""
    words = (
        r"C:\Program Files\Homeport\homeport.exe",
        "service",
        "install",
        "--config",
        r"C:\My files\h.yaml",
    )
    program, line = held_open(words)
    assert program.endswith("cmd.exe")
    assert line == (
        r'/c ""C:\Program Files\Homeport\homeport.exe" service install --config "C:\My files\h.yaml" & if errorlevel 1 (pause & exit 1)"'
    )


def test_what_cmd_would_take_for_its_own_is_quoted():
    """An account may be called R&D: what follows the mark would be a second command, as administrator."""
    _, line = held_open(("homeport.exe", "service", "--config", r"C:\Users\R&D\h.yaml"))
    assert line.startswith(r'/c ""homeport.exe" service --config "C:\Users\R&D\h.yaml" &')
