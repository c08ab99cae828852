"""The account's contact as operators and tenants write it."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.rules import configuration
from layer_lets_encrypt.rules.contact import parse_contact
from layer_lets_encrypt.rules.request import SERVERS, InvalidRequest

LETS_ENCRYPT = SERVERS["production"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (None, None),
        (" , ", None),
        ("a@firm.example", "a@firm.example"),
        ("a@firm.example,b@firm.example", "a@firm.example,b@firm.example"),
        (" a@firm.example , b@FIRM.example ", "a@firm.example,b@firm.example"),
        ("a@firm.example b@firm.example\na@firm.example", "a@firm.example,b@firm.example"),
        ("a@firm.example,", "a@firm.example"),
        ("a@b\u00fccher.example,b@firm.example", "a@xn--bcher-kva.example,b@firm.example"),
    ],
)
def test_several_addresses_are_one_contact(written: str | None, meant: str | None) -> None:
    assert parse_contact(written, LETS_ENCRYPT) == meant


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a@firm.example,admin", "'admin' is not an e-mail address"),
        ("a@firm.example,b@example.com", "'b@example.com' is refused by Let's Encrypt"),
        ("a@firm.example;b@firm.example", "has ';' inside; separate addresses with commas"),
        ("A B <a@firm.example>", "'A' is not an e-mail address"),
        (",".join(f"a{n}@firm.example" for n in range(11)), "11 addresses; set contact-email to"),
    ],
)
def test_each_address_is_checked(written: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_contact(written, LETS_ENCRYPT)
    assert said in str(raised.value)


def test_a_request_may_have_several_contacts() -> None:
    entry = {"fqdn": ["www.firm.example"], "contact-email": "a@firm.example, b@firm.example"}
    read = configuration.read({}, {"service-name": "nginx"}, [entry])
    assert read.wanted is not None
    assert read.wanted.account.email == "a@firm.example,b@firm.example"


def test_other_contacts_stand_in_for_one_that_the_ca_refuses() -> None:
    names = ("a..b@firm.example", "not an address", "c@firm.example", "c@firm.example")
    entries = [{"fqdn": [f"n{i}.firm.example"], "contact-email": n} for i, n in enumerate(names)]
    read = configuration.read({}, {"service-name": "nginx"}, entries)
    assert read.wanted is not None
    account = read.wanted.account
    assert (account.email, account.others) == ("a..b@firm.example", ("c@firm.example", None))
    chosen = configuration.read({"contact-email": "o@firm.example"}, {}, entries).wanted
    assert chosen is not None and chosen.account.others == (), "the operator's own is kept to"
