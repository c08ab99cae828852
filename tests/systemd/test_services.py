"""Services that systemd would start by itself, cannot start, or takes down with another one."""

from __future__ import annotations

import pytest
from booted import Booted
from conftest import each_kind_of_cgroups
from disks import AGENT
from steps import (
    ask_layer,
    assert_back,
    assert_done,
    order_until_nginx_is_stopped,
    start_agent,
    state,
)
from world.site import Site
from world.world import WorldError

NAME = "www.example.com"
UNITS = "/etc/systemd/system"
ALWAYS = "[Service]\nRestart=always\nRestartSec=0\n"
SOCKET = """\
[Socket]
ListenStream=0.0.0.0:80
ListenStream=[::]:80
BindIPv6Only=ipv6-only
[Install]
WantedBy=sockets.target
"""
INHERITS = """\
[Unit]
Requires=nginx.socket
After=nginx.socket
[Service]
Type=simple
PIDFile=
Environment=NGINX=3:4;
"""
LEANS_ON_IT = """\
[Unit]
{relation}=nginx.service
After=nginx.service
[Service]
ExecStart=/bin/sleep infinity
"""


def order(site: Site, name: str, killed: bool) -> None:
    """Have the certificate ordered, in peace or with the hook's control group killed once."""
    if not killed:
        site.config(fqdn=name)
        return
    order_until_nginx_is_stopped(site, name)
    site.world.run(["systemctl", "kill", "--kill-who=all", "--signal=KILL", AGENT])
    assert_back(site)
    start_agent(site.world)


each_way = pytest.mark.parametrize("killed", [False, True], ids=["in peace", "killed"])


@each_way
def test_a_service_that_restarts_always(site: Site, machine: Booted, killed: bool) -> None:
    machine.write(f"{UNITS}/nginx.service.d/always.conf", ALWAYS)
    machine.run(["systemctl", "daemon-reload"])
    order(site, NAME, killed)
    assert_done(site, NAME)
    assert site.counts().failed_validations == 0


@each_way
def test_a_service_behind_a_socket(site: Site, machine: Booted, killed: bool) -> None:
    """systemd itself holds port 80, and would start nginx for the CA's first request."""
    machine.write(f"{UNITS}/nginx.socket", SOCKET)
    machine.write(f"{UNITS}/nginx.service.d/socket.conf", INHERITS)
    machine.run(["systemctl", "daemon-reload"])
    machine.run(["systemctl", "stop", "nginx.service"])
    machine.run(["systemctl", "start", "nginx.socket", "nginx.service"])
    assert port_80_is_systemds(machine)
    order(site, NAME, killed)
    assert state(machine, "nginx.socket") == "active"
    assert port_80_is_systemds(machine)
    assert_done(site, NAME)
    assert site.counts().failed_validations == 0


def port_80_is_systemds(machine: Booted) -> bool:
    return '"systemd",pid=1,' in machine.run(["ss", "-H", "-ltnp", "sport = :80"]).stdout


@each_way
@pytest.mark.parametrize("relation", ["Requires", "BindsTo", "PartOf"])
def test_what_leans_on_the_service_comes_back_with_it(
    site: Site, machine: Booted, relation: str, killed: bool
) -> None:
    for name in ("runs", "does-not-run"):
        machine.write(f"{UNITS}/{name}.service", LEANS_ON_IT.format(relation=relation))
    machine.run(["systemctl", "daemon-reload"])
    machine.run(["systemctl", "start", "runs.service"])
    order(site, NAME, killed)
    assert_done(site, NAME)
    assert state(machine, "runs.service") == "active"
    assert state(machine, "does-not-run.service") == "inactive"


def test_a_masked_service_is_not_stopped(site: Site, machine: Booted) -> None:
    """It could not be started again."""
    machine.run(["systemctl", "mask", "nginx.service"])
    pid = site.nginx_pid()
    site.config(fqdn=NAME)
    assert site.nginx_answers() and site.nginx_pid() == pid
    assert "unmask nginx" in site.status()[1]
    assert site.counts().orders == 0


