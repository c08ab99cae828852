"""Requests that want one lineage in different ways."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.rules.conflict import without_conflicts
from layer_lets_encrypt.rules.request import Request

NAMES = ("www.example.com", "example.com")
FIRST = Request(NAMES, "the option fqdn")
SECOND = "certificate request 1"


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (Request((NAMES[0], "b.example.com"), SECOND), "names"),
        (Request(NAMES, SECOND, key_type="rsa"), "key types"),
        (Request(NAMES, SECOND, challenge="dns"), "challenges"),
        (Request(NAMES, SECOND, dns='{"provider": "httpreq", "x": "hush"}'), "DNS settings"),
        (Request(NAMES, SECOND, "dns", "rsa"), "challenges and key types"),
    ],
)
def test_both_sources_and_what_differs_are_named(other: Request, differs: str) -> None:
    kept, (text,) = without_conflicts([FIRST, other], "standalone")
    assert kept == (FIRST,)
    assert text.startswith(f"{NAMES[0]}: the option fqdn and {SECOND} want it with different ")
    assert f"different {differs}; " in text
    assert "hush" not in text
    assert len(text) < 190


@pytest.mark.parametrize(
    "other",
    [
        Request(NAMES, SECOND),
        Request(NAMES[:1] + NAMES[:0:-1], SECOND),
        Request(NAMES, SECOND, challenge="standalone"),
    ],
)
def test_requests_that_are_equal_in_all_ways_are_one(other: Request) -> None:
    assert without_conflicts([FIRST, other], "standalone") == ((FIRST,), [])


def test_requests_for_other_lineages_are_kept() -> None:
    other = Request(("b.example.com",), SECOND, key_type="rsa")
    assert without_conflicts([FIRST, other], "standalone") == ((FIRST, other), [])
