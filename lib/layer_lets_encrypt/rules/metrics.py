"""The state of certificates as a text file for Prometheus' node exporter. Pure."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from layer_lets_encrypt.rules import options
from layer_lets_encrypt.rules.delivery import METRICS
from layer_lets_encrypt.rules.request import InvalidRequest

MAX_PATH = 1000
MAX_SHOWN = 40
PREFIX = "lets_encrypt_certificate_"


class Sample(NamedTuple):
    """One certificate. Times are POSIX seconds, None if there is no such moment."""

    name: str
    on_disk: bool
    not_before: float | None
    not_after: float | None
    last_success: float | None
    last_failure: float | None
    failures: int
    next_attempt: float | None


_TIMES = (
    ("not_before", "Start of validity of the certificate on disk."),
    ("not_after", "End of validity of the certificate on disk."),
    ("last_success", "When the last order that brought a certificate began."),
    ("last_failure", "When the last order failed."),
    ("next_attempt", "When it is renewed or, after a failure, ordered again."),
)


def parse_directory(value: object) -> str:
    """Return the folder of the text file, "" for none. Raises InvalidRequest."""
    written = options.text(METRICS, value).strip()
    if not written:
        return ""
    remedy = "set it to the folder that node exporter reads"
    if not written.isprintable() or len(written) > MAX_PATH:
        raise InvalidRequest(METRICS, "is not a path", remedy)
    if not written.startswith("/") or ".." in written.split("/"):
        raise InvalidRequest(METRICS, f"is {written[:MAX_SHOWN]!r}, not an absolute path", remedy)
    return written.rstrip("/") or "/"


def text(samples: Sequence[Sample], unit: str) -> str:
    """Return the file's text."""
    labels = [f'{{name="{_escaped(one.name)}",unit="{_escaped(unit)}"}}' for one in samples]
    ready = [int(one.on_disk) for one in samples]
    lines = _family("ready", "Whether a certificate with the wanted names is on disk.")
    lines += _lines("ready", labels, ready)
    for field, what in _TIMES:
        moments = [getattr(one, field) for one in samples]
        metric = field + "_timestamp_seconds"
        known = _lines(metric, labels, moments)
        if known:
            lines += [*_family(metric, what), *known]
    lines += _family("failures", "Failed orders since the last one that brought a certificate.")
    lines += _lines("failures", labels, [one.failures for one in samples])
    return "\n".join(lines) + "\n"


def _family(metric: str, what: str) -> list[str]:
    return [f"# HELP {PREFIX}{metric} {what}", f"# TYPE {PREFIX}{metric} gauge"]


def _lines(metric: str, labels: Sequence[str], values: Sequence[float | None]) -> list[str]:
    return [f"{PREFIX}{metric}{label} {value:.15g}"
            for label, value in zip(labels, values) if value is not None]  # fmt: skip


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
