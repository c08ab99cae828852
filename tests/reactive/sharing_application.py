"""Units that share numbers instead of certificates, in the model of Juju; no machine is needed.

with tempfile.TemporaryDirectory() as folder:
    web = Application(Path(folder), "3.6", units=3)
    web.renew()
    web.new_hooks(), web.orders, web.serials()
"""

from __future__ import annotations

import collections
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "juju-model"))

from juju_model.client import Juju, JujuError  # noqa: E402

__all__ = ["Application", "JujuError"]

METADATA = """\
name: web
summary: s
description: d
peers: {lets-encrypt-units: {interface: lets-encrypt-units}}
"""
DISPATCH = """\
#!/bin/sh
case "$JUJU_HOOK_NAME" in *-joined|*-departed) exit 0;; esac
export SHARING_ROOT={root} SHARING_WORLD={world}
exec {root}/tests/reactive/sharing_charm.py
"""


class Application:
    """N units, the numbers that are their certificates, and what Juju has run for them."""

    def __init__(self, folder: Path, profile: str, units: int) -> None:
        self.world = folder / "w"
        self.world.mkdir()
        self.juju = Juju(str(folder / "m"), timeout=280)
        self.juju.bootstrap(profile, retry_scale=0.02)
        charm = folder / "charm"
        charm.mkdir()
        (charm / "metadata.yaml").write_text(METADATA)
        (charm / "dispatch").write_text(DISPATCH.format(root=ROOT, world=self.world))
        (charm / "dispatch").chmod(0o755)
        self.seen: collections.Counter[str] = collections.Counter()
        self.juju.deploy(str(charm), units=units)
        self.renewals = 0

    @property
    def leader(self) -> str:
        return str(self.juju.model()["applications"]["web"]["leader"])

    def other(self) -> str:
        """Return a unit that does not lead."""
        return next(name for name in sorted(self.juju.model()["units"]) if name != self.leader)

    def new_hooks(self) -> int:
        """Return how many hooks have run since this was asked last."""
        ran = collections.Counter(one["hook"] for one in self.juju.runs() if one["kind"] == "hook")
        new = ran - self.seen
        self.seen = ran
        return sum(new.values())

    def make_due(self) -> None:
        self.renewals += 1
        (self.world / "renewal.json").write_text(str(self.renewals))

    def update_status(self, unit: str = "") -> None:
        self.juju.hook(unit or self.leader, "update-status")

    def renew(self) -> None:
        self.make_due()
        self.update_status()

    @property
    def orders(self) -> int:
        path = self.world / "orders.json"
        return len(json.loads(path.read_text())) if path.exists() else 0

    def serials(self) -> set[int]:
        """Return the certificates of the units that live."""
        names = [name.replace("/", "-") for name in self.juju.model()["units"]]
        return {json.loads((self.world / f"{name}.json").read_text())["number"] for name in names}

    def kill_in_renewal(self, point: str) -> None:
        """Have the leader's hook killed at a point; Juju runs it again, if the unit still leads."""
        (self.world / "kill.json").write_text(json.dumps({"unit": self.leader, "point": point}))
        self.make_due()

    def failed_hooks(self) -> list[object]:
        return [one for one in self.juju.runs() if one["kind"] == "hook" and one["rc"] == 1]
