"""The layout of the code: who may import whom, and who alone may do what.

The rules read the source; each has a planted violation that turns it red.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

if sys.version_info < (3, 10):
    reason = "reads the source with what Python 3.10 brings; what it reads is the same"
    pytest.skip(reason, allow_module_level=True)

from graphlib import CycleError, TopologicalSorter

ROOT = Path(__file__).resolve().parents[2]
OURS = "layer_lets_encrypt"
FACE = "charms.layer.lets_encrypt"

# from the top to the bottom; a package may import those further down, and itself
LEVELS = (
    ("reactive",),
    (FACE,),
    (f"{OURS}.juju",),
    (f"{OURS}.passes",),
    tuple(f"{OURS}.{name}" for name in ("certificates", "ca", "web", "dns", "machine", "delivery")),
    (f"{OURS}.rules",),
)
PURE = f"{OURS}.rules"
FROM_ELSEWHERE = {"cronsim", "idna", "yaml"}  # tables and a parser, pure themselves
TOUCHES_THE_WORLD = {"os", "shutil", "socket", "subprocess", "tempfile", "urllib.request"}
ASKS = {"time.time", "time.monotonic", "datetime.now", "datetime.utcnow", "open"}
JUJU = ("charms", "charmhelpers")

# what is done in one place, and where
ASKS_CERTBOT = {f"{OURS}.ca.arguments"}
ALONE = {
    "systemctl": {f"{OURS}.web.systemd", f"{OURS}.web.service", f"{OURS}.machine.package_timer"},
    "ledger.save": {f"{OURS}.machine.state_files"},
    "write_text": set(),
    "write_bytes": set(),
}
STARTS_PROGRAMS = {
    f"{OURS}.ca.process", f"{OURS}.dns.plugin", f"{OURS}.dns.packages",
    f"{OURS}.web.systemd", f"{OURS}.web.watch",
    f"{OURS}.machine.predecessor", f"{OURS}.juju.secrets", f"{OURS}.juju.ports",
    f"{OURS}.juju.units",
    f"{OURS}.web.service", f"{OURS}.delivery.forms",
}  # fmt: skip

Sources = Mapping[str, str]  # module -> source


def sources() -> dict[str, str]:
    """Return what ships, by module."""
    found = {"reactive.lets_encrypt": (ROOT / "reactive" / "lets_encrypt.py").read_text()}
    for path in (ROOT / "lib").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT / "lib").with_suffix("").parts)
        found[module.removesuffix(".__init__")] = path.read_text()
    return found


def imports(source: str, modules: Sources) -> Iterator[tuple[int, str]]:
    """Yield line and module of each import; names that are modules count as those."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield node.lineno, full if full in modules else str(node.module)


def level(module: str) -> int | None:
    """Return how far down a module is, None if it is not ours."""
    for number, names in enumerate(LEVELS):
        if any(module == name or module.startswith(name + ".") for name in names):
            return number
    return None


def against_the_direction(found: Sources) -> Iterator[str]:
    """No import points back."""
    for module, source in found.items():
        own = level(module)
        for line, name in imports(source, found):
            other = level(name)
            if own is not None and other is not None and other < own:
                yield f"{module}:{line} imports {name}, which is above it"
            if module.startswith("reactive.") and name.startswith(OURS) and ".juju" not in name:
                yield f"{module}:{line} imports {name}; handlers call juju/ alone"


