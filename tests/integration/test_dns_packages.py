"""DNS-01 on a unit whose distribution has not installed Lexicon, or has none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from test_dns import AcmeAndPowerDns, want
from world.dns_servers import API_KEY
from world.site import Site, open_site

REPOSITORY = "/srv/packages"
LISTS = "rm -rf /etc/apt/sources.list* /var/lib/apt/lists/* && apt-get -q update"
# a package of the files that the machine has
BUILD = f"""\
set -e
mkdir -p {REPOSITORY} /tmp/package/DEBIAN /tmp/package/usr/lib/python3/dist-packages
cp -r /usr/lib/python3/dist-packages/lexicon /tmp/package/usr/lib/python3/dist-packages
printf 'Package: python3-lexicon\\nVersion: 9\\nArchitecture: all\\nMaintainer: t <t@t.test>\\n\
Description: x\\n' >/tmp/package/DEBIAN/control
dpkg-deb --build /tmp/package {REPOSITORY}/python3-lexicon_9_all.deb
dpkg --force-depends --remove python3-lexicon
rm -rf /usr/lib/python3/dist-packages/lexicon
"""
INDEX = f"""\
set -e
cd {REPOSITORY}
{{ dpkg-deb --field python3-lexicon_9_all.deb
  echo "Filename: ./python3-lexicon_9_all.deb"
  echo "Size: $(stat -c %s python3-lexicon_9_all.deb)"
  echo "SHA256: $(sha256sum python3-lexicon_9_all.deb | cut -d' ' -f1)"
}} >Packages
echo 'deb [trusted=yes] file:{REPOSITORY} ./' >/etc/apt/sources.list
apt-get -q update
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site(ca=AcmeAndPowerDns) as opened:
        opened.world.run(["sh", "-c", BUILD])
        opened.world.run(["sh", "-c", LISTS])
        yield opened


def test_a_release_without_lexicon_is_a_status_and_a_package_is_installed(site: Site) -> None:
    want(site, "*.example.org", f"auth_token: {API_KEY}")
    state, text = site.status()
    assert (state, "this release has no package python3-lexicon" in text) == ("blocked", True)
    assert "docs/dns.md" in text
    assert site.counts().order_requests == 0

    site.world.run(["sh", "-c", INDEX])
    site.juju("run", "web/0", "lets-encrypt-renew")
    assert site.served("a.example.org").names == ("*.example.org",)
    assert site.status()[0] == "active"
    installed = site.world.run(["dpkg-query", "-W", "-f", "${Version}", "python3-lexicon"]).stdout
    assert installed == "9"
