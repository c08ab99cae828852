"""Several machines: where units are, what they share, what they do not."""

from __future__ import annotations

import os
import time

from .charm import PEERS, build


def ask(juju, unit, script):
    done = juju.exec(unit, script)
    assert done["stderr"] == "", done
    return done["stdout"].strip()


def machines(juju):
    units = juju.status()["applications"]["web"]["units"]
    return {unit: entry["machine"] for unit, entry in units.items()}


def test_units_go_where_they_are_told(juju, folder):
    assert juju.add_machine() == "1"
    juju.deploy(build(f"{folder}/web"), units=2)
    juju.add_unit("web", 3, to=["1", "new"])
    assert machines(juju) == {"web/0": "0", "web/1": "0", "web/2": "1", "web/3": "2", "web/4": "3"}
    assert ask(juju, "web/3", "echo $JUJU_MACHINE_ID") == "2"


def test_machines_have_files_addresses_and_ports_of_their_own(each, folder):
    each.deploy(build(f"{folder}/web", **PEERS), to=["0"])
    each.add_machine(private="10.0.0.2", public="198.51.100.2")
    each.add_unit("web", to=["1"])
    assert each.paths.charm("web/1") != each.machine_paths("web/1").charm("web/1")
    assert os.path.isdir(each.machine_paths("web/1").charm("web/1"))
    assert ask(each, "web/1", "unit-get public-address") == "198.51.100.2"
    peer = "relation-get -r $(relation-ids cluster) ingress-address web/1"
    assert ask(each, "web/0", peer) == "10.0.0.2"
    for unit in ("web/0", "web/1"):
        ask(each, unit, "open-port 80")
    assert each.unit("web/1")["open-ports"] == each.unit("web/0")["open-ports"] == ["80/tcp"]


def test_each_machine_has_a_lock_of_its_own(juju, folder, until):
    begin = f"touch {folder}/$(basename $JUJU_UNIT_NAME)"
    wait = f"{begin}; while [ ! -e {folder}/go ]; do sleep .02; done"
    charm = build(f"{folder}/web", hooks={"update-status": wait})
    juju.deploy(charm, units=3, to=["0", "0", "new"])
    for unit in ("web/0", "web/1", "web/2"):
        juju.hook(unit, "update-status", wait=False)
    until(lambda: {"2"} < set(os.listdir(folder)) & {"0", "1", "2"})
    time.sleep(0.3)
    running = [unit for unit in machines(juju) if juju.unit(unit)["running"]]
    assert len(running) == 2 and "web/2" in running
    open(f"{folder}/go", "w").close()
    juju.settle()


def test_a_program_on_one_machine_finds_no_unit_of_another(juju, folder):
    juju.deploy(build(f"{folder}/web"), units=2, to=["0", "new"])
    runner = juju.machine_paths("web/1").at("/usr/bin/juju-exec")
    assert os.system(f"{runner} web/1 true") == 0
    assert os.system(f"{runner} web/0 true 2>{folder}/error") != 0
    with open(f"{folder}/error") as source:
        assert source.read() == 'ERROR unit "web/0" not found on this machine\n'


def test_a_reboot_is_that_of_one_machine(juju, folder):
    charm = build(f"{folder}/web", hooks={"update-status": "juju-reboot", "start": "exit 0"})
    juju.deploy(charm, units=2, to=["0", "new"])
    juju.hook("web/1", "update-status")
    assert juju.hooks("web/1")[-2:] == ["update-status", "start"]
    assert juju.hooks("web/0")[-1] == "start" and juju.hooks("web/0").count("start") == 1


def test_machines_outlive_the_controller(juju, folder):
    juju.deploy(build(f"{folder}/web"), units=2, to=["0", "new"])
    juju.kill9()
    juju.start()
    assert ask(juju, "web/1", "echo $JUJU_MACHINE_ID") == "1"
