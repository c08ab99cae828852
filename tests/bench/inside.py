"""Look into one hook: which programs of Juju it starts, and what Python imports in it."""

from __future__ import annotations

import re
from collections import Counter

from world.site import Site

TRIES = 5
TRACE, IMPORTS = "/tmp/bench-trace", "/tmp/bench-imports"
HOOK = "JUJU_HOOK_NAME=update-status JUJU_DISPATCH_PATH=hooks/update-status {} hooks/update-status"
EXECUTED = re.compile(r'execve\("([^"]+)".*= 0$')
TOOL = re.compile(r"/tools/[^/]*/([^/]+)$")
IMPORTED = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")


def tool_calls(site: Site, name: str) -> list[str]:
    """The hook tools of one update-status hook, in order."""
    return [found.group(1) for found in map(TOOL.search, programs(site, name)) if found]


def programs(site: Site, name: str) -> list[str]:
    """All programs that one update-status hook starts, in order."""
    site.world.path(TRACE).unlink(missing_ok=True)
    run_hook(site, name, f"strace -f -qq -e trace=execve -o {TRACE}")
    lines = site.world.path(TRACE).read_text().splitlines()
    assert lines, "strace has seen nothing"
    return [found.group(1) for found in map(EXECUTED.search, lines) if found]


def imports(site: Site, name: str) -> dict[str, float]:
    """Milliseconds of import time by top-level package, of the quickest hook of a few."""
    tried = [import_times(site, name) for _ in range(TRIES)]
    return min(tried, key=lambda spent: sum(spent.values()))


def import_times(site: Site, name: str) -> dict[str, float]:
    """The same of one hook."""
    run_hook(site, name, f"env PYTHONPROFILEIMPORTTIME=1 2>{IMPORTS}")
    spent: Counter[str] = Counter()
    for microseconds, module in IMPORTED.findall(site.world.path(IMPORTS).read_text()):
        spent[package(module)] += int(microseconds)
    return {key: value / 1000 for key, value in spent.items()}


def package(module: str) -> str:
    """What is to blame: `charms.layer` and `charms.reactive` are told apart."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "charms" else parts[0]


def run_hook(site: Site, name: str, under: str) -> None:
    """Run the hook under another program, in the unit's context."""
    site.juju("exec", "--unit", f"{name}/0", "--", HOOK.format(under))
