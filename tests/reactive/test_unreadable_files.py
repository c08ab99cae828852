"""The layer's files and its machine in a bad state: hooks go on, and say what is wrong."""

from __future__ import annotations

import json

import pytest
from world.site import STATE, UNIT, Site

JOURNAL = f"{STATE}/journal.json"
NAME = "www.example.com"


def hook_error(site: Site) -> bool:
    return site.status()[0] == "error"


def put(site: Site, path: str, how: str) -> None:
    site.world.run(["sh", "-c", f"rm -rf {path}; {how} {path}"])


@pytest.mark.parametrize("how", ["mkdir", "mkfifo", "ln -s /dev/zero", "echo '[' >"])
def test_no_state_file_stops_a_hook(site: Site, how: str) -> None:
    site.config(fqdn=NAME)
    for name in ("history.json", "facts.json", "renewal-info.json", "renew-requested",
                 "dns-published.json", "../scheduler-off.json", "journal.json"):  # fmt: skip
        put(site, f"{STATE}/{name}", how)
    for hook in ("update-status", "config-changed", "upgrade-charm"):
        site.hook(hook)
        assert not hook_error(site)
    assert site.status()[0] == "waiting", "the CA is down, as before"
    said = "history.json could not be read as a whole and is now history.json.aside-1"
    assert site.log().count(said) == 1
    assert NAME in json.loads(site.read(f"{STATE}/history.json"))["records"]


@pytest.mark.parametrize("content", ["{", '{"attempt": 7}'])
def test_the_service_is_started_where_nobody_can_read_what_was_interrupted(
    site: Site, content: str
) -> None:
    site.world.run(["service", "nginx", "stop"])
    site.world.write(JOURNAL, content)
    site.hook()
    assert site.nginx_runs()
    assert "it is now journal.json.aside-1, and the service nginx was started" in site.log()
    assert not site.exists(JOURNAL)


def test_after_a_boot_the_service_is_started_without_a_readable_journal(site: Site) -> None:
    site.world.run(["service", "nginx", "stop"])
    put(site, JOURNAL, "mkfifo")
    site.world.run([f"{STATE}/undo"])
    assert site.nginx_runs()
    assert "the service nginx was started" in site.read(f"{STATE}/undo.log")
    assert not site.exists(JOURNAL)


def test_an_action_fails_with_the_words_of_a_full_disk(site: Site) -> None:
    site.config(fqdn=NAME)
    fill_the_disk(site)
    said = site.juju("run", UNIT, "lets-encrypt-renew", "force=true", check=False)
    assert "No space left on device for /var/lib/layer-lets-encrypt/" in said
    assert "Traceback" not in said + site.log()


def fill_the_disk(site: Site) -> None:
    """Leave no room for the layer's files, and nothing readable in its history."""
    site.world.run(["sh", "-c", "cp -a /var/lib/layer-lets-encrypt /kept"])
    site.world.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/var/lib/layer-lets-encrypt"]
    )
    site.world.run(["sh", "-c", "cp -a /kept/. /var/lib/layer-lets-encrypt/"])
    site.world.run(["sh", "-c", f"rm {STATE}/renew; echo '[' > {STATE}/history.json"])
    site.world.run(["sh", "-c", "cat /dev/zero > /var/lib/layer-lets-encrypt/full; true"])


@pytest.mark.parametrize("hook", ["secret-changed", "config-changed", "upgrade-charm", "start"])
def test_a_full_disk_is_a_status_in_each_hook(site: Site, hook: str) -> None:
    site.config(fqdn=NAME)
    fill_the_disk(site)
    if hook == "secret-changed":
        site.juju("exec", "--unit", UNIT, "--", "JUJU_HOOK_NAME=secret-changed hooks/update-status")
    else:
        site.hook(hook)
    assert not hook_error(site)
    state, text = site.status()
    assert (state, "No space left on device for /var/lib/layer-lets-encrypt/" in text) == (
        "blocked", True
    )  # fmt: skip
    assert "free some space" in text
    site.world.run(["umount", "/var/lib/layer-lets-encrypt"])
    site.hook()
    assert site.status()[0] == "waiting"
