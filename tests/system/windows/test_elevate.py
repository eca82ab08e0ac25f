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
