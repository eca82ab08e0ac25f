"""The repository speaks of the project alone: no secrets, no machine it was written on, no place it was fetched from."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
MADE_HERE = {"__pycache__", "build", "dist", "node_modules"}
LARGEST = 1_000_000  # bytes: beyond it is data, not something that a person wrote

# Written so that this file does not match itself.
UNWANTED = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE[ ]KEY-----\s+[A-Za-z0-9+/]{40}",
    "a provider's access token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|AKI[A][0-9A-Z]{16}|xox[bp]-[0-9A-Za-z-]{20,})\b",
    "a path of one machine": r"(?<![\w.<>*{}-])/(?:[r]oot|[w]ork|[f]arm)/\w",
    "where a package was fetched": r"(?i)\bpy[p]i\.org\b|python[h]osted|registry\.npm[j]s|\bdeb\.debi[a]n\.org|\.pkg\.d[e]v",
    "an index of one machine": r"--(?:extra-)?index[-]url|--find[-]links|\"resolved\": *\"http",
    "who helped to write it": r"(?i)\bcl[a]ude\b|\banthr[o]pic\b|chat[g]pt|co-authored[-]by|generated[ ]with|as an a[i] ",
}


def tracked():
    """Return every file of the repository: what git tracks, or where there is no git, what is not made here."""
    git = shutil.which("git")
    listed = git and subprocess.run([git, "ls-files", "-z"], cwd=TOP, capture_output=True, check=False)
    if listed and listed.returncode == 0:
        return sorted(
            TOP / name for name in listed.stdout.decode().split("\0") if name and (TOP / name).is_file()
        )
    return sorted(path for path in TOP.rglob("*") if path.is_file() and is_ours(path.relative_to(TOP)))


def is_ours(path):
    """Tell whether a path is part of a source archive; of the hidden folders only `.ci` is."""
    return not any(part in MADE_HERE or (part.startswith(".") and part != ".ci") for part in path.parts[:-1])


def texts():
    """Yield each text of the repository with its name."""
    for path in tracked():
        if path.stat().st_size <= LARGEST:
            try:
                yield str(path.relative_to(TOP)), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


@pytest.mark.parametrize("what", UNWANTED)
def test_no_file_holds_what_does_not_belong(what):
    """What is published tells nothing about the people and machines that made it."""
    pattern = re.compile(UNWANTED[what])
    found = [f"{name}: {match[0][:40]!r}" for name, text in texts() for match in pattern.finditer(text)]
    assert not found, f"{what} in {found}"


@pytest.mark.parametrize(
    ("what", "sample"),
    [
        ("a private key", "-----BEGIN EC PRIVATE" + " KEY-----\n" + "A" * 64),
        ("a provider's access token", "ghp" + "_" + "a1" * 18),
        ("a path of one machine", "see /ro" + "ot/project"),
        ("where a package was fetched", "https://py" + "pi.org/simple"),
        ("an index of one machine", "--index" + "-url x"),
        ("who helped to write it", "Co-Authored" + "-By: x"),
    ],
)
def test_the_patterns_find_what_they_are_for(what, sample):
    """Each pattern would find its kind."""
    assert re.search(UNWANTED[what], sample)


def test_lock_files_are_in_step_and_name_no_host():
    """`tools/lock --check` reads each line of each lock file, and finds only pins, hashes and notes of origin."""
    tool = TOP / "tools" / "lock"
    locks = sorted(TOP.glob("requirements*.txt"))
    assert len(locks) == 6
    assert not any("://" in path.read_text() for path in locks)
    done = subprocess.run([sys.executable, str(tool), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def pages():
    """Return each page of prose with its text."""
    return {path: path.read_text(encoding="utf-8") for path in tracked() if path.suffix == ".md"}


def linked(page, text):
    """Return the files that a page links to."""
    return {
        (page.parent / target).resolve() for target in re.findall(r"\]\(([^()\s#:]+)(?:#[^()\s]*)?\)", text)
    }


def test_every_page_of_documentation_is_linked_in_its_own_language():
    """Whoever begins at the front page finds it; the link from its translation is for who is there already."""
    is_chinese = lambda path: "zh" in path.parts or path.name.endswith(".zh-CN.md")  # noqa: E731 -- short
    found = {
        target
        for page, text in pages().items()
        for target in linked(page, text)
        if is_chinese(target) == is_chinese(page) and target != page
    }
    wanted = {page for page in pages() if page.is_relative_to(TOP / "docs")}
    assert len(wanted) > 40
    assert not sorted(str(page.relative_to(TOP)) for page in wanted - found)


def test_no_link_of_a_page_leads_nowhere():
    """What a page links to in the repository is there."""
    dead = [
        f"{page.relative_to(TOP)}: {target}"
        for page, text in pages().items()
        for target in linked(page, text)
        if not target.exists()
    ]
    assert not dead
