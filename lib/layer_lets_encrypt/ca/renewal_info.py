"""When the CA itself wants a certificate renewed: renewal-info, RFC 9773.

certbot asks from version 4.1 on, which no release of Ubuntu or Debian carries yet, and it is
the only way in which a CA says that it is about to revoke. Times are POSIX seconds.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Mapping

from layer_lets_encrypt.certificates import certificate
from layer_lets_encrypt.machine.deadline import within
from layer_lets_encrypt.rules import stored

if TYPE_CHECKING:
    import urllib.request

TIMEOUT = 5  # seconds for a whole answer
MAX_BODY = 1 << 16
MAX_EXPLANATION = 500

# What the RFC proposes (section 4.3): without Retry-After, after an error, and the limits.
INTERVAL = 6 * 3600
SHORTEST, LONGEST = 60, 86400

# Moments of other centuries are a mistake of the CA's.
_SANE = (datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp(),
         datetime(2100, 1, 1, tzinfo=timezone.utc).timestamp())  # fmt: skip

_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):([0-5]\d|60)(?:\.\d+)?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))\Z",
    re.ASCII,
)


@dataclass(frozen=True)
class Window:
    """The time in which the CA wants the certificate renewed."""

    start: float
    end: float


@dataclass(frozen=True)
class Info:
    """What is known of one certificate. ``identifier`` says of which.

    ``moment`` is the one to renew at, None if the CA names none; until ``ask_again`` there
    is nothing to ask. ``explanation`` is the CA's page about its advice, "" for none.
    """

    identifier: str
    moment: float | None
    ask_again: float
    explanation: str = ""

    def is_fresh(self, identifier: str, now: float) -> bool:
        """Whether the CA need not be asked about this certificate; a clock set back frees it."""
        return self.identifier == identifier and self.ask_again - LONGEST <= now < self.ask_again


def to_plain(info: Info) -> dict[str, Any]:
    """Return the info for a JSON file."""
    return asdict(info)


def from_plain(plain: Any) -> Info | None:
    """Return what to_plain() was given; None for what is no such thing."""
    if not isinstance(plain, dict):
        return None
    identifier, explanation = plain.get("identifier"), plain.get("explanation", "")
    moment, ask_again = plain.get("moment"), plain.get("ask_again")
    if not isinstance(identifier, str) or not isinstance(explanation, str):
        return None
    if not is_moment(ask_again) or not (moment is None or is_moment(moment)):
        return None
    return Info(identifier, moment, float(ask_again or 0), explanation)


def is_moment(value: Any) -> bool:
    """Whether a value is a moment that a CA may name."""
    return stored.is_moment(value) and bool(value <= _SANE[1])


def certificate_id(pem: str) -> str:
    """Return by what the CA knows the first certificate in ``pem``: its issuer's key and serial.

    "" if it does not name its issuer's key. Raises ValueError if this is not a certificate.
    """
    return certificate.read(pem).renewal_id


def chosen_moment(window: Window, seed: str) -> float:
    """Return a moment inside the window: always the same for a seed, evenly spread over seeds."""
    digest = hashlib.sha256(seed.encode("utf-8")).digest()
    fraction = int.from_bytes(digest[:6], "big") / (1 << 48)
    return window.start + fraction * (window.end - window.start)


def parse(body: bytes) -> Window:
    """Return the window in the CA's answer. Raises ValueError for what does not hold one."""
    return _window(_object(body))


def _object(body: bytes) -> dict[str, Any]:
    try:
        plain = json.loads(body.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("an answer nested without end") from error
    if not isinstance(plain, dict):
        raise ValueError("the answer is not a JSON object")
    return plain


def _window(plain: Mapping[str, Any]) -> Window:
    suggested = plain.get("suggestedWindow")
    if not isinstance(suggested, dict):
        raise ValueError("the answer has no suggestedWindow")
    window = Window(_moment(suggested.get("start")), _moment(suggested.get("end")))
    if window.end <= window.start:
        raise ValueError("the window ends before it starts")
    return window


def _moment(value: Any) -> float:
    match = _RFC_3339.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("this is not a date of RFC 3339")
    numbers = [int(number) for number in match.group(1, 2, 3, 4, 5)]
    second = min(int(match.group(6)), 59)  # 60 is a leap second's
    sign, hours, minutes = match.group(7, 8, 9)
    ahead = int(hours or 0) * 3600 + int(minutes or 0) * 60
    local = datetime(*numbers, second, tzinfo=timezone.utc).timestamp()  # type: ignore[misc,arg-type]
    moment = local + (ahead if sign == "-" else -ahead)
    if not _SANE[0] <= moment <= _SANE[1]:
        raise ValueError(f"{value} is a moment of another century")
    return moment


# The gate


def ask(
    directory: Mapping[str, Any],
    identifier: str,
    opener: urllib.request.OpenerDirector,
    now: float,
    seed: str = "",
) -> Info:
    """Ask the CA about one certificate; never raises for what the CA or the network does.

    ``directory`` is the CA's, ``identifier`` from certificate_id(). ``seed`` tells apart who
    shares a certificate. Where nothing was learnt, the info has no moment.
    """
    import http.client
    import urllib.error

    base = directory.get("renewalInfo")
    if not identifier or not isinstance(base, str) or not base.startswith("https://"):
        return Info(identifier, None, now + LONGEST)  # this CA, or certificate, knows no such thing
    url = f"{base.rstrip('/')}/{identifier}"
    try:
        body, retry_after = within(TIMEOUT, lambda: _get(url, opener))
        plain = _object(body)
        moment = chosen_moment(_window(plain), seed + identifier)
    except urllib.error.HTTPError as error:
        with error:
            return Info(identifier, None, _ask_again(error.headers.get("Retry-After"), now))
    except (OSError, ValueError, http.client.HTTPException):
        return Info(identifier, None, now + INTERVAL)
    return Info(identifier, moment, _ask_again(retry_after, now), _explanation(plain))


def _get(url: str, opener: urllib.request.OpenerDirector) -> tuple[bytes, str | None]:
    """Return the body and its Retry-After header."""
    with opener.open(url, timeout=TIMEOUT) as answer:
        body = answer.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise ValueError("the answer is too long")
        return body, answer.headers.get("Retry-After")


def _ask_again(retry_after: str | None, now: float) -> float:
    """Return when to ask again, within the RFC's limits; ``retry_after`` is the header's value."""
    from email.utils import parsedate_to_datetime

    wait: float = INTERVAL
    try:
        if retry_after and retry_after.isdecimal():
            wait = int(retry_after[:9])
        elif retry_after:
            wait = parsedate_to_datetime(retry_after).timestamp() - now
    except (TypeError, ValueError, IndexError, OverflowError):
        pass  # a header that says nothing
    return now + min(max(wait, SHORTEST), LONGEST)


def _explanation(plain: Mapping[str, Any]) -> str:
    """Return the link to the CA's explanation if it is one that can be shown."""
    link = plain.get("explanationURL")
    is_link = isinstance(link, str) and re.match(r"https?://[!-~]+\Z", link)
    return str(link) if is_link and len(str(link)) <= MAX_EXPLANATION else ""
