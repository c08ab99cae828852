"""The operator's commands through real hooks: after the service, once, and again if they fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world.site import UNIT, Site, open_site

NAME = "www.example.com"
RUNS = "/root/runs"
DEPLOY = f"""sh -c 'serial=$(echo | openssl s_client -connect 127.0.0.1:443 -servername {NAME} \
2>/dev/null | openssl x509 -noout -serial); echo "$RENEWED_LINEAGE $RENEWED_DOMAINS $serial" \
>> {RUNS}; if [ -e /root/full ]; then echo the balancer is full; exit 7; fi'"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


def runs(site: Site) -> list[str]:
    return site.read(RUNS).splitlines() if site.exists(RUNS) else []


def test_it_is_run_once(site: Site) -> None:
    site.want(f"{NAME} example.com", acme_deploy_command=DEPLOY)
    assert site.status() == ("active", "serving https")
    (run,) = runs(site)
    assert run.split() == [f"/etc/letsencrypt/live/{NAME}", NAME, "example.com"]
    site.hook()
    site.renew_by_cron()
    assert len(runs(site)) == 1


def test_a_failure_is_told_and_deployed_by_the_action_without_an_order(site: Site) -> None:
    site.world.run(["touch", "/root/full"])
    site.juju("run", UNIT, "lets-encrypt-renew", "force=true", check=False)
    state, text = site.status()
    assert state == "blocked" and len(text) < 200
    assert f"{NAME}: acme-deploy-command ended with exit code 7: the balancer is full" in text
    assert "see juju debug-log; next attempt" in text
    assert "lets-encrypt.registered" in site.flags()
    shown = runs(site)[1].rpartition("serial=")[2]
    assert int(shown, 16) == int(str(site.served(NAME).serial), 16), "the service had loaded it"
    orders, pid = site.counts().orders, site.nginx_pid()
    site.hook()
    assert len(runs(site)) == 2
    failed = site.juju("run", UNIT, "lets-encrypt-deploy", check=False)
    assert "the balancer is full" in failed and len(runs(site)) == 3
    site.world.run(["rm", "/root/full"])
    assert f"deployed: {NAME}" in site.juju("run", UNIT, "lets-encrypt-deploy")
    assert len(runs(site)) == 4
    assert site.status() == ("active", "serving https")
    assert (site.counts().orders, site.nginx_pid()) == (orders, pid)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/no/such/program", "names '/no/such/program', which is not a program that this unit can"),
        ("cp a b && c", "has '&&', which only a shell understands; write sh -c '...'"),
        ("sh -c 'open", "cannot be read: no closing quotation"),
    ],
)
@pytest.mark.parametrize("option", ["acme_deploy_command", "acme_failure_command"])
def test_a_bad_command_is_a_status_and_changes_nothing(
    site: Site, option: str, command: str, said: str
) -> None:
    before, ran = site.served(NAME), len(runs(site))
    site.config(**{option: command})
    state, text = site.status()
    assert (state, said in text) == ("blocked", True), text
    assert site.served(NAME) == before and "lets-encrypt.registered" in site.flags()
    site.config(acme_deploy_command=DEPLOY, acme_failure_command="")
    assert site.status() == ("active", "serving https")
    assert len(runs(site)) == ran


def test_certbots_own_scripts_are_not_run_and_the_log_says_so_once(site: Site) -> None:
    script = "/etc/letsencrypt/renewal-hooks/deploy/mine"
    site.world.run(["mkdir", "-p", "/etc/letsencrypt/renewal-hooks/deploy"])
    site.world.write(script, "#!/bin/sh\ntouch /root/was-run\n")
    site.world.run(["chmod", "755", script])
    for _ in range(2):
        site.juju("run", UNIT, "lets-encrypt-renew", "force=true")
    said = f"certbot's scripts are not run, acme-deploy-command is: {script}"
    assert site.log().count(said) == 1
    assert not site.exists("/root/was-run")


def test_a_failure_is_told_once(site: Site) -> None:
    told = "/root/told"
    site.config(acme_failure_command=f"sh -c 'echo \"$FAILED_NAME: $FAILED_CATEGORY: "
                                     f"$FAILED_TEXT\" >> {told}'")  # fmt: skip
    assert not site.exists(told)
    site.acme.pause()
    for _ in range(2):
        site.juju("run", UNIT, "lets-encrypt-renew", "force=true", check=False)
        site.hook()
    (line,) = site.read(told).splitlines()
    assert line.startswith(f"{NAME}: transient: ")
