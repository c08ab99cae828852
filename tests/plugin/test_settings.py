"""What operators write: numbers, truths and tokens as text, misspelt options, missing secrets."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from layer_lets_encrypt_dns import config, pipe, settings, values
from layer_lets_encrypt_dns.failure import Failure, redactor
from layer_lets_encrypt_dns.httpreq import Httpreq
from layer_lets_encrypt_dns.lexicons import Option
from world.world import PROJECT

CLOUDFLARE = {option: Option() for option in ("auth_token", "auth_username", "zone_id")}
OVH = {
    "auth_entrypoint": Option(("ovh-eu", "ovh-ca", "kimsufi-eu")),
    "auth_application_key": Option(),
    "auth_application_secret": Option(),
    "auth_consumer_key": Option(),
}
PYTHONS = ("/usr/bin/python3", str(PROJECT / "build/lexicon-newest/bin/python"))
SECRET = "s3cr3t-value"


def parse(provider: dict[str, Any], **keys: Any) -> config.Config:
    return config.parse(json.dumps({"state": "/x/journal.json", "default": provider, **keys}))


def provider_of(options: Any = None, credentials: Any = None, name: str = "cloudflare") -> Any:
    words = {"provider": name, "options": options or {}, "credentials": credentials or {}}
    return parse(words).default


# -- everything is text ---------------------------------------------------------------------------


def test_numbers_and_truths_may_be_text():
    found = parse(
        {"provider": "x", "options": {"ttl": "0120"}},
        propagation="90", extra_wait="2.5", follow="no",
    )  # fmt: skip
    assert (found.propagation, found.extra_wait, found.follow) == (90, 2.5, False)
    assert found.default is not None and found.default.ttl == 120


@pytest.mark.parametrize("keys", [
    {"propagation": "soon"}, {"propagation": "-1"}, {"propagation": "86401"},
    {"propagation": "1e3"}, {"extra_wait": "\u0665"}, {"extra_wait": "nan"}, {"follow": "maybe"},
    {"propagation": ""}, {"extra_wait": None},
])  # fmt: skip
def test_text_that_is_no_number_or_truth_is_refused(keys: dict[str, str]):
    with pytest.raises(Failure) as caught:
        parse({"provider": "x"}, **keys)
    assert caught.value.category == "configuration"
    assert f"'{next(iter(keys))}' must be" in caught.value.text


@pytest.mark.parametrize("ttl", ["five", "-1", "1.5", True, ["300"]])
def test_a_ttl_that_is_no_number_is_refused(ttl: Any):
    with pytest.raises(Failure, match="'ttl' must be a whole number of seconds"):
        provider_of({"ttl": ttl})


@pytest.mark.parametrize(("text", "truth"), [("yes", True), ("False", False), ("0", False)])
def test_a_flag_of_lexicons_command_line_is_a_truth(text: str, truth: bool):
    options = {"auth_token": Option(), "auth_sandbox": Option(is_truth=True)}
    given = {"auth_token": "007", "auth_sandbox": text}
    assert settings.fitting("namecheap", given, options) == {
        "auth_token": "007",
        "auth_sandbox": truth,
    }


def test_what_lexicon_reads_from_a_command_line_arrives_as_text():
    """Its code calls .lower() and .startswith() on it."""
    options = {"auth_access_key": Option(), "private_zone": Option(), "zone_id": Option()}
    given = {"auth_access_key": 20240115, "private_zone": True, "zone_id": ""}
    assert settings.fitting("route53", given, options) == {
        "auth_access_key": "20240115",
        "private_zone": "true",
    }


# -- misspelt and missing -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "given", "options", "words"),
    [
        ("cloudflare", {"zoneid": "z", "auth_token": "t"}, CLOUDFLARE, "did you mean 'zone_id'?"),
        ("cloudflare", {"auth_tokn": "t"}, CLOUDFLARE, "did you mean 'auth_token'?"),
        ("cloudflare", {"colour": "t"}, CLOUDFLARE, "it takes auth_token, auth_username, zone_id"),
        ("cloudflare", {}, CLOUDFLARE, "no credentials; give acme-dns-credentials auth_token"),
        ("cloudflare", {"auth_token": ""}, CLOUDFLARE, "no credentials"),
        ("cloudflare", {"auth_username": "me"}, CLOUDFLARE, "no credentials"),
        (
            "ovh", {"auth_application_key": "k", "auth_entrypoint": "ovh"}, OVH,
            "'auth_entrypoint' of ovh has no such value; did you mean ovh-",
        ),
        ("cloudflare", {"auth_token": {"tok3n": ""}}, CLOUDFLARE,
         "'auth_token' of cloudflare must be one text; put it in quotes"),
        ("cloudflare", {"auth_token": ["tok3n"]}, CLOUDFLARE, "must be one text"),
        (
            "ovh", {"auth_application_key": "k", "auth_entrypoint": "x"}, OVH,
            "it is ovh-eu or ovh-ca or kimsufi-eu",
        ),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_the_provider(
    provider: str, given: dict[str, str], options: dict[str, Option], words: str
):
    with pytest.raises(Failure) as caught:
        settings.fitting(provider, given, options)
    assert caught.value.category == "configuration"
    assert words in caught.value.text


@pytest.mark.parametrize("pasted", ["s" * 40, "dns_cloudflare_api_token = s3cr3t", "=s3cr3t", "é"])
def test_what_cannot_be_the_name_of_an_option_may_be_a_secret(pasted: str):
    with pytest.raises(Failure) as caught:
        settings.fitting("cloudflare", {pasted: "x", "auth_token": "x"}, CLOUDFLARE)
    assert pasted not in caught.value.text
    assert "cloudflare has no option (not shown" in caught.value.text


@pytest.mark.parametrize(
    "given", [{"auth_token": "s3cr", "ets3cr3t": ""}, {"s3cr3t": "auth_token"}]
)
def test_what_is_no_name_in_any_tool_may_be_a_secret(given: dict[str, str]):
    """The rest of a token after a comma; a token before the colon."""
    with pytest.raises(Failure) as caught:
        settings.fitting("cloudflare", given, CLOUDFLARE)
    assert "s3cr3t" not in caught.value.text
    assert "cloudflare has no option (not shown" in caught.value.text


def test_each_entrypoint_that_the_providers_code_knows_is_taken():
    for which in PYTHONS:
        done = subprocess.run(
            [which, "-s", "-B", "-c", "from layer_lets_encrypt_dns import lexicons as l\n"
             "print(*l.options_of('ovh')['auth_entrypoint'].choices)"], capture_output=True,
            text=True, check=True, env={"PYTHONPATH": str(PROJECT / "certbot-plugin")},
        )  # fmt: skip
        assert {"ovh-eu", "ovh-ca", "ovh-us"} <= set(done.stdout.split())


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        ({"provider": "route 53"}, "acme-dns-provider must be a name such as"),
        ({"provider": "gandi", "credentials": {"type": "TXT"}},
         "acme-dns-credentials: remove 'type'"),
        ({"provider": "gandi", "options": {"domain": "x"}}, "acme-dns-options: remove 'domain'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_the_option_that_it_is_in(provider: dict[str, Any], words: str):
    with pytest.raises(Failure) as caught:
        parse(provider)
    assert words in caught.value.text


def test_providers_that_find_credentials_by_themselves_need_none():
    options = {"auth_access_key": Option(), "auth_access_secret": Option()}
    assert settings.fitting("route53", {}, options) == {}


def test_a_provider_of_which_nothing_is_known_gets_what_was_written():
    assert settings.fitting("new", {"anything": "x"}, {}) == {"anything": "x"}


def httpreq(**given: Any) -> Httpreq:
    return Httpreq(provider_of(given, name="httpreq"), lambda _: None)


@pytest.mark.parametrize(
    "endpoint",
    ["", "dns.example.com", "ftp://dns.example.com", "https://", "https://dns.example.com:80x",
     "https://dns.example.com:0", "https://a b.example.com", "https://me:pw@dns.example.com",
     "https://[::1"],
)  # fmt: skip
def test_an_endpoint_that_is_no_address_is_a_setting(endpoint: str):
    with pytest.raises(Failure, match="needs the option 'endpoint'") as caught:
        httpreq(endpoint=endpoint)
    assert caught.value.category == "configuration"
    assert "pw" not in caught.value.text


@pytest.mark.parametrize("host", ["dns.example.com", "10.0.0.1", "[fd00::1]", "127.example.com"])
def test_credentials_are_not_sent_in_clear(host: str):
    with pytest.raises(Failure, match="would send credentials in clear") as caught:
        httpreq(endpoint=f"http://{host}:8000")
    assert caught.value.category == "configuration"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1.2.3"])
def test_what_never_leaves_the_machine_may_be_in_clear(host: str):
    assert httpreq(endpoint=f"http://{host}:8000").label == f"httpreq at http://{host}:8000"


def test_misspelt_options_of_httpreq_are_named():
    with pytest.raises(Failure, match="no option 'end_point'; did you mean 'endpoint'"):
        httpreq(end_point="https://dns.example.com")


def test_the_timeout_may_be_text_and_is_never_too_short():
    assert httpreq(endpoint="https://a.example", timeout="45")._timeout == 45
    assert httpreq(endpoint="https://a.example", timeout="1")._timeout == 30
    with pytest.raises(Failure, match="'timeout' must be a number"):
        httpreq(endpoint="https://a.example", timeout="soon")


# -- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["options", "credentials"])
@pytest.mark.parametrize("value", [SECRET + "\n", "\r" + SECRET, "two\nlines", "bell\a"])
def test_a_line_break_in_a_setting_is_named_without_its_value(where: str, value: str):
    with pytest.raises(Failure) as caught:
        provider_of(**{where: {"cloudflare": {"auth_token": value}}})
    assert caught.value.text == (
        f"acme-dns-{where}: 'auth_token' has a line break or a control character in it; "
        "write it without"
    )


@pytest.mark.parametrize(
    "value", ["-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n", '{\n"a": 1}\n']
)
def test_keys_and_accounts_of_several_lines_are_taken(value: str):
    assert provider_of(credentials={"auth_api_key": value}).settings == {"auth_api_key": value}


def test_user_names_are_told_and_tokens_passwords_and_keys_are_not():
    credentials = {
        "username": "webmaster", "auth_username": "me@firm.example", "auth_user": "ocid1.user",
        "auth_customer_id": "12345", "auth_entrypoint": "ovh-eu", "auth_subuser": "sub-user",
        "password": "pass-word", "auth_token": "to-ken", "auth_access_key": "AKIA-1",
        "auth_psw": "psw-1", "auth_key_id": "key-id", "anything": "else",
        "deeper": {"auth_username": "you", "api_key": "deep-key"},
    }  # fmt: skip
    found = set(provider_of(credentials=credentials).secrets)
    assert found == {"pass-word", "to-ken", "AKIA-1", "psw-1", "key-id", "else", "deep-key"}
    options = {"auth_username": "u-1", "zone_id": "z-1", "api_token": "t-1"}
    assert set(provider_of(options).secrets) == {"t-1"}


def test_the_name_and_kind_of_a_key_are_told_and_its_secret_is_not():
    hide = redactor(["hmac-sha256:acme-key:c2VjcmV0", "token-1\n"])
    assert hide("acme-key with hmac-sha256") == "acme-key with hmac-sha256"
    assert hide("c2VjcmV0, b'token-1\\n', hmac-sha256:acme-key:c2VjcmV0") == "***, b'***', ***"


def test_a_secret_in_the_words_of_a_truth_is_no_secret():
    assert list(values.secrets({"auth_token": True}, True)) == []


# -- the DNS is away ------------------------------------------------------------------------------


@pytest.mark.parametrize(("provider", "options", "credentials", "said"), [
    ("cloudfare", {}, {}, "did you mean cloudflare"),
    ("cloudflare", {"zoneid": "x"}, {"auth_token": SECRET}, "did you mean 'zone_id'?"),
    ("cloudflare", {}, {"auth_tokn": SECRET}, "did you mean 'auth_token'?"),
    ("cloudflare", {}, {}, "cloudflare has no credentials"),
    ("httpreq", {"endpoint": "http://dns.example.com"}, {}, "endpoint"),
    ("httpreq", {"endpont": "https://dns.example.com"}, {}, "did you mean 'endpoint'?"),
    ("auto", {"cloudfare_token": "x"}, {}, "auto has no option 'cloudfare_token'"),
])  # fmt: skip
def test_unusable_settings_are_found_though_no_resolver_answers(
    tmp_path: Path, provider: str, options: dict[str, str], credentials: dict[str, str], said: str
):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        failure = checked(tmp_path, mute, provider, options, credentials)
        mute.setblocking(False)
        with pytest.raises(BlockingIOError):
            mute.recv(512)
    assert failure.category == "configuration"
    assert said in failure.text
    assert SECRET not in failure.text


def test_a_zones_own_provider_may_be_the_only_one_that_fits(tmp_path: Path):
    """The default may never be used then, so the check does not fail for its settings."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        zones = {"example.com": {"provider": "httpreq", "options": {"endpoint": "https://a.b"}}}
        failure = checked(tmp_path, mute, "cloudfare", {}, {}, zones=zones)
    assert failure.category == "transient"


def checked(
    tmp_path: Path, resolver: socket.socket, provider: str, options: Any, credentials: Any,
    **keys: Any,
) -> Failure:  # fmt: skip
    """What the check of www.example.com fails for, with this one resolver."""
    file = tmp_path / "dns.json"
    file.touch(0o600)
    default = {"provider": provider, "options": options, "credentials": credentials}
    address, port = resolver.getsockname()
    plain = {"state": str(tmp_path / "journal.json"), "nameservers": [f"{address}:{port}"],
             "default": default, **keys}  # fmt: skip
    file.write_text(json.dumps(plain))
    with pytest.raises(Failure) as caught:
        pipe.run("check", str(file), [{"name": "www.example.com", "value": ""}])
    return caught.value
