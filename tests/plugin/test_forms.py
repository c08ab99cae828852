"""Values that a provider's code takes in one form alone: told before anybody is asked."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any

import pytest
from layer_lets_encrypt_dns import config, forms, settings
from layer_lets_encrypt_dns.failure import Failure
from layer_lets_encrypt_dns.lexicons import Option
from world.world import PROJECT

PYTHONS = ("/usr/bin/python3", str(PROJECT / "build/lexicon-newest/bin/python"))
SECRET = "c2VjcmV0LW9mLXRoZS1rZXk="
KEY = f"hmac-sha256:acme-key:{SECRET}"
DDNS = {"auth_token": Option(), "ddns_server": Option(), "domain": Option()}
GOOGLE = {"auth_email": Option(), "auth_service_account_info": Option()}
ACCOUNT = {"type": "service_account", "project_id": "p", "private_key_id": "1",
           "private_key": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n", "client_email": "a@b.c",
           "auth_provider_x509_cert_url": "https://x"}  # fmt: skip
OF_SERVER = "'ddns_server' of ddns must be an IP address alone"


def refusal(provider: str, given: dict[str, Any], options: dict[str, Option]) -> str:
    with pytest.raises(Failure) as caught:
        settings.fitting(provider, given, options)
    assert caught.value.category == "configuration"
    assert SECRET not in caught.value.text
    return caught.value.text


@pytest.mark.parametrize("server", ["192.0.2.53", "2001:db8::53"])
@pytest.mark.parametrize("algorithm", ["hmac-sha256", "HMAC-SHA512", "hmac-sha1.",
                                       "hmac-md5.sig-alg.reg.int"])  # fmt: skip
@pytest.mark.parametrize("name", ["acme-key", "key.example.com.", "_acme"])
def test_what_lexicon_and_dnspython_take(server: str, algorithm: str, name: str):
    given = {"ddns_server": server, "auth_token": f"{algorithm}:{name}:{SECRET}"}
    assert settings.fitting("ddns", given, DDNS) == given


@pytest.mark.parametrize("python", list(PYTHONS))
def test_the_algorithms_are_those_that_dnspython_can_sign_with(python: str):
    sign = """
import dns.message, dns.name, dns.tsig, dns.tsigkeyring
from layer_lets_encrypt_dns.forms import _ALGORITHMS
for algorithm in _ALGORITHMS:
    query = dns.message.make_query("a.example", "SOA")
    query.use_tsig(dns.tsigkeyring.from_text({"key": (algorithm, "c2VjcmV0")}))
    query.to_wire()
