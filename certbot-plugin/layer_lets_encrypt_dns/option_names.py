"""Names of settings in other tools, and which option of a provider they are. Pure.

Operators paste what lego and acme.sh take from the environment (``CF_DNS_API_TOKEN``), what
certbot's plugins read (``dns_cloudflare_api_token``) and Lexicon's own variables.
"""

from __future__ import annotations

import difflib
from typing import Iterable

from layer_lets_encrypt_dns import provider_names
from layer_lets_encrypt_dns.provider_names import LIKENESS, plain

WAIT = "acme-dns-propagation"  # an option of the charm
GENERAL = ("ca_certificates", "extra_wait", "follow", "nameservers", "python", "ttl")

# what others say, as compared: Lexicon's options, the first that the provider has
_SAME = (
    ("token tokens apitoken dnsapitoken zoneapitoken accesstoken oauthtoken personalaccesstoken "
     "pat bearertoken apppassword",
     "auth_token auth_secret_key auth_api_key auth_key api_key"),
    ("key apikey authkey livednskey privatekey privatekeypath keyfile",
     "auth_api_key auth_key api_key auth_token auth_key_id"),
    ("secret secretkey apisecret secretapikey",
     "auth_secret auth_secret_key secret_key auth_token"),
    ("accesskey accesskeyid", "auth_access_key auth_key_id auth_api_key auth_key"),
    ("secretaccesskey accesssecret accesskeysecret", "auth_access_secret auth_secret"),
    ("email apiemail user username login account accountname apiuser id cid customer "
     "customernumber userid",
     "auth_username auth_user auth_customer_id auth_account auth_id secret_id username"),
    ("pass password apipassword apipw pw psw",
     "auth_password auth_api_password auth_pass auth_psw password"),
    ("nameserver primary", "ddns_server"),
    ("url apiurl baseurl host server endpoint entrypoint",
     "endpoint auth_entrypoint pdns_server ddns_server plesk_server ib_host auth_server "
     "api_endpoint"),
    ("servername serverid", "pdns_server_id"),
    ("hostedzoneid", "zone_id"),
    ("appid", "auth_client_id"),
    ("sourceip clientip", "auth_client_ip"),
    ("type projectid privatekeyid clientemail clientid clientx509certurl uri tokenuri "
     "providerx509certurl universedomain serviceaccount serviceaccountfile serviceaccountjson "
     "credentials jsonkey project",
     "auth_service_account_info"),
    ("propagation propagationseconds propagationtimeout dnssleep", WAIT),
)  # fmt: skip
# ... where one of them means something else
_OWN = {
    "constellix": {"apikey": "auth_username", "key": "auth_username"},
    "ddns": dict.fromkeys(("algorithm", "name", "secret", "key", "tsigalgorithm", "tsigkey",
                           "tsigname", "tsigsecret", "keyname"), "auth_token"),
    "dnsmadeeasy": {"apikey": "auth_username", "key": "auth_username"},
    "googleclouddns": {"privatekey": "auth_service_account_info"},
    "ovh": {"ak": "auth_application_key", "as": "auth_application_secret",
            "ck": "auth_consumer_key"},
}  # fmt: skip
_FRONT = ("auth", "authentication", "certbot", "dns", "lexicon", "x")


def meant(provider: str, key: str, options: Iterable[str]) -> str:
    """Return the option that somebody called ``key``, "" if none can be told."""
    known = {name: plain(name) for name in (*options, *GENERAL)}
    said = _without_front(provider, key)
    for name, bare in known.items():
        if bare in (plain(key), said) or bare == "auth" + said:
            return name
    found = _same(provider, said, known)
    if found:
        return found
    near = difflib.get_close_matches(plain(key), list(known.values()), 1, LIKENESS)
    near = near or difflib.get_close_matches("auth" + said, list(known.values()), 1, LIKENESS)
    return next((name for name, bare in known.items() if near and bare == near[0]), "")


def _same(provider: str, said: str, known: Iterable[str]) -> str:
    own = _OWN.get(provider, {}).get(said, "")
    if own in known:
        return own
    for others, ours in _SAME:
        found = [name for name in ours.split() if name in known or name == WAIT]
        if found and said in others.split():
            return found[0]
    return ""


def _without_front(provider: str, key: str) -> str:
    """What is left of a name, as compared, without the tool and the provider in front."""
    fronts = {*_FRONT, *provider_names.aliases_of(provider), provider.rstrip("0123456789")}
    words = [plain(word) for word in key.replace("-", "_").split("_")]
    words = [word for word in words if word]
    while words:
        # the longest first: "linode_v4" is one name of two words, "dns_cf" two names
        lengths = [n for n in range(len(words) - 1, 0, -1) if "".join(words[:n]) in fronts]
        if not lengths:
            break
        words = words[lengths[0] :]
    return "".join(words)
