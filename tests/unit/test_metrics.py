"""The text file for Prometheus, and which folder it goes to."""

from __future__ import annotations

import re

import pytest
from layer_lets_encrypt.rules import delivery, metrics
from layer_lets_encrypt.rules.delivery import Delivery
from layer_lets_encrypt.rules.metrics import PREFIX, Sample
from layer_lets_encrypt.rules.request import InvalidRequest

FULL = Sample("www.example.com", True, 1.7e9, 1.8e9, 1.7e9 + 0.25, 1.65e9, 2, 1.79e9)
EMPTY = Sample("new.example.com", False, None, None, None, None, 0, None)
TIMES = ("not_before", "not_after", "last_success", "last_failure", "next_attempt")

# https://prometheus.io/docs/instrumenting/exposition_formats/
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
LINE = re.compile(rf"([a-z_]+)\{{{LABEL},{LABEL}\}} ([0-9.e+]+)\Z")


def read(text: str) -> dict[str, list[float]]:
    """The values by metric; each line is one of the format, and metrics come in one piece."""
    assert text.endswith("\n") and "\n\n" not in text
    values: dict[str, list[float]] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE"):
            name = line.split()[2]
            assert name not in values and line.endswith(" gauge")
            values[name] = []
        elif not line.startswith("# HELP"):
            found = LINE.match(line)
            assert found, line
            assert found.group(1) == list(values)[-1]
            values[found.group(1)].append(float(found.group(2)))
    return values


def test_each_certificate_has_its_values() -> None:
    values = read(metrics.text([FULL, EMPTY], "web/0"))
    assert values == {
        PREFIX + "ready": [1, 0],
        PREFIX + "not_before_timestamp_seconds": [1.7e9],
        PREFIX + "not_after_timestamp_seconds": [1.8e9],
        PREFIX + "last_success_timestamp_seconds": [1700000000.25],
        PREFIX + "last_failure_timestamp_seconds": [1.65e9],
        PREFIX + "next_attempt_timestamp_seconds": [1.79e9],
        PREFIX + "failures": [2, 0],
    }


def test_nothing_wanted_is_no_value() -> None:
    assert read(metrics.text([], "web/0")) == {PREFIX + "ready": [], PREFIX + "failures": []}


def test_prometheus_own_parser_reads_it() -> None:
    parser = pytest.importorskip("prometheus_client.parser")
    odd = FULL._replace(name='a"b\\c\nd')
    families = list(parser.text_string_to_metric_families(metrics.text([odd, EMPTY], "web/0")))
    assert {family.name for family in families} == {
        PREFIX + name for name in ("ready", "failures", *(f"{t}_timestamp_seconds" for t in TIMES))
    }
    assert families[0].samples[0].labels == {"name": odd.name, "unit": "web/0"}


@pytest.mark.parametrize(
    ("written", "folder"),
    [(None, ""), (" ", ""), ("/var/lib/x/", "/var/lib/x"), ("/", "/"), ("/a b/ü", "/a b/ü")],
)
def test_a_folder_is_an_absolute_path(written: object, folder: str) -> None:
    assert metrics.parse_directory(written) == folder


@pytest.mark.parametrize(
    "written", ["var/lib", "~/x", "/a/../etc", "/a\nb", "/a\0b", "/" + "a" * 1001, True, 3, ["/a"]]
)
def test_a_bad_folder_is_named_with_its_remedy(written: object) -> None:
    with pytest.raises(InvalidRequest, match="'acme-metrics-directory' .*; set it to") as raised:
        metrics.parse_directory(written)
    assert str(raised.value).isprintable()


def test_one_bad_option_costs_no_other() -> None:
    found, wrong = delivery.read({"acme-files-access": "x", "acme-formats": "pfx",
                                  "acme-deploy-command": "a && b"})  # fmt: skip
    assert [error.subject for error in wrong] == ["acme-files-access", "acme-deploy-command"]
    assert found == Delivery(formats=("pfx",), unusable=frozenset(e.subject for e in wrong))
    assert found.wants_files and found.deploys
    assert delivery.read({}) == (delivery.NOTHING, [])
