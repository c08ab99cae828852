"""What actions are asked for and tell: names as people write them, keys as Juju takes them."""

from __future__ import annotations

import re

import pytest
from layer_lets_encrypt.rules import action
from layer_lets_encrypt.rules.request import InvalidRequest, Request, normalise_name

JUJUS = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")  # of each part of a key
NAMES = ("a.b.com", "a-b.com", "a--b.com", "xn--bcher-kva.example", "a.b-com.net", "a.b.com.net",
         "a-b-com.net", "1.2-3.com", "name.example.com", "example.com")  # fmt: skip
SHOP = Request(("*.Shop.Example".lower(), "shop.example"), "fqdn")
BOOKS = Request((normalise_name("bücher.example"), "www.example.com"), "request 1")


def test_each_certificate_has_a_key_of_its_own_that_juju_takes() -> None:
    keys = [action.key(name) for name in NAMES]
    assert len(set(keys)) == len(NAMES)
    assert all(JUJUS.match(key) for key in keys)
    assert action.key("www.example.com") == "www-example-com"


def test_results_of_all_certificates_are_told() -> None:
    states = [{"name": name, "days_left": 3, "names": [name, "x"], "error": None} for name in NAMES]
    told = action.of_certificates(states)
    assert len(told) == 3 * len(NAMES)
    assert told["a-b-com.days-left"] == told["a--b-com.days-left"] == "3"
    assert told["a--b-com.names"] == "a-b.com, x"
    assert all(JUJUS.match(part) for key in told for part in key.split("."))


def test_steps_are_listed_in_their_order() -> None:
    told = action.of_steps("a.example", [f"step {number}" for number in range(12)])
    assert [told[key] for key in sorted(told)] == [f"step {number}" for number in range(12)]
    assert list(action.of_steps("a.example", ["one"])) == ["a-example.step-1"]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("", [SHOP, BOOKS]),
        ("SHOP.example", [SHOP]),
        ("*.shop.example.", [SHOP]),
        ("*.SHOP.Example, www.example.com", [SHOP, BOOKS]),
        ("bücher.example", [BOOKS]),
        ("BÜCHER.example", [BOOKS]),
        ("xn--bcher-kva.example", [BOOKS]),
    ],
)
def test_a_certificate_is_chosen_by_its_names_in_any_spelling(
    text: str, chosen: list[Request]
) -> None:
    assert action.chosen([SHOP, BOOKS], text) == chosen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shop.example shop.exmaple", "'shop.exmaple' is in no wanted certificate; wanted are"),
        ("https://shop.example/", "'https://shop.example/' is a URL"),
        ("shop", "'shop' is a single label"),
    ],
)
def test_a_name_that_chooses_nothing_is_told(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        action.chosen([SHOP, BOOKS], text)
    assert str(raised.value).startswith(said)


def test_of_a_thousand_names_a_few_are_told() -> None:
    requests = [Request((f"{number}.{'a' * 60}.example",), "fqdn") for number in range(1000)]
    with pytest.raises(InvalidRequest) as raised:
        action.chosen(requests, "b.example")
    assert len(str(raised.value)) < 500
    assert str(raised.value).endswith("and 995 more")
