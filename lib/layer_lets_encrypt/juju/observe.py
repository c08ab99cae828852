"""What others see of the certificates: a text file for Prometheus, a check for Nagios.

Both follow from what is on disk and in the ledger, and are written where that has changed them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from charmhelpers.core import hookenv, unitdata

from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.juju import tell
from layer_lets_encrypt.juju.configuration import Configuration, options
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.advice import Advice
from layer_lets_encrypt.rules.delivery import METRICS
from layer_lets_encrypt.rules.records import History

if TYPE_CHECKING:
    from layer_lets_encrypt.rules.metrics import Sample

    Samples = Callable[[], list[Sample]]

FILE = "layer.lets-encrypt.metrics"  # in the unit's database: the path of the text file
CHECK = "layer.lets-encrypt.nrpe"  # in the unit's database: whether there is a check
RELATIONS = ("nrpe-external-master", "local-monitors")
PLUGIN = Path("/usr/local/lib/nagios/plugins/check_lets_encrypt")
CONTEXT = "nagios_context"  # an option that charmhelpers wants of the charm


def is_concerned() -> bool:
    """Whether one of the two is wanted, or was: quick."""
    wanted = options().get(METRICS) or hookenv.hook_name().startswith(RELATIONS)
    return bool(wanted or unitdata.kv().get(FILE) or unitdata.kv().get(CHECK))


def keep(configuration: Configuration, past: History, reader: Reader) -> None:
    """Bring both to what they should be, by what was read. Raises OSError."""
    places = Places.of(hookenv.local_unit())

    def samples() -> list[Sample]:
        from layer_lets_encrypt.passes import report

        advice = Advice(places.renewal_info)
        return report.samples(configuration.requests, past, reader, advice)

    _keep_metrics(configuration, places, samples)
    _keep_check(places, samples)


def leave() -> None:
    """Take both away, for a unit that leaves. Raises OSError."""
    path = unitdata.kv().get(FILE)
    if path:
        files.remove(Path(path))
        unitdata.kv().unset(FILE)
    if unitdata.kv().get(CHECK):
        files.remove(Places.of(hookenv.local_unit()).expiry)


def _keep_metrics(configuration: Configuration, places: Places, samples: Samples) -> None:
    before, now = unitdata.kv().get(FILE) or "", ""
    if configuration.wanted is not None:
        if METRICS in configuration.wanted.delivery.unusable:
            return
        folder = configuration.wanted.delivery.metrics
        now = f"{folder}/layer-lets-encrypt-{places.state.name}.prom" if folder else ""
    elif configuration.unusable:
        return  # the options cannot be used; what was said stays
    if before and before != now:
        files.remove(Path(before))
        unitdata.kv().unset(FILE)
    if not now or not Path(now).parent.is_dir():
        return  # the status tells of a folder that is not there
    from layer_lets_encrypt.rules import metrics

    files.write_atomic(Path(now), metrics.text(samples(), hookenv.local_unit()), 0o644)
    if before != now:
        unitdata.kv().set(FILE, now)


def _keep_check(places: Places, samples: Samples) -> None:
    hook = hookenv.hook_name()
    if hook.startswith(RELATIONS) or (unitdata.kv().get(CHECK) and hook == "upgrade-charm"):
        _change_check(places, is_wanted=not hook.endswith("-broken") or _is_related(hook))
    if unitdata.kv().get(CHECK):
        known = {one.name: [one.not_before, one.not_after] if one.on_disk else None
                 for one in samples()}  # fmt: skip
        files.write_atomic(places.expiry, json.dumps(known, sort_keys=True) + "\n", 0o644)


def _is_related(broken: str) -> bool:
    """Whether there is another relation than the one that ends with this hook."""
    ending = hookenv.relation_id()
    return any(rid != ending for name in RELATIONS for rid in hookenv.relation_ids(name))


def _change_check(places: Places, is_wanted: bool) -> None:
    """Install or remove the check through charmhelpers, as nrpe wants it."""
    if CONTEXT not in options():
        tell.log(f"no expiry check: the charm has no option {CONTEXT}", level=hookenv.WARNING)
        return
    from charmhelpers.contrib.charmsupport.nrpe import NRPE

    name, helper = f"lets_encrypt_{places.state.name}", NRPE()
    if is_wanted:
        source = Path(hookenv.charm_dir()) / "files" / "lets-encrypt" / PLUGIN.name
        files.write_atomic(PLUGIN, source.read_text("utf-8"), 0o755)
        helper.add_check(name, "expiry of TLS certificates", f"{PLUGIN.name} {places.expiry}")
    else:
        helper.remove_check(shortname=name)
        files.remove(places.expiry)
    helper.write()
    unitdata.kv().set(CHECK, is_wanted)
