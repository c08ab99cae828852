"""Names of providers in other tools, and what Lexicon calls them. Pure.

Operators come from lego, acme.sh and certbot's plugins, which name the same services in their own
way. A name is compared without its signs: ``name.com`` and ``Name_Com`` are ``namecom``.
"""

from __future__ import annotations

import difflib
import re
from typing import Iterable, Sequence

LIKENESS = 0.84  # "cloudfare" is near "cloudflare"; "pdns" is not near "ddns"
_ACME_DNS = ("acmedns", "joohoi")

# Lexicon's name: those of other tools
_ALIASES = {
    "aliyun": "ali alibaba alibabacloud alicloud alidns alidomain aliyundns",
    "arvancloud": "arvan",
    "aurora": "auroradns pcextreme",
    "azure": "azuredns",
    "cloudflare": "cf",
    "ddns": "bind bind9 dnsupdate dynamicupdate knot named nsd nsupdate rfc2136 rfc2136dyndns tsig",
    "digitalocean": "dgon do",
    "directadmin": "da",
    "dnsmadeeasy": "dme me",
    "dnspod": "dp dpi",
    "gandi": "gandilivedns gandimodern gandiv5 livedns",
    "godaddy": "gd godaddyv3",
    "googleclouddns": "gce gcloud gcp google googlecloud googlecloudplatform googledns",
    "gransy": "subreg",
    "henet": "he hurricane hurricaneelectric",
    "hetzner": "hcloud hetznercloud hetznerdns",
    "httpreq": "acmeproxy httprequest httprequestlegoprovider legohttpreq",
    "infoblox": "infoblox2",
    "ionos": "1and1 1und1",
    "linode4": "linodev4",
    "luadns": "lua",
    "namecom": "namedotcom",
    "netcup": "nc",
    "nfsn": "nearlyfreespeech",
    "nsone": "ns1",
    "oci": "oracle oraclecloud",
    "online": "onlinenet",
    "ovh": "ovhcloud kimsufi soyoustart",
    "plesk": "pleskxml",
    "pointhq": "pointdns",
    "powerdns": "pdns powerdnsbbr",
    "qcloud": "tencent tencentcloud",
    "rcodezero": "rcode0",
    "route53": "amazon amazonroute53 aws awsroute53 r53 route53custom",
    "sakuracloud": "sakura",
    "scaleway": "scw",
    "softlayer": "bluemix ibm ibmcloud",
    "timeweb": "timewebcloud timewebru twc",
    "transip": "transipsimple",
    "ultradns": "ultra",
    "yandexcloud": "yc",
    "zonomi": "rimuhosting",
}
# those of Lexicon 3.25 that 3.11, the one of Debian 12, does not have
NEWER = ("arvancloud", "desec", "devnomads", "dnsservices", "duckdns", "flexibleengine", "httpnet",
         "ionos", "qcloud", "regfish", "scaleway", "timeweb", "wedos")  # fmt: skip
# what no Lexicon has, though the name is like one that it has
_OTHERS = ("clouddns", "conohav3", "ddnss", "dns", "dyn", "hostinger", "hostingnl", "ionoscloud",
           "netnod", "yandex360")  # fmt: skip

_ALIAS = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
_PREFIX = re.compile("(certbot)?(dns|lexicon)")
_ENDING = re.compile(r"\.[a-z]{2,5}\Z")


def plain(written: str) -> str:
    """Return a name without its signs, in lower case."""
    return re.sub("[^a-z0-9]", "", written.lower())


def meant(written: str, known: Iterable[str]) -> str:
    """Return the known provider that somebody called ``written``, "" if there is none."""
    names = {plain(name): name for name in (*known, *_ALIASES, *NEWER, "httpreq")}
    if len(written) > 60:
        return ""
    spellings = _spellings(written)
    for spelling in spellings:
        if spelling in names or spelling in _ALIAS:
            return names.get(spelling) or _ALIAS[spelling]
    if any(spelling in (*_OTHERS, *_ACME_DNS) for spelling in spellings):
        return ""
    near = difflib.get_close_matches(spellings[0], list(names), 1, LIKENESS)
    return names[near[0]] if near else ""


def aliases_of(name: str) -> list[str]:
    """Return a provider's name and those of other tools for it, as compared."""
    return [plain(name), *_ALIASES.get(name, "").split()]


def unknown(written: str, known: Sequence[str]) -> str:
    """Return the words for a provider that is not among the known ones."""
    if any(spelling in _ACME_DNS for spelling in _spellings(written)):
        return (
            "no provider here speaks the API of acme-dns; delegate _acme-challenge to a zone at "
            "another provider, see docs/dns.md (acme-dns-provider)"
        )
    name = meant(written, known)
    if name in known or name == "httpreq":
        return f"unknown DNS provider '{written}'; did you mean {name}? (acme-dns-provider)"
    if name:
        return (
            f"this unit's Lexicon is too old for the provider {name}; make an environment with a "
            "newer one, see docs/dns.md (acme-dns-provider)"
        )
    return f"unknown DNS provider '{written}'; see docs/dns.md for their names (acme-dns-provider)"


def _spellings(written: str) -> list[str]:
    """A name as it is, without the end of a domain, and without what plugins put in front."""
    found = [plain(written), plain(_ENDING.sub("", written.lower().strip()))]
    return list(dict.fromkeys([*found, *(_PREFIX.sub("", one, 1) for one in found)]))
