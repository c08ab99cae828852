"""An operator's whole day, as `make demo STORY=day` tells it, one step after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from world.day import METRICS, STEPS, Day
from world.site import open_site

# orders that other steps make as well, and a wait for cron
LONG = (Day.staging_and_back, Day.cron_renews, Day.a_ca_that_binds_accounts)


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    with open_site() as site:
        yield Day(site, print, print)


@pytest.mark.parametrize(
    "step",
    [pytest.param(step, id=step.__name__, marks=[pytest.mark.slow] if step in LONG else [])
     for step in STEPS],
)  # fmt: skip
def test_step(day: Day, step: Callable[[Day], None]) -> None:
    step(day)


def test_prometheus_own_parser_takes_the_text_file(day: Day) -> None:
    text = day.site.read(f"{METRICS}/layer-lets-encrypt-web-0.prom")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    ends = families["lets_encrypt_certificate_not_after_timestamp_seconds"].samples
    assert len(ends) == 3 and all(sample.value > 1.7e9 for sample in ends)