def in_a_circle(found: Sources) -> Iterator[str]:
    """No import that runs when its module is imported goes round."""
    graph: dict[str, set[str]] = {}
    for module, source in found.items():
        nodes = [n for n in ast.parse(source).body if isinstance(n, (ast.Import, ast.ImportFrom))]
        at_the_top = "\n".join(map(ast.unparse, nodes))
        graph[module] = {name for _, name in imports(at_the_top, found) if name in found} - {module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield "imports go round: " + " -> ".join(error.args[1])


def impure(found: Sources) -> Iterator[str]:
    """rules/ imports rules/ and the standard library, opens nothing and asks no clock."""
    for module, source in found.items():
        if not module.startswith(PURE):
            continue
        for line, name in imports(source, found):
            top = name.partition(".")[0]
            is_pure = top in FROM_ELSEWHERE or top in sys.stdlib_module_names
            if not (name.startswith(PURE) or is_pure) or name in TOUCHES_THE_WORLD:
                yield f"{module}:{line} imports {name}"
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ASKS:
                yield f"{module}:{node.lineno} calls {ast.unparse(node.func)}()"


def knows_juju(found: Sources) -> Iterator[str]:
    """Only juju/, the handlers and the public file import charms.* and charmhelpers."""
    for module, source in found.items():
        if module.startswith((f"{OURS}.juju", "reactive.", FACE)):
            continue
        for line, name in imports(source, found):
            if name.partition(".")[0] in JUJU:
                yield f"{module}:{line} imports {name}"


def done_elsewhere(found: Sources) -> Iterator[str]:
    """What one place does alone is done nowhere else."""
    for module, source in found.items():
        for node in ast.walk(ast.parse(source)):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            for call in {name, name.rpartition(".")[2]} & set(ALONE):
                if module not in ALONE[call]:
                    yield f"{module}:{node.lineno} calls {name}()"
            is_certbots = isinstance(node, ast.Constant) and node.value == "certonly"
            if is_certbots and module not in ASKS_CERTBOT:
                yield f"{module}:{node.lineno} speaks to certbot"
        for line, name in imports(source, found):
            if name == "subprocess" and module not in STARTS_PROGRAMS and _runs_programs(source):
                yield f"{module}:{line} starts programs"


def _runs_programs(source: str) -> bool:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return any(ast.unparse(call.func).startswith("subprocess.") for call in calls)


RULES = (against_the_direction, in_a_circle, impure, knows_juju, done_elsewhere)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_layout_is_kept(rule) -> None:
    assert list(rule(sources())) == []


@pytest.mark.parametrize(
    ("rule", "module", "line"),
    [
        (against_the_direction, f"{OURS}.rules.plan", f"from {OURS}.certificates import lineage"),
        (against_the_direction, f"{OURS}.web.service", f"from {OURS}.passes.orders import Orders"),
        (against_the_direction, "reactive.lets_encrypt", f"from {OURS}.rules import plan"),
        (in_a_circle, f"{OURS}.rules.problem", f"from {OURS}.rules import plan"),
        (impure, f"{OURS}.rules.plan", "import requests"),
        (impure, f"{OURS}.rules.plan", "import subprocess"),
        (impure, f"{OURS}.rules.plan", "import time\nNOW = time.time()"),
        (knows_juju, f"{OURS}.passes.orders", "from charmhelpers.core import hookenv"),
        (done_elsewhere, f"{OURS}.ca.directory", 'WORDS = ["certonly"]'),
        (done_elsewhere, f"{OURS}.passes.orders", 'import subprocess\nsubprocess.run(["true"])'),
        (done_elsewhere, f"{OURS}.passes.advice", 'open("x", "w").write_text("")'),
    ],
)
def test_a_planted_violation_is_named(rule, module: str, line: str) -> None:
    found = sources()
    found[module] += "\n" + line + "\n"
    assert any(module in said for said in rule(found)), list(rule(found))


def test_charm_authors_see_one_module() -> None:
    names = [path.name for path in (ROOT / "lib" / "charms" / "layer").glob("*.py")]
    assert names == ["lets_encrypt.py"]


def test_the_layer_ships_nothing_that_would_displace_another_layers() -> None:
    for path in ("lib/charms/__init__.py", "lib/charms/layer/__init__.py", "reactive/__init__.py"):
        assert not (ROOT / path).exists()


def test_no_module_is_longer_than_250_lines() -> None:
    long = {name: text.count("\n") for name, text in sources().items() if text.count("\n") > 250}
    assert long == {}
