"""The tests mirror the source, and every module says why it exists."""

import ast
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
SOURCE = TOP / "src" / "homeport"
TESTS = TOP / "tests"

# Modules with code and no test file of their own, each for a reason. A path that is gone fails the test.
UNTESTED = {
    "ports.py": "seams only: the conformance suites hold adapters to them",
}
# Test files without a module of their own, each for a reason.
MIRRORLESS_ROOMS = {"fakes", "peers"}  # servers to test against; real programs
MIRRORLESS = {
    "test_convergence.py": "plays any story to the whole agent",
    "test_month.py": "lives through a month with the whole agent",
    "test_layout.py": "looks at the repository",
    "test_packaging.py": "looks at the packages and the release",
    "web/test_faults.py": "looks at the whole page for what others got wrong",
    "web/test_security.py": "looks at the whole page with an agent behind it",
    "test_repository.py": "looks at the repository",
}
CONFORMANCE = "test_conformance.py"  # one suite for every adapter of a port


def modules():
    return sorted(SOURCE.rglob("*.py"))


def suites():
    return [
        path
        for path in sorted(TESTS.rglob("test_*.py"))
        if path.relative_to(TESTS).parts[0] not in MIRRORLESS_ROOMS and path.name != CONFORMANCE
    ]


def mirrors(module):
    """Return where a module's tests may be.

    `a/b.py` and `a/_b.py` in `a/test_b.py`; `a/__init__.py` in `a/test_a.py`, or named for a function it defines.
    """
    inside = module.relative_to(SOURCE)
    if inside.stem != "__init__":
        names = [inside.stem.lstrip("_")]
    else:
        names = [inside.parent.name or "homeport", *functions(module)]
    return [inside.parent / f"test_{name}.py" for name in names]


def functions(module):
    """Return the names of every function in a module."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def needs_tests(module):
    """Tell whether a module does more than name things, and is not proven elsewhere.

    A private one may be tested through its siblings, an adapter with a fake by its room's conformance suite.
    """
    private = module.stem.startswith("_") and module.stem != "__init__"
    room = TESTS / module.relative_to(SOURCE).parent
    in_suite = (room / CONFORMANCE).exists() and (TESTS / "fakes" / module.name).exists()
    return not private and not in_suite and bool(functions(module))


def test_every_module_with_code_has_its_test_file():
    """Whoever opens a module knows where its tests are."""
    inside = {str(module.relative_to(SOURCE)) for module in modules()}
    assert set(UNTESTED) <= inside, "an exception for a module that is gone"
    wanting = [name for name in sorted(inside - set(UNTESTED)) if needs_tests(SOURCE / name)]
    missing = [
        name for name in wanting if not any((TESTS / path).exists() for path in mirrors(SOURCE / name))
    ]
    assert not missing, f"no test file for {missing}"


def test_every_test_file_has_its_module():
    """A test file that outlived its module is found."""
    homes = {path for module in modules() for path in mirrors(module)} | {Path(name) for name in MIRRORLESS}
    strays = [str(path.relative_to(TESTS)) for path in suites() if path.relative_to(TESTS) not in homes]
    assert not strays, f"no module for {strays}"


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_opens_with_its_reason_to_exist(module):
    """The first statement of a module is a sentence that says what it is for."""
    said = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert said, "no docstring"
    first = said.split("\n\n")[0]
    assert first.endswith((".", ":", "?")), first


@pytest.mark.parametrize("path", suites(), ids=lambda path: str(path.relative_to(TESTS)))
def test_a_test_says_what_it_holds(path):
    """Each test carries one sentence of docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    tests = [node for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")]
    silent = [node.name for node in tests if not ast.get_docstring(node)]
    assert not silent, f"no docstring: {silent}"
