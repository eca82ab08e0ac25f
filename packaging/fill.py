#!/usr/bin/env python3
"""Fill the manifests of Homebrew, winget and scoop: the version, where the release is, and its files' hashes.

`packaging/fill.py REPOSITORY ASSETS INTO`: REPOSITORY is the URL of the project, ASSETS the folder with the files
of the release, INTO the folder that the filled manifests are written to. A manifest may name `@VERSION@`,
`@REPOSITORY@` and `@SHA256 FILE@`; a file that is not there is an error, so that no hash is ever made up.
"""

import hashlib
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent
MANIFESTS = sorted(path for room in ("homebrew", "scoop", "winget") for path in (TOP / room).glob("*.in"))


def main(words: list[str]) -> int:
    """Fill every manifest, and print where it lies."""
    if len(words) != 3:
        sys.stderr.write("usage: packaging/fill.py REPOSITORY ASSETS INTO\n")
        return 2
    repository, assets, into = words[0].rstrip("/"), Path(words[1]), Path(words[2])
    for manifest in MANIFESTS:
        try:
            text = filled(manifest.read_text(encoding="utf-8"), repository, assets)
        except FileNotFoundError as missing:
            sys.stderr.write(
                f"packaging/fill.py: {manifest.name} speaks of {missing.filename}, which is not there\n"
            )
            return 1
        target = into / manifest.parent.name / manifest.name.removesuffix(".in")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{target}\n")
    return 0


def filled(text: str, repository: str, assets: Path) -> str:
    """Return a manifest with everything in its place."""
    text = text.replace("@VERSION@", version()).replace("@REPOSITORY@", repository)
    return re.sub(
        r"@SHA256 ([\w.-]+)@",
        lambda found: hashlib.sha256((assets / found[1]).read_bytes()).hexdigest(),
        text,
    )


def version() -> str:
    """Return what `homeport.__version__` says, without importing it."""
    text = (TOP.parent / "src" / "homeport" / "__init__.py").read_text(encoding="utf-8")
    [found] = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return str(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