known = {name.to_text(omit_final_dot=True).lower() for name in dns.tsig.mac_sizes}
print(known - {"gss-tsig"} == set(_ALGORITHMS))
"""
    done = subprocess.run(
        [python, "-s", "-B", "-c", sign], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(PROJECT / "certbot-plugin")},
    )  # fmt: skip
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize("provider", list(forms.NEEDED))
def test_an_option_that_a_provider_cannot_do_without_is_named(provider: str):
    needed, _ = forms.NEEDED[provider]
    options = {"auth_token": Option(), needed: Option()}
    said = refusal(provider, {"auth_token": KEY, needed: ""}, options)
    assert said.startswith(f"{provider} needs the option '{needed}', the ")
    for python in PYTHONS:
        tell = (
            "from layer_lets_encrypt_dns import lexicons; "
            f"print(*lexicons.options_of('{provider}'))"
        )
        done = subprocess.run(
            [python, "-s", "-B", "-c", tell], capture_output=True, text=True, check=True,
            env={"PYTHONPATH": str(PROJECT / "certbot-plugin")},
        )  # fmt: skip
        assert needed in done.stdout.split()


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (None, "ddns needs the option 'ddns_server', the IP address of the zone's primary"),
        ("", "ddns needs the option 'ddns_server'"),
        ("ns1.example.com", OF_SERVER),
        ("192.0.2.53:53", OF_SERVER),
        ("[2001:db8::53]:53", OF_SERVER),
        ("[2001:db8::53]", OF_SERVER),
        ("192.0.2", OF_SERVER),
        ("udp://192.0.2.53", OF_SERVER),
        ("192.0.2.53, 192.0.2.54", OF_SERVER),
    ],
)
def test_a_server_that_is_no_address_is_a_setting(server: str | None, words: str):
    given = {"auth_token": KEY, **({} if server is None else {"ddns_server": server})}
    assert words in refusal("ddns", given, DDNS)


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (SECRET, "must be ALGORITHM:KEY-NAME:SECRET"),
        (f"acme-key:{SECRET}", "must be ALGORITHM:KEY-NAME:SECRET"),
        (f'key "acme-key" {{ algorithm hmac-sha256; secret "{SECRET}"; }};',
         "must be ALGORITHM:KEY-NAME:SECRET"),
        (f"hmac-sha256:a:b:{SECRET}", "must be ALGORITHM:KEY-NAME:SECRET"),
        (f"sha256:acme-key:{SECRET}", "must begin with an algorithm: write hmac-sha256"),
        (f"HMAC_SHA512:acme-key:{SECRET}", "must begin with an algorithm: write hmac-sha512"),
        (f"hmacsha224:acme-key:{SECRET}", "must begin with an algorithm: write hmac-sha224"),
        (f"hmac-md5:acme-key:{SECRET}", "for MD5 write hmac-md5.sig-alg.reg.int"),
        (f"165:acme-key:{SECRET}", "such as hmac-sha256 or hmac-sha512"),
        (f"acme-key:hmac-sha256:{SECRET}", "must begin with an algorithm"),
        (f"hmac-sha256::{SECRET}", "must have the name of the key in the middle"),
        (f"hmac-sha256: acme-key:{SECRET}", "must have the name of the key in the middle"),
        (f'hmac-sha256:"acme-key":{SECRET}', "must have the name of the key in the middle"),
        ("hmac-sha256:acme-key:", "must end with the key's secret in base64"),
        (f'hmac-sha256:acme-key:"{SECRET}"', "must end with the key's secret in base64"),
        (f"hmac-sha256:acme-key:{SECRET[:-2]}", "must end with the key's secret in base64"),
        ("hmac-sha256:acme-key:BASE64-SECRET", "must end with the key's secret in base64"),
    ],
)  # fmt: skip
def test_a_key_that_nobody_can_sign_with_is_a_setting(token: str, words: str):
    given = {"ddns_server": "192.0.2.53", "auth_token": token}
    assert words in refusal("ddns", given, DDNS)


@pytest.mark.parametrize(
    "given",
    [
        {"auth_service_account_info": json.dumps(ACCOUNT)},
        {"auth_service_account_info": ACCOUNT},
        {"auth_service_account_info": "/etc/google.json"},
        {"auth_service_account_info": "base64::" + SECRET},
        {"auth_service_account_info": "base64::" + base64.b64encode(b"{}").decode()},
        {key: value for key, value in ACCOUNT.items() if key != "type"},
    ],
    ids=["json", "yaml", "path", "no-json", "empty", "pasted"],
)
def test_a_google_account_in_another_form_is_told_which_one_is_taken(given: dict[str, Any]):
    said = refusal("googleclouddns", given, GOOGLE)
    assert "'auth_service_account_info' of googleclouddns must be base64::" in said


def test_a_pasted_key_file_of_a_google_account_is_recognised():
    """It has a key "type", which is also one of Lexicon's own."""
    default = {"provider": "googleclouddns", "credentials": ACCOUNT}
    provider = config.parse(json.dumps({"state": "/x", "default": default})).default
    assert provider is not None
    assert "base64 -w0" in refusal("googleclouddns", dict(provider.settings), GOOGLE)


@pytest.mark.parametrize("written", [
    "file::/etc/google.json", "base64::" + base64.b64encode(json.dumps(ACCOUNT).encode()).decode(),
])  # fmt: skip
def test_a_google_account_in_its_form_is_taken(written: str):
    given = {"auth_service_account_info": written}
    assert settings.fitting("googleclouddns", given, GOOGLE) == given
