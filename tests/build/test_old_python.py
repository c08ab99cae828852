"""A unit whose Python is too old is told so in one line, before anything is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from charmbuild import PROJECT, build
from pythons import find
from world.playground import JUJU
from world.world import World

(CHECK,) = PROJECT.glob("exec.d/*/charm-pre-install")
OLD = '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.6.9"\n[ "$1" != -c ]\n'


def run_with(python: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "python3").symlink_to(python)
    path = {"PATH": f"{folder}:/usr/bin:/bin"}
    return subprocess.run([CHECK], env=path, capture_output=True, text=True)


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7", "3.8", "3.13"])
def test_the_floor_is_python_3_8(version: str, tmp_path: Path) -> None:
    python = find(version) or next(Path.home().glob(f".pyenv/versions/{version}*/bin/python"), None)
    if python is None:
        pytest.skip(f"no python{version} on this machine")
    done = run_with(python, tmp_path)
    enough = version in ("3.8", "3.13")
    assert (done.returncode == 0) is enough and (done.stdout == "") is enough
    if not enough:
        assert f"this machine has Python {version}" in done.stdout
        assert len(done.stdout.splitlines()) == 1


def test_a_unit_without_python_3_8_is_blocked_and_goes_on_once_it_has_one() -> None:
    """Hooks themselves run with this machine's Python: what they ask for is what counts."""
    charm = build(PROJECT / "examples" / "web")
    with World() as world:
        world.write(
            "/usr/local/sbin/python3", OLD.replace("#!/bin/sh\n", "#!/bin/sh\n" + HAND_ON), 0o755
        )
        world.run([JUJU, "bootstrap"])
        world.run([JUJU, "deploy", charm, "web"], check=False)
        status = world.run([JUJU, "status"]).stdout
        assert "needs-python-3.8" in status and "blocked" in status
        log = world.run([JUJU, "debug-log", "-n", "5000"]).stdout
        assert "needs Python 3.8 (Ubuntu 20.04 or newer); this machine has Python 3.6.9" in log
        assert "Traceback" not in log
        world.path("/usr/local/sbin/python3").unlink()
        world.run([JUJU, "hook", "web/0", "update-status"])
        assert "serving http" in world.run([JUJU, "status"]).stdout


HAND_ON = '[ "$1" = -c ] || [ "$1" = --version ] || exec /usr/bin/python3 "$@"\n'
