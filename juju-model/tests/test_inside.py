"""How the package is built: who imports whom, and how large its modules are."""

from __future__ import annotations

import ast
from pathlib import Path

import juju_model

PACKAGE = Path(juju_model.__file__).parent
# what each part may import besides itself; modules without a part are named by themselves
ALLOWED = {
    "state": {"values", "formats"},
    "tools": {"values", "formats", "state"},
    "agent": {"values", "formats", "state", "tools", "paths", "wire", "connection"},
    "cli": {"values", "state", "client"},
}
LONGEST = 250


def imported(path: Path) -> set[str]:
    """The parts of this package that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 2:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {name.partition(".")[0] for name in names}
    return found


def test_imports_have_one_direction():
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for part, allowed in ALLOWED.items()
        for path in sorted((PACKAGE / part).glob("*.py"))
        for name in sorted(imported(path) - allowed)
    ]
    assert wrong == []


def test_no_module_is_long():
    sizes = {path.name: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > LONGEST} == {}
