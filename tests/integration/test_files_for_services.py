"""Keys and other forms of certificates for services that are not root, through real hooks."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from world.site import UNIT, Site, open_site

NAME = "www.example.com"
CERTIFICATES = "/etc/layer-lets-encrypt/web-0/certificates"
FORMS = f"{CERTIFICATES}/{NAME}"
PASSPHRASE = "correct-horse-battery"  # noqa: S105


OPTIONS = {"acme_files_access": "root:www-data 0640", "acme_formats": "pfx, combined"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


@pytest.fixture(scope="module")
def secret(shared: Site) -> str:
    """The address of the passphrase."""
    uri = shared.juju("add-secret", "pfx", f"passphrase={PASSPHRASE}").strip()
    shared.juju("grant-secret", "pfx", UNIT.split("/")[0])
    return uri


@pytest.fixture
def site(shared: Site, secret: str) -> Site:
    """The unit has its certificate, in all forms."""
    shared.want(NAME, acme_pfx_passphrase=secret, **OPTIONS)
    assert shared.status() == ("active", "serving https")
    return shared


def access(site: Site, path: str) -> str:
    return site.world.run(["stat", "-L", "-c", "%U:%G %a", path]).stdout.strip()


def reads(site: Site, user: str, path: str) -> bool:
    group = {"nobody": "nogroup"}.get(user, user)
    words = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "cksum", path]
    return site.world.run(words, check=False).returncode == 0


def pfx_key(site: Site, passphrase: str) -> str:
    """The key in the PFX file, as the openssl program reads it."""
    words = ["sh", "-c", f"openssl pkcs12 -in {site.live()['pfx']} -passin env:PASSPHRASE "
             "-nodes -nocerts | openssl pkey"]  # fmt: skip
    return site.world.run(words, {"PASSPHRASE": passphrase}, check=False).stdout


def key(site: Site) -> str:
    return site.world.run(["openssl", "pkey", "-in", site.live()["privkey"]]).stdout


def test_a_service_reads_its_key_and_other_forms_from_the_first_hook_on(
    shared: Site, secret: str
) -> None:
    site, name = shared, "first.example.com"
    site.want(name, acme_pfx_passphrase=secret, **OPTIONS)
    assert site.status() == ("active", "serving https")
    live, forms = site.live(), f"{CERTIFICATES}/{name}"
    assert (live["pfx"], live["combined"]) == (f"{forms}/certificate.pfx", f"{forms}/combined.pem")
    for path in (live["privkey"], live["pfx"], live["combined"]):
        assert access(site, path) == "root:www-data 640"
        assert reads(site, "www-data", path) and not reads(site, "nobody", path)
    assert pfx_key(site, PASSPHRASE) == key(site) != ""
    assert site.read(live["combined"]) == site.read(live["privkey"]) + site.read(live["fullchain"])


def test_nobody_finds_the_passphrase_elsewhere(site: Site) -> None:
    found = site.world.run(["grep", "-rl", PASSPHRASE, "/var/lib/layer-lets-encrypt", "/var/log",
                            "/etc"], check=False).stdout.split()  # fmt: skip
    assert found == ["/var/lib/layer-lets-encrypt/web-0/pfx-passphrase.json"]
    assert access(site, found[0]) == "root:root 600"
    assert PASSPHRASE not in site.log() + json.dumps(site.unit())


def test_they_are_renewed_with_the_certificate_and_a_second_hook_does_nothing(site: Site) -> None:
    before, orders, pid = key(site), site.counts().orders, site.nginx_pid()
    site.juju("run", UNIT, "lets-encrypt-renew", "force=true")
    assert pfx_key(site, PASSPHRASE) == key(site) != before
    assert access(site, site.live()["privkey"]) == "root:www-data 640"
    inode = site.world.run(["stat", "-c", "%i", f"{FORMS}/certificate.pfx"]).stdout
    site.hook()
    assert site.world.run(["stat", "-c", "%i", f"{FORMS}/certificate.pfx"]).stdout == inode
    assert (site.counts().orders, site.nginx_pid()) == (orders + 1, pid)


def test_a_new_passphrase_is_taken_at_once(site: Site) -> None:
    site.juju("update-secret", "pfx", "passphrase=another-one")
    assert pfx_key(site, "another-one") == key(site)
    assert pfx_key(site, PASSPHRASE) == ""
    site.juju("update-secret", "pfx", f"passphrase={PASSPHRASE}")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("acme_files_access", "root:no-such 0640", "the group no-such, which this unit does not"),
        ("acme_files_access", "root:www-data 0777", "lets files be run; folders get their x bits"),
        pytest.param("acme_formats", "pfx p12",
                     "'p12', which is not known; set it to pfx, combined or both",
                     marks=pytest.mark.slow),
        ("acme_pfx_passphrase", "secret:no-such-secret-at-all", "the secret cannot be read"),
    ],
)  # fmt: skip
def test_a_bad_value_is_a_status_and_changes_nothing(site: Site, option, value, said) -> None:
    name = option.replace("_", "-")
    old = site.juju("config", "web", name).strip()
    before = site.read(site.live()["combined"]), key(site)
    site.config(**{option: value})
    state, text = site.status()
    assert (state, said in text, name in text) == ("blocked", True, True), text
    assert access(site, f"{FORMS}/certificate.pfx") == "root:www-data 640"
    assert (site.read(f"{FORMS}/combined.pem"), key(site)) == before
    assert "lets-encrypt.registered" in site.flags()
    site.config(**{option: old})
    assert site.status() == ("active", "serving https")


def test_without_the_options_all_is_as_certbot_makes_it(site: Site) -> None:
    site.juju("config", "web", "--reset",
              "acme-files-access,acme-formats,acme-pfx-passphrase")  # fmt: skip
    assert access(site, site.live()["privkey"]) == "root:root 600"
    assert access(site, "/etc/letsencrypt/live") == "root:root 700"
    assert not site.exists(FORMS)
    assert not site.exists("/var/lib/layer-lets-encrypt/web-0/pfx-passphrase.json")
    assert set(site.live()) == {"privkey", "fullchain", "cert", "chain", "dhparam"}
    assert site.status() == ("active", "serving https")
