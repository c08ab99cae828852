"""Actions about certificates and their files: called, repeated, and refused if they must be."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml
from world.front import Front
from world.site import STATE, UNIT, Site, open_site

NAME, OLD = "www.example.com", "old.example.com"
BACKUP = "/var/backups/mine.tar.gz"


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


@pytest.fixture(scope="module")
def front(shared: Site) -> Iterator[Front]:
    """Lets the CA be out of reach and come back as it was."""
    with Front(shared.acme) as running:
        yield running


@pytest.fixture
def site(shared: Site, front: Front) -> Site:
    """The unit has its certificate."""
    shared.want(NAME)
    assert shared.status() == ("active", "serving https")
    return shared


def run(site: Site, action: str, *words: str) -> str:
    return site.juju("run", UNIT, f"lets-encrypt-{action}", *words, check=False)


def key(site: Site, name: str = NAME) -> str:
    return site.read(f"/etc/letsencrypt/live/{name}/privkey.pem")


def test_certificates_are_told_as_fields_lines_or_json(site: Site) -> None:
    assert "days-left: " in run(site, "certificates")
    line = run(site, "certificates", "format=table")
    assert f"{NAME}; until 20" in line and "days), due 20" in line
    told = yaml.safe_load(run(site, "certificates", "format=json", f"names={NAME}"))
    (state,) = json.loads(told["certificates"])
    assert (state["name"], state["on_disk"], state["error"]) == (NAME, True, None)
    said = run(site, "certificates", "format=json", "names=other.example.com")
    assert f"'other.example.com' is in no wanted certificate; wanted are {NAME}" in said


def test_a_certificate_is_exported_for_root_alone(site: Site) -> None:
    site.want(NAME, acme_pfx_passphrase="a-passphrase")
    for _ in range(2):
        said = run(site, "export", f"name={NAME}", "path=/root/www.pfx")
        assert "path: /root/www.pfx" in said and "its passphrase" in said
    words = "openssl pkcs12 -in /root/www.pfx -passin pass:a-passphrase -nodes -nocerts"
    found = site.world.run(["sh", "-c", f"{words} | openssl pkey -pubout"]).stdout
    path = f"/etc/letsencrypt/live/{NAME}/privkey.pem"
    assert found == site.world.run(["openssl", "pkey", "-pubout", "-in", path]).stdout
    run(site, "export", f"name={NAME}", "format=combined", "path=/root/www.pem")
    assert site.read("/root/www.pem").startswith(key(site))
    assert site.world.run(["stat", "-c", "%a %U", "/root/www.pem"]).stdout == "600 root\n"
    assert "a-passphrase" not in site.log()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([f"name={NAME}", "path=www.pfx"], "give an absolute path"),
        ([f"name={NAME}", "path=/no/such/folder/x"], "/no/such/folder is not a folder for exports"),
        ([f"name={NAME}", f"path=/etc/letsencrypt/live/{NAME}/cert.pem"], "is not a folder for"),
        ([f"name={NAME}", "path=/dev/null"], "/dev/null is there and is not a file"),
        (["name=none.example.com", "path=/root/x"], "there is no usable certificate none.example"),
        (["name=../../x", "path=/root/x"], "give the certificate's name"),
    ],
)
def test_an_export_that_makes_no_sense_is_refused(site: Site, words: list[str], said: str) -> None:
    assert said in run(site, "export", *words)
    assert not site.exists("/root/x")


def test_a_backup_is_restored_without_an_order(site: Site) -> None:
    before, orders = key(site), site.counts().orders
    for _ in range(2):
        said = run(site, "backup", f"path={BACKUP}")
        assert f"path: {BACKUP}" in said and "private keys" in said
    assert site.world.run(["stat", "-c", "%a %U", BACKUP]).stdout == "600 root\n"
    assert "backups go below /var/backups" in run(site, "backup", "path=/tmp/x.tar.gz")
    run(site, "renew", "force=true")
    renewed = key(site)
    assert (renewed != before, site.counts().orders) == (True, orders + 1)
    said = run(site, "restore", f"path={BACKUP}")
    assert f"restored: {NAME}" in said and "kept-aside: /etc/letsencrypt." in said
    aside = said.split("kept-aside: ")[1].split()[0]
    assert site.read(f"{aside}/live/{NAME}/privkey.pem") == renewed
    assert key(site) == before
    assert site.counts().orders == orders + 1
    assert site.status() == ("active", "serving https")
    assert site.served(NAME).names == (NAME,)


def test_a_broken_backup_is_refused_and_replaces_nothing(site: Site) -> None:
    run(site, "backup", f"path={BACKUP}")
    before = key(site)
    site.world.run(["sh", "-c", f"head -c 3000 {BACKUP} > /var/backups/half.tar.gz"])
    assert "is not a whole backup" in run(site, "restore", "path=/var/backups/half.tar.gz")
    assert "cannot be read: No such file" in run(site, "restore", "path=/var/backups/none.tar.gz")
    assert "give the backup's path" in run(site, "restore", "path=x")
    assert key(site) == before and site.status() == ("active", "serving https")


def test_a_new_machine_takes_a_backup_and_orders_nothing(site: Site) -> None:
    run(site, "backup", f"path={BACKUP}")
    before, orders = key(site), site.counts().orders
    site.config(fqdn="")
    site.world.run(["rm", "-r", "/etc/letsencrypt", f"{STATE}/history.json", f"{STATE}/facts.json"])
    said = run(site, "restore", f"path={BACKUP}")
    assert "none of the wanted certificates" in said and "nothing was there before" in said
    site.config(fqdn=NAME)
    assert site.status() == ("active", "serving https")
    assert (key(site), site.counts().orders) == (before, orders)


def test_only_what_nobody_wants_is_deleted(site: Site) -> None:
    site.config(fqdn=OLD)
    site.config(fqdn=NAME)
    assert f"{NAME} is wanted by the option fqdn; end that first" in run(
        site, "delete", f"name={NAME}")  # fmt: skip
    assert "this unit has not ordered other.example.com" in run(
        site, "delete", "name=other.example.com")  # fmt: skip
    assert OLD in site.lineages()
    said = run(site, "delete", f"name={OLD}", "revoke=true", "reason=superseded")
    assert f"deleted: {OLD}" in said and "revoked: \"yes\"" in said.replace("'", '"')
    assert site.lineages() == [NAME]
    history = json.loads(site.read(f"{STATE}/history.json"))
    assert OLD not in history["records"]
    assert "this unit has not ordered" in run(site, "delete", f"name={OLD}")
    assert site.status() == ("active", "serving https")


def test_a_check_tells_what_it_has_looked_at_and_changes_nothing(site: Site, front: Front) -> None:
    before, counts = key(site), site.counts()
    said = run(site, "check")
    assert "the unit is ready to order from" in said
    assert "nothing speaks against an order: names, DNS, CAA, port 80" in said
    assert "no staging order: only Let" in said
    assert (key(site), site.counts()) == (before, counts)
    front.down()
    assert "cannot be reached" in run(site, "check")
    front.up()
