"""What is ordered, and for whom: key type, profile, chain, external account binding."""

from __future__ import annotations

import base64

import pytest
from layer_lets_encrypt.ca import arguments
from layer_lets_encrypt.rules import key_types, order_options, profiles
from layer_lets_encrypt.rules.facts import ABSENT, Account, Lineage
from layer_lets_encrypt.rules.order_options import Eab
from layer_lets_encrypt.rules.request import InvalidRequest, Request

KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"

BAD = [
    ("acme-key-type", order_options.parse_key_type, [
        "dsa", "rsa-2048", "rsa-1024", "ecdsa-521", "ed25519", "rsa rsa", "4096", "\0",
        "r" * 999, "--key-type", "тип",
    ]),
    ("acme-profile", order_options.parse_profile, [
        "--x", "short lived", "a/b", "../x", "a" * 65, "\x1b[31m", "é", "a,b", "-", "$(id)",
    ]),
    ("acme-preferred-chain", order_options.parse_chain, [
        "-x", "--server", '"ISRG Root X1"', "\u201cX1\u201d", "a\nb",
        "a\0b", "\x1b[31mX", "a" * 65, "\ud800", "a\u202eb",
    ]),
    ("acme-eab", order_options.check_eab, [
        "hush", "hush:", ":hush", "hush:hush", "hush:" + KEY + "!", "hush:" + KEY[:21],
        "hush:" + KEY[:-3], "a b:" + KEY, "é:" + KEY, "-hush:" + KEY, "hush:" + KEY + "\nx",
        "secret:", "secret:a b", "secret:" + "x" * 300, "kid: hush\nhmac: " + KEY, "x\0:" + KEY,
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "parse", "value"), [(name, parse, one) for name, parse, many in BAD for one in many]
)
def test_a_bad_value_is_told_with_option_reason_and_remedy(option: str, parse, value: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse(value)
    said = str(raised.value)
    assert said.startswith(f"'{option}' ")
    assert "; set it to " in said
    assert said.isprintable()
    assert len(said) < 190
    assert option != "acme-eab" or not {"hush", KEY[:9]} & set(said.replace(":", " ").split())


@pytest.mark.parametrize(
    ("parse", "value", "meant"),
    [
        (order_options.parse_key_type, "", ""),
        (order_options.parse_key_type, " rsa ", "rsa-2048"),
        (order_options.parse_key_type, "ecdsa", "ecdsa-256"),
        (order_options.parse_key_type, "RSA", "rsa-2048"),
        (order_options.parse_profile, "shortlived\n", "shortlived"),
        (order_options.parse_profile, " ", ""),
        (order_options.parse_chain, "ISRG Root X2", "ISRG Root X2"),
        (order_options.parse_chain, "Főtanúsítvány", "Főtanúsítvány"),
        (order_options.check_eab, "", ""),
        (order_options.check_eab, " secret:9m4e2mr0ui3e8a215n4g ", "secret:9m4e2mr0ui3e8a215n4g"),
        (order_options.check_eab, f"kid-1:{KEY}", f"kid-1:{KEY}"),
    ],
)
def test_good_values_are_taken(parse, value: str, meant: str) -> None:
    assert parse(value) == meant


@pytest.mark.parametrize(
    ("text", "kid"),
    [(f"kid-1:{KEY}", "kid-1"), (f"a:b/c: {KEY}==", "a:b/c"), (f"_x=@y:{KEY}", "_x=@y")],
)
def test_the_pair_is_divided_at_the_last_colon(text: str, kid: str) -> None:
    assert order_options.eab_of_text(text).kid == kid


@pytest.mark.parametrize(
    ("content", "lacks"),
    [
        ({}, "no key identifier"), ({"kid": "x"}, "no key (hmac)"), ({"hmac": KEY}, "no key id"),
        ({"kid": "x", "hmac": "hush"}, "cut off or not base64"), ({"kid": None, "hmac": 1}, "no"),
    ],
)  # fmt: skip
def test_half_a_secret_is_told_without_what_is_in_it(content, lacks: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        order_options.eab_of_secret(content)
    assert lacks in str(raised.value)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("key", [KEY, "-_" + KEY[2:], "+/" + KEY[2:], KEY[:-2] + "=="])
def test_certbot_is_told_the_same_key_in_the_alphabet_without_hyphens(key: str) -> None:
    text = order_options.certbot_settings(order_options.eab_of_secret({"kid": "k", "hmac": key}))
    kid, told = text.splitlines()
    assert kid == "eab-kid = k"
    told = told.partition(" = ")[2]
    padded = key.rstrip("=") + "=" * (-len(key.rstrip("=")) % 4)
    standard = padded.replace("-", "+").replace("_", "/")
    assert base64.b64decode(told + "=" * (-len(told) % 4)) == base64.b64decode(standard)
    assert not told.startswith("-")


def test_a_secret_is_a_pair_whatever_its_blanks() -> None:
    assert order_options.eab_of_secret({"kid": " k\n", "hmac": KEY + "\n"}) == Eab("k", KEY)


@pytest.mark.parametrize(
    ("wanted", "kind", "bits", "fits"),
    [
        ("rsa", "rsa", 4096, True), ("rsa", "ecdsa", 256, False), ("rsa-2048", "rsa", 2048, True),
        ("rsa-2048", "rsa", 4096, False), ("ecdsa-256", "ecdsa", 256, True),
        ("ecdsa-384", "ecdsa", 256, False), ("ecdsa", "ecdsa", 521, True),
    ],
)  # fmt: skip
def test_a_charms_type_fits_any_size_an_operators_one(wanted, kind, bits, fits) -> None:
    assert key_types.fits(wanted, kind, bits) is fits


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("", []), ("rsa", ["--key-type", "rsa"]), ("ecdsa", ["--key-type", "ecdsa"]),
        ("rsa-4096", ["--key-type", "rsa", "--rsa-key-size", "4096"]),
        ("ecdsa-384", ["--key-type", "ecdsa", "--elliptic-curve", "secp384r1"]),
    ],
)  # fmt: skip
def test_certbot_is_told_the_size_if_one_is_wanted(wanted: str, words: list[str]) -> None:
    assert key_types.certbot_arguments(wanted) == words


LINE = Request(("a.example.com",), "acme-certificates line 2", profile="shortlived", is_extra=True)
OPTION = Request(("a.example.com",), "the option fqdn", profile="shortlived")


@pytest.mark.parametrize(
    ("directory", "said"),
    [
        ({"meta": {"profiles": {"shortlived": "x", "classic": "y"}}}, ""),
        ({"meta": {"profiles": {"classic": "y", "tlsserver": "z"}}}, "it has only classic, tlss"),
        ({"meta": {"profiles": {}}}, "it has no profiles"),
        ({"meta": {}}, "it has no profiles"), ({}, "it has no profiles"),
        ({"meta": []}, "no profiles"), ({"meta": {"profiles": ["shortlived"]}}, "no profiles"),
        ({"meta": {"profiles": {"x" * 999: 1, "\0": 2}}}, "it has only"),
    ],
)
def test_a_profile_that_the_ca_does_not_list_is_told_with_those_it_has(directory, said) -> None:
    for request, source in ((OPTION, "acme-profile"), (LINE, "acme-certificates line 2")):
        seen = profiles.unknown(request, directory)
        assert (seen is None) == (not said)
        if seen is not None:
            assert said in seen.text and source in seen.text
            assert seen.category == "blocked" and len(seen.text) < 190
    assert profiles.unknown(Request(("a.example.com",), "x"), directory) is None


@pytest.mark.parametrize(
    ("version", "is_too_old"),
    [("certbot 1.21.0", True), ("certbot 3.3.0\n", True), ("certbot 4.0.0", False),
     ("certbot 5.8.0", False), ("certbot 10.0.0", False), ("", False), ("nothing", False)],
)  # fmt: skip
def test_a_certbot_without_profiles_is_told_with_the_version_it_needs(version, is_too_old) -> None:
    seen = profiles.too_old(OPTION, version)
    assert (seen is not None) == is_too_old
    if seen is not None:
        assert seen.category == "blocked"
        assert "needs certbot 4.0 or newer, and the unit has " + version[8:].strip() in seen.text
    assert profiles.too_old(Request(("a.example.com",), "x"), version) is None


def test_certbot_is_told_profile_and_chain_but_never_the_binding() -> None:
    request = Request(("a.example.com",), "x", profile="shortlived", chain="ISRG Root X2")
    account = Account("https://ca.example/dir", eab=f"kid-1:{KEY}")
    words = arguments.certonly(request, account, [], Lineage("a.example.com", ABSENT))
    assert words[words.index("--required-profile") + 1] == "shortlived"
    assert words[words.index("--preferred-chain") + 1] == "ISRG Root X2"
    opening = arguments.register(account, "/state/eab.ini")
    assert opening[opening.index("--config") + 1] == "/state/eab.ini"
    assert not any(KEY in word or "kid-1" in word for word in words + opening)
    assert KEY not in repr(account)
