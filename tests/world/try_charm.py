"""Open the demo's world for a charm of your own: `make try CHARM=path`.

The path is a charm's folder (it is built with this layer and those in CHARM_LAYERS_DIR) or a built
charm. The world stays open: a certificate authority, DNS, cron, and a model of Juju in which the
charm is deployed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "build")]

import yaml  # noqa: E402
from charmbuild import BuildFailed, build  # noqa: E402

from world import playground  # noqa: E402
from world.acme import Acme  # noqa: E402
from world.world import World, WorldError  # noqa: E402


class NoCharm(ValueError):
    """The path does not lead to a charm that can be tried; the text says why."""


def find(word: str) -> Path:
    """The built charm. NoCharm, BuildFailed."""
    if not word:
        raise NoCharm("say which charm: make try CHARM=path/to/charm")
    path = Path(word).expanduser().resolve()
    if not (path / "metadata.yaml").is_file():
        raise NoCharm(f"{path} is no charm: it has no metadata.yaml")
    if (path / "hooks" / "install").exists() or (path / "dispatch").exists():
        return path
    if not (path / "layer.yaml").is_file():
        raise NoCharm(f"{path} is neither built (hooks/install) nor to be built (layer.yaml)")
    print(f"building {path.name}: about half a minute", flush=True)
    return build(path, online=True)


def plain(path: Path) -> dict[str, Any]:
    """A YAML file of the charm, {} if there is none."""
    return (yaml.safe_load(path.read_text()) if path.is_file() else None) or {}


def lacking(charm: Path) -> list[str]:
    """Packages that the charm installs and this machine lacks: worlds have no network."""
    wanted = plain(charm / "layer.yaml").get("options", {}).get("basic", {}).get("packages") or []
    asked = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n", *wanted]
    known = subprocess.run(asked, capture_output=True, text=True).stdout.splitlines()
    here = {line.split()[0] for line in known if line.endswith(" installed")}
    return [package for package in wanted if package not in here]


def deploy(world: World, ca: Acme, charm: Path) -> str:
    """Deploy the charm; with the layer's options it talks to the world's CA. Returns its name."""
    name = str(plain(charm / "metadata.yaml")["name"])
    juju = [playground.JUJU]
    world.run([*juju, "bootstrap"])
    settings = {"acme-server": ca.directory, "acme-ca-certificates": ca.ca_certificates}
    options = plain(charm / "config.yaml").get("options", {})
    known = [f"--config={key}={value}" for key, value in settings.items() if key in options]
    print(f"deploying {name}: the install hook takes about half a minute", flush=True)
    world.run([*juju, "deploy", charm, name, *known], timeout=1800)
    return name


def main() -> int:
    """0 = the world is open; 130 = interrupted (make says so)."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # make has blocked it
        charm = find(sys.argv[1] if len(sys.argv) > 1 else "")
        missing = lacking(charm)
        if missing:
            raise NoCharm(f"the charm wants these; run: apt-get install {' '.join(missing)}")
        with World() as world:
            ca = Acme(world).__enter__()
            playground.furnish(world, ca)
            name = deploy(world, ca, charm)
            playground.leave_open(world, name)
    except (NoCharm, WorldError, BuildFailed, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
