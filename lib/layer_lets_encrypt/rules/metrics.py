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
    lines = _family("ready", "Whether a certificate with the wanted names is on disk.")
    lines += [_line("ready", one.name, unit, int(one.on_disk)) for one in samples]
    for field, what in _TIMES:
        moments = [(one.name, getattr(one, field)) for one in samples]
        known = [(name, moment) for name, moment in moments if moment is not None]
        if known:
            metric = field + "_timestamp_seconds"
            lines += _family(metric, what)
            lines += [_line(metric, name, unit, moment) for name, moment in known]
    lines += _family("failures", "Failed orders since the last one that brought a certificate.")
    lines += [_line("failures", one.name, unit, one.failures) for one in samples]
    return "\n".join(lines) + "\n"


def _family(metric: str, what: str) -> list[str]:
    return [f"# HELP {PREFIX}{metric} {what}", f"# TYPE {PREFIX}{metric} gauge"]


def _line(metric: str, name: str, unit: str, value: float) -> str:
    return f'{PREFIX}{metric}{{name="{_escaped(name)}",unit="{_escaped(unit)}"}} {value:.15g}'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
