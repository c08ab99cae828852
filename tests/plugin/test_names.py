"""Names that operators bring along from other tools: what they are called here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from layer_lets_encrypt_dns import config, option_names, provider_names, settings
from layer_lets_encrypt_dns.failure import Failure
from world.world import PROJECT

PYTHONS = {
    "apt": PROJECT / "build/lexicon-apt/bin/python",
    "newest": PROJECT / "build/lexicon-newest/bin/python",
}
TELL = """
import json
from layer_lets_encrypt_dns import lexicons
print(json.dumps({name: sorted(lexicons.options_of(name)) for name in lexicons.names()}))
"""


@pytest.fixture(scope="module", params=list(PYTHONS))
def options(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """The options of each provider of a real Lexicon."""
    return told(PYTHONS[request.param])


def told(python: Path) -> dict[str, list[str]]:
    if not python.exists():
        pytest.skip(f"{python} is not there; run: make install")
    done = subprocess.run(
        [str(python), "-s", "-B", "-c", TELL], capture_output=True, check=True,
        env={"PYTHONPATH": str(PROJECT / "certbot-plugin")},
    )  # fmt: skip
    return dict(json.loads(done.stdout))


# -- providers ------------------------------------------------------------------------------------


def test_what_a_name_is_an_alias_of_is_a_provider_of_lexicon(options: dict[str, list[str]]):
    targets = set(provider_names._ALIASES) - set(provider_names.NEWER) - {"httpreq"}
    assert targets <= set(options)
    assert set(options) & set(provider_names._ALIAS) == set()


def test_those_that_a_newer_lexicon_alone_has():
    old, new = (set(told(python)) for python in PYTHONS.values())
    assert new - old == set(provider_names.NEWER)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pdns", "powerdns"), ("bind", "ddns"), ("bind9", "ddns"), ("rfc2136", "ddns"),
        ("nsupdate", "ddns"), ("gcloud", "googleclouddns"), ("google", "googleclouddns"),
        ("aws", "route53"), ("Route 53", "route53"), ("cf", "cloudflare"), ("dns_cf", "cloudflare"),
        ("certbot-dns-cloudflare", "cloudflare"), ("cloudflare.com", "cloudflare"),
        ("lexicon:cloudflare", "cloudflare"), ("cloudfare", "cloudflare"), ("azuredns", "azure"),
        ("do", "digitalocean"), ("dns_dgon", "digitalocean"), ("digital-ocean", "digitalocean"),
        ("gandiv5", "gandi"), ("gandi_livedns", "gandi"), ("namedotcom", "namecom"),
        ("name.com", "namecom"), ("ns1", "nsone"), ("he", "henet"), ("linode_v4", "linode4"),
        ("transip.nl", "transip"), ("rcode0", "rcodezero"), ("tencentcloud", "qcloud"),
        ("httprequest", "httpreq"), ("powerdsn", "powerdns"), ("dnsimpel", "dnsimple"),
    ],
)  # fmt: skip
def test_a_providers_name_in_another_tool(written: str, meant: str, options: dict[str, list[str]]):
    assert provider_names.meant(written, options) == meant


@pytest.mark.parametrize(
    "written",
    ["manual", "bunny", "gcore", "hostinger", "clouddns", "ddnss", "strato", "netlify", "yandex360",
     "acme-dns", "acmedns", "dns", "x", "", "certbot", "https://api.example.com", "token" * 20],
)  # fmt: skip
def test_a_name_that_is_near_none(written: str, options: dict[str, list[str]]):
    assert provider_names.meant(written, options) == ""


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("pdns", "unknown DNS provider 'pdns'; did you mean powerdns? (acme-dns-provider)"),
        ("httprequest", "did you mean httpreq?"),
        ("acme-dns", "no provider here speaks the API of acme-dns; delegate"),
        ("acmedns", "no provider here speaks the API of acme-dns"),
        ("strato", "unknown DNS provider 'strato'; see docs/dns.md for their names"),
    ],
)
def test_an_unknown_provider_is_told_with_what_to_write(written: str, words: str):
    assert words in provider_names.unknown(written, ["ddns", "powerdns"])


@pytest.mark.parametrize("written", ["tencent", "desec", "deSEC", "scw"])
def test_a_provider_that_needs_a_newer_lexicon_is_told_so(written: str):
    said = provider_names.unknown(written, ["cloudflare", "ddns"])
    assert said.startswith("this unit's Lexicon is too old for the provider ")


def test_words_that_cannot_be_a_providers_name_are_understood():
    default = {"provider": "AWS Route 53"}
    with pytest.raises(Failure, match="acme-dns-provider must be a name such as route53$"):
        config.parse(json.dumps({"state": "/x", "default": default}))


# -- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "pairs"),
    [
        ("cloudflare", {
            "CLOUDFLARE_DNS_API_TOKEN": "auth_token", "CF_Token": "auth_token",
            "LEXICON_CLOUDFLARE_TOKEN": "auth_token", "LEXICON_CLOUDFLARE_AUTH_TOKEN": "auth_token",
            "dns_cloudflare_api_token": "auth_token", "dns_cloudflare_email": "auth_username",
            "api-token": "auth_token", "auth-token": "auth_token", "CF_Zone_ID": "zone_id",
            "zoneid": "zone_id", "auth_tokn": "auth_token", "CLOUDFLARE_TTL": "ttl",
            "dns_cloudflare_propagation_seconds": "acme-dns-propagation",
            "colour": "", "account_id": "", "zone": "", "CLOUDFLARE_BASE_URL": ""}),
        ("route53", {
            "AWS_ACCESS_KEY_ID": "auth_access_key", "aws_secret_access_key": "auth_access_secret",
            "AWS_HOSTED_ZONE_ID": "zone_id", "AWS_REGION": "", "AWS_PROFILE": ""}),
        ("digitalocean", {"DO_AUTH_TOKEN": "auth_token", "dns_digitalocean_token": "auth_token"}),
        ("gandi", {"GANDIV5_PERSONAL_ACCESS_TOKEN": "auth_token",
                   "GANDI_LIVEDNS_KEY": "auth_token", "dns_gandi_api_key": "auth_token"}),
        ("ovh", {"OVH_ENDPOINT": "auth_entrypoint", "OVH_AK": "auth_application_key",
                 "dns_ovh_consumer_key": "auth_consumer_key"}),
        ("powerdns", {"nameserver": "nameservers", "propagation": "acme-dns-propagation",
                      "PDNS_API_KEY": "auth_token", "PDNS_API_URL": "pdns_server",
                      "PDNS_ServerId": "pdns_server_id"}),
        ("ddns", {"RFC2136_NAMESERVER": "ddns_server", "dns_rfc2136_secret": "auth_token",
                  "NSUPDATE_KEY": "auth_token", "NSUPDATE_SERVER": "ddns_server"}),
        ("googleclouddns", {"GCE_SERVICE_ACCOUNT_FILE": "auth_service_account_info",
                            "dns_google_credentials": "auth_service_account_info"}),
        ("dnsmadeeasy", {"DNSMADEEASY_API_KEY": "auth_username",
                         "dns_dnsmadeeasy_secret_key": "auth_token"}),
        ("linode4", {"dns_linode_key": "auth_token", "LINODE_V4_API_KEY": "auth_token"}),
        ("netcup", {"NC_Apikey": "auth_api_key", "NETCUP_CUSTOMER_NUMBER": "auth_customer_id"}),
    ],
)  # fmt: skip
def test_an_options_name_in_another_tool(
    provider: str, pairs: dict[str, str], options: dict[str, list[str]]
):
    known = options[provider]
    assert {key: option_names.meant(provider, key, known) for key in pairs} == pairs


@pytest.mark.parametrize("written", ["HTTPREQ_ENDPOINT", "httpreq_endpoint", "Endpoint", "url"])
def test_an_option_of_httpreq_is_named_in_any_spelling(written: str):
    known = ("endpoint", "mode", "password", "timeout", "username")
    words = settings.unknown("httpreq", written, known, "https://a.example")
    assert words.startswith(f"httpreq has no option '{written}'; did you mean 'endpoint'?")