SAY = "from layer_lets_encrypt.web import service as s, processes as p; "


@pytest.fixture
def plain(machine: Booted) -> Booted:
    machine.run(["systemctl", "start", "nginx.service"])
    return machine


@pytest.mark.parametrize(
    ("name", "exists", "runs"),
    [
        ("nginx", True, True), ("nginx.service", True, True), ("web-server", True, True),
        ("broken", True, False), ("hidden", True, False), ("unheard-of", False, False),
        ("../../etc/passwd", False, False),
    ],
)  # fmt: skip
def test_what_is_known_of_a_service(plain: Booted, name: str, exists: bool, runs: bool) -> None:
    plain.path(f"{UNITS}/web-server.service").symlink_to("/lib/systemd/system/nginx.service")
    plain.path(f"{UNITS}/hidden.service").symlink_to("/dev/null")
    plain.write(f"{UNITS}/broken.service", "[Service]\nExecStart=/bin/false\n")
    plain.run(["systemctl", "daemon-reload"])
    plain.run(["systemctl", "start", "broken"], check=False)
    said = ask_layer(plain, f"{SAY}print(s.exists({name!r}), s.running({name!r}))")
    assert said == f"{exists} {runs}"
    owned = ask_layer(plain, f"{SAY}print({{s.owns({name!r}, h) for h in p.port_holders(80)}})")
    assert owned == f"{{{runs}}}"


@each_kind_of_cgroups
def test_whose_process_it_is(plain: Booted) -> None:
    said = "print([s.owns(n, h) for n in ('nginx', 'cron') for h in p.port_holders(80)][:1])"
    assert ask_layer(plain, SAY + said) == "[True]"
    assert ask_layer(plain, SAY + said.replace("'nginx', ", "")) == "[False]"


def test_a_service_that_was_started_often_starts_once_more(plain: Booted) -> None:
    often = "[(s.stop('nginx'), s.start('nginx')) for _ in range(12)]"
    assert ask_layer(plain, f"{SAY}{often}; print(s.running('nginx'))") == "True"


def test_a_failed_service_starts(plain: Booted) -> None:
    plain.run(["systemctl", "kill", "--signal=KILL", "nginx.service"])
    assert ask_layer(plain, f"{SAY}print(s.running('nginx')); s.start('nginx'); "
                            "print(s.running('nginx'))") == "False\nTrue"  # fmt: skip


def test_a_refused_reload_is_told_and_leaves_the_service_running(plain: Booted) -> None:
    plain.write("/etc/nginx/conf.d/broken.conf", "nonsense;\n")
    pid = plain.path("/run/nginx.pid").read_text()
    with pytest.raises(WorldError, match="ServiceError: cannot reload service nginx: .*nginx"):
        ask_layer(plain, f"{SAY}s.reload('nginx')")
    assert state(plain, "nginx.service") == "active"
    assert plain.path("/run/nginx.pid").read_text() == pid


def test_a_service_without_reload_is_restarted(plain: Booted) -> None:
    plain.write(f"{UNITS}/simple.service", "[Service]\nExecStart=/bin/sleep infinity\n")
    plain.run(["systemctl", "daemon-reload"])
    plain.run(["systemctl", "start", "simple"])
    shown = ["systemctl", "show", "--property=MainPID", "simple"]
    before = plain.run(shown).stdout
    ask_layer(plain, f"{SAY}s.reload('simple')")
    assert plain.run(shown).stdout != before
    assert state(plain, "simple.service") == "active"


def test_a_service_that_cannot_start_is_told(plain: Booted) -> None:
    plain.write(f"{UNITS}/broken.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n")
    plain.run(["systemctl", "daemon-reload"])
    with pytest.raises(WorldError, match="ServiceError: cannot start service broken: .*broken"):
        ask_layer(plain, f"{SAY}s.start('broken')")
