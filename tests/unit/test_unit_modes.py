"""What the option acme-units comes to, on each Juju and with each challenge: tables."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.rules import unit_modes
from layer_lets_encrypt.rules.challenge import CHALLENGES
from layer_lets_encrypt.rules.request import InvalidRequest

OTHERS = ["web/1", "web/2"]


@pytest.mark.parametrize(
    ("value", "mode"),
    [(None, "share"), ("", "share"), (" each ", "each"), ("share-plain", "share-plain"),
     ("leader", "leader"), ("Share", None), ("all", None), (True, None), (7, None), ([], None)],
)  # fmt: skip
def test_the_option(value, mode) -> None:
    if mode is None:
        with pytest.raises(InvalidRequest, match="acme-units"):
            unit_modes.parse(value)
    else:
        assert unit_modes.parse(value) == mode


@pytest.mark.parametrize(
    ("version", "has"),
    [("2.9.49", False), ("3.0.3", False), ("3.1.0", True), ("3.6.28", True), ("4.0.1", True),
     ("3.10-beta1", True), ("10.0", True), ("", False), ("three", False)],
)  # fmt: skip
def test_which_juju_has_secrets(version, has) -> None:
    assert unit_modes.has_secrets(version) is has


@pytest.mark.parametrize(
    ("chosen", "version", "has_relation", "mode", "remedy"),
    [
        ("share", "3.6.1", True, "share", ""),
        ("share", "2.9.49", True, "leader", "set acme-units=share-plain"),
        ("share", "", True, "leader", "set acme-units=share-plain"),
        ("share", "3.6.1", False, "leader", "lets-encrypt-units; refresh it"),
        ("share-plain", "3.6.1", True, "share", ""),  # secrets are better, where there are any
        ("share-plain", "2.9.49", True, "share-plain", ""),
        ("share-plain", "2.9.49", False, "leader", "lets-encrypt-units; refresh it"),
        ("share", "4.0.14", False, "leader", "lets-encrypt-units; deploy the application again"),
        ("leader", "2.9.49", False, "leader", ""),
        ("each", "2.9.49", False, "each", ""),
    ],
)
def test_a_unit_that_cannot_share_does_as_before_and_says_why(
    chosen, version, has_relation, mode, remedy
) -> None:
    found = unit_modes.in_effect(chosen, version, has_relation)
    assert found.name == mode
    assert remedy in found.lacking
    assert bool(remedy) == bool(found.lacking)
    assert found.is_shared == mode.startswith("share")


def test_names_of_each_unit() -> None:
    assert unit_modes.of_unit("node{unit}.example.com", "web/17") == "node17.example.com"
    assert unit_modes.of_unit("www.example.com", "web/17") == "www.example.com"
    assert unit_modes.of_unit("{unit} {other}", "my-web/0") == "0 {other}"


def test_each_unit_needs_a_name_of_its_own() -> None:
    assert unit_modes.each_problem("node{unit}.example.com", OTHERS) is None
    assert unit_modes.each_problem("www.example.com", []) is None
    problem = unit_modes.each_problem("www.example.com", OTHERS)
    assert problem is not None
    assert problem.severity == "blocked"
    assert "3 units" in problem.text
    assert "{unit} into fqdn" in problem.text
    assert len(problem.text) < 200


@pytest.mark.parametrize(
    ("challenge", "found", "others", "is_blocked"),
    [
        ("standalone", ["10.0.0.1", "10.0.0.2"], OTHERS, True),
        ("webroot", ["10.0.0.2"], OTHERS, True),
        ("standalone", ["10.0.0.1"], OTHERS, False),
        ("standalone", ["10.0.0.1", "2001:db8::1"], OTHERS, False),
        ("standalone", [], OTHERS, False),  # no address at all is another problem
        ("standalone", ["10.0.0.1", "10.0.0.2"], [], False),
        ("stateless", ["10.0.0.1", "10.0.0.2"], OTHERS, False),
        ("dns", ["10.0.0.2"], OTHERS, False),
    ],
)
def test_a_challenge_that_only_the_leader_answers_needs_a_name_that_leads_to_it(
    challenge, found, others, is_blocked
) -> None:
    own = ["10.0.0.1", "2001:db8::1"]
    problem = unit_modes.reach_problem(CHALLENGES[challenge], found, own, others)
    assert bool(problem) == is_blocked
    if problem is not None:
        assert problem.severity == "blocked"
        assert "10.0.0.2" in problem.text
        assert "acme-challenge=stateless" in problem.text
        assert len(problem.text) < 200
