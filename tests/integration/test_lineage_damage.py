"""Damaged lineages: one order mends each, and a failed order loses nothing that was readable."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from consumers import live_files, open_consumer, tenants
from world.clock import Clock
from world.lineages import make_certificate
from world.site import Site

LETSENCRYPT = "/etc/letsencrypt"
PARTS = ("privkey", "cert", "chain", "fullchain")


class Damaged:
    """The three places of one lineage, as they are reached from outside."""

    def __init__(self, site: Site, name: str):
        root = site.world.path(LETSENCRYPT)
        self.name = name
        self.live = root / "live" / name
        self.archive = root / "archive" / name
        self.conf = root / "renewal" / f"{name}.conf"


def dangling_link(lineage: Damaged) -> None:
    (lineage.archive / "chain1.pem").unlink()


def regular_files(lineage: Damaged) -> None:
    """As after a copy that followed the links."""
    for part in PARTS:
        text = (lineage.archive / f"{part}1.pem").read_bytes()
        (lineage.live / f"{part}.pem").unlink()
        (lineage.live / f"{part}.pem").write_bytes(text)


def empty_conf(lineage: Damaged) -> None:
    lineage.conf.write_text("")


def unparsable_conf(lineage: Damaged) -> None:
    lineage.conf.write_text("[[[ never closed\n= nothing\n" + lineage.conf.read_text())


def missing_conf(lineage: Damaged) -> None:
    lineage.conf.unlink()


def archive_alone(lineage: Damaged) -> None:
    lineage.conf.unlink()
    shutil.rmtree(lineage.live)


def missing_live(lineage: Damaged) -> None:
    shutil.rmtree(lineage.live)


def wrong_key(lineage: Damaged) -> None:
    key, _ = make_certificate((lineage.name,))
    (lineage.archive / "privkey1.pem").write_text(key)


DAMAGES: dict[str, Callable[[Damaged], None]] = {
    damage.__name__: damage
    for damage in (dangling_link, regular_files, empty_conf, unparsable_conf, missing_conf,
                   archive_alone, missing_live, wrong_key)
}  # fmt: skip
QUICK = ("dangling_link", "regular_files", "missing_conf")
# After these, nginx can still be started with the four files that the lineage had.
STARTABLE = ("regular_files", "empty_conf", "unparsable_conf", "missing_conf")
BACK = [f"back-{damage}" for damage in STARTABLE]
DOWN = [f"down-{damage}" for damage in STARTABLE]
QUICK_LABELS = [*QUICK, BACK[0], DOWN[0], "expired"]
LABELS = [
    *QUICK_LABELS,
    *(damage for damage in DAMAGES if damage not in QUICK),
    *BACK[1:],
    *DOWN[1:],
]


def slow_but(quick: tuple[str, ...], *damages: str) -> pytest.MarkDecorator:
    """A test for each of the damages, all of them slow but the quick ones."""
    return pytest.mark.parametrize(
        "damage",
        [pytest.param(damage, marks=[] if damage in quick else [pytest.mark.slow])
         for damage in damages],
    )  # fmt: skip


@pytest.fixture(scope="module", params=["apt", pytest.param("newest", marks=pytest.mark.slow)])
def machine(request: pytest.FixtureRequest) -> Iterator[Site]:
    """One gateway for all damages, with one certbot; every test has a lineage of its own."""
    with open_consumer("gateway", certbot=request.param) as site:
        yield site


class Lineages(dict[str, Damaged]):
    """A lineage for each test, by its label; those of the quick tests are ordered in one hook, the
    others in a second one, when they are first asked for."""

    def __init__(self, site: Site):
        super().__init__()
        self.site = site

    def __missing__(self, label: str) -> Damaged:
        labels = QUICK_LABELS if label in QUICK_LABELS else LABELS
        names = {label: label.replace("_", "-") + ".example.com" for label in labels}
        self.site.config(tenants(*names.values()))
        assert self.site.status() == ("active", f"{len(names)} tenants")
        self.update({label: Damaged(self.site, name) for label, name in names.items()})
        return self[label]


@pytest.fixture(scope="module")
def lineages(machine: Site) -> Lineages:
    return Lineages(machine)


def assert_mended(site: Site, lineage: Damaged) -> None:
    """It has the layout that certbot and web servers count on, under its own name."""
    name = lineage.name
    inside = f"{LETSENCRYPT}/archive/{name}"
    for part in PARTS:
        target = (lineage.live / f"{part}.pem").readlink()
        assert target.parent == Path(f"../../archive/{name}")
        assert (lineage.archive / target.name).is_file()
    assert f"archive_dir = {inside}\n" in lineage.conf.read_text()
    assert not [other for other in site.lineages() if other.startswith(f"{name}-")]
    listed = site.world.run(["certbot", "certificates", "--cert-name", name]).stdout
    assert "INVALID: EXPIRED" not in listed
    assert f"Certificate Name: {name}" in listed
    assert "parse" not in listed
    assert site.served(name).names == (name,)
    restart(site)


def restart(site: Site) -> None:
    site.world.run(["service", "nginx", "restart"])


@slow_but(QUICK, *DAMAGES)
def test_one_hook_and_one_order_mend_it(machine: Site, lineages: Lineages, damage: str) -> None:
    lineage = lineages[damage]
    old, before = machine.served(lineage.name).serial, machine.counts()
    DAMAGES[damage](lineage)
    machine.hook()
    change = machine.counts() - before
    assert (change.orders, change.issued) == (1, 1)
    assert_mended(machine, lineage)
    assert machine.served(lineage.name).serial != old


def test_what_is_mended_is_not_ordered_again(machine: Site, lineages: Lineages) -> None:
    before, pid = machine.counts(), machine.nginx_pid()
    machine.hook()
    machine.renew_by_cron()
    assert (machine.counts() - before).orders == 0
    assert machine.nginx_pid() == pid
    assert machine.status() == ("active", f"{len(lineages)} tenants")


def expect_untouched(site: Site, lineage: Damaged, files: dict[str, str]) -> None:
    """The files are where they were, and nginx can live with them."""
    assert live_files(site, lineage.name) == files
    assert site.nginx_runs()
    restart(site)
    command = f"openssl s_client -connect 127.0.0.1:443 -servername {lineage.name} </dev/null"
    sent = site.world.run(["sh", "-c", f"{command} 2>/dev/null | openssl x509"]).stdout
    assert sent == files["cert"]


def set_aside(site: Site, name: str) -> list[str]:
    """What the layer has moved out of the way for this lineage."""
    folder = site.world.path(f"{LETSENCRYPT}/layer-lets-encrypt-aside")
    return [str(path) for path in folder.glob(f"{name}.*")]


@slow_but(STARTABLE[:1], *STARTABLE)
def test_a_failed_validation_puts_the_four_files_back(
    machine: Site, lineages: Lineages, damage: str
) -> None:
    lineage = lineages[f"back-{damage}"]
    machine.config(acme_preflight="false")  # the order is to be made, and to fail
    files, before = live_files(machine, lineage.name), machine.counts()
    machine.acme.dns.point(lineage.name, "192.0.2.1")
    DAMAGES[damage](lineage)
    for _ in range(2):
        machine.hook()
        change = machine.counts() - before
        assert (change.orders, change.failed_validations, change.issued) == (1, 1, 0)
        assert machine.status()[0] == "blocked"
        expect_untouched(machine, lineage, files)
    machine.acme.dns.forget(lineage.name)
    machine.juju("config", "web", "--reset", "acme-preflight")
    clock = Clock(machine.world)
    clock.shift(seconds=660)
    machine.hook()
    clock.back()
    assert (machine.counts() - before).orders == 2
    assert_mended(machine, lineage)


def test_an_expired_certificate_is_renewed_in_place(machine: Site, lineages: Lineages) -> None:
    lineage, before = lineages["expired"], machine.counts()
    old = machine.served(lineage.name).serial
    machine.config(tenants(lineage.name))
    clock = Clock(machine.world)
    clock.shift(days=91)
    machine.hook()
    clock.back()
    assert (machine.counts() - before).orders == 1
    assert (lineage.archive / "cert2.pem").is_file(), "beside the old one, in the same lineage"
    assert not set_aside(machine, lineage.name), "expired is not broken"
    assert machine.served(lineage.name).serial != old
    assert_mended(machine, lineage)
    machine.config(tenants(*(other.name for other in lineages.values())))


@slow_but(STARTABLE[:1], *STARTABLE)
def test_with_the_ca_down_no_order_is_spent_and_nothing_is_moved(
    machine: Site, lineages: Lineages, damage: str
) -> None:
    lineage = lineages[f"down-{damage}"]
    files, pid, before = live_files(machine, lineage.name), machine.nginx_pid(), machine.counts()
    machine.acme.pause()  # for good: these are the last tests
    DAMAGES[damage](lineage)
    machine.hook()
    assert machine.counts() == before
    state, text = machine.status()
    assert state == "waiting", text
    assert "cannot be reached" in text
    assert machine.nginx_pid() == pid
    assert not set_aside(machine, lineage.name)
    expect_untouched(machine, lineage, files)
