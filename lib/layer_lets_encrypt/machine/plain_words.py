"""What went wrong between machines, or on this one, in the operator's words: the only place.

Python, OpenSSL and requests say it in their own, with numbers of errors and lines of C.
"""

from __future__ import annotations

import errno
import os
import re
import time
from typing import Iterator, NamedTuple

from layer_lets_encrypt.machine import os_errors

MAX_TEXT = 4000
MAX_CHAIN = 10  # exceptions that caused one another

TRUST = "set acme-ca-certificates if it is a private CA"
CLOCK = "check the unit's clock"
PROXY = "check the model settings juju-http-proxy and juju-https-proxy"


class Plain(NamedTuple):
    """``cause`` and ``remedy`` ("" for none); ``certain`` tells that waiting cannot help."""

    cause: str
    remedy: str = ""
    certain: bool = False


# The first mark that is in the text counts: TLS and proxies before what is beneath them.
_MARKS: tuple[tuple[tuple[str, ...], Plain], ...] = (
    (("Tunnel connection failed: 407", "Proxy Authentication Required"),
     Plain("the proxy wants a user and a password", PROXY, True)),
    (("Tunnel connection failed",), Plain("the proxy refuses to connect to it", PROXY)),
    (("ProxyError", "Unable to connect to proxy", "Cannot connect to proxy"),
     Plain("the proxy cannot be reached", PROXY)),
    (("certificate has expired",),
     Plain("its TLS certificate has expired by the unit's clock{now}", CLOCK)),
    (("certificate is not yet valid",),
     Plain("its TLS certificate is not valid yet by the unit's clock{now}", CLOCK)),
    (("self-signed certificate", "self signed certificate", "unable to get local issuer",
      "unable to get issuer certificate", "unable to verify the first certificate"),
     Plain("the unit does not trust its TLS certificate", TRUST, True)),
    (("Hostname mismatch", "IP address mismatch", "doesn't match either of", "doesn't match '"),
     Plain("its TLS certificate is for another name", "check the host name", True)),
    (("certificate verify failed", "CERTIFICATE_VERIFY_FAILED"),
     Plain("the unit does not accept its TLS certificate", TRUST)),
    (("WRONG_VERSION_NUMBER", "wrong version number", "UNKNOWN_PROTOCOL", "HTTP_REQUEST"),
     Plain("it does not speak TLS on that port", "check the port", True)),
    (("EOF occurred in violation", "UNEXPECTED_EOF", "SSLEOFError", "SSLZeroReturnError"),
     Plain("the connection was closed in the TLS handshake")),
    (("alert handshake failure", "UNSUPPORTED_PROTOCOL", "unsupported protocol", "ALERT_"),
     Plain("TLS cannot be agreed on with it")),
    (("Name or service not known", "[Errno -2]", "nodename nor servname"),
     Plain("the DNS has no such name", "check the name and the unit's DNS")),
    (("No address associated with hostname", "[Errno -5]"),
     Plain("the name has no address in the DNS", "check the name")),
    (("Temporary failure in name resolution", "[Errno -3]", "NameResolutionError"),
     Plain("the unit's DNS does not answer", "check the unit's DNS")),
    (("Connection refused", "[Errno 111]"), Plain("connection refused")),
    (("Network is unreachable", "[Errno 101]"), Plain("the unit has no route to it")),
    (("No route to host", "[Errno 113]"), Plain("no route leads to it")),
    (("Connection reset", "[Errno 104]", "Broken pipe", "[Errno 32]", "RemoteDisconnected",
      "Remote end closed", "Connection aborted", "IncompleteRead", "Connection broken"),
     Plain("the connection was closed before the answer was complete")),
    (("timed out", "[Errno 110]", "TimeoutError", "ReadTimeout", "ConnectTimeout"),
     Plain("no answer in time")),
    (("redirect error that would lead to an infinite loop", "TooManyRedirects"),
     Plain("it redirects forever")),
    (("Address already in use", "[Errno 98]", "Could not bind", "already in use by another"),
     Plain("port 80 is in use", "stop the program that has it")),
)  # fmt: skip

# What is amiss on this machine, by the system's own words. Others need a path: a connection may be
# denied, too.
_WITHOUT_PATH = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOMEM, errno.EMFILE, errno.ENFILE)

_NOISE = re.compile(r"\[Errno -?\d{1,5}\] ?|\(_ssl\.c:\d{1,6}\)|\[SSL: ?[A-Z_0-9]{1,60}\] ?")
_PATH = re.compile(r": '([^']{1,200})'")


def plain(error: BaseException | str, now: float | None = None) -> Plain:
    """Return in plain words what an exception, or a text about one, tells; ``now`` for clocks."""
    text = error if isinstance(error, str) else " ".join(_chain(error))
    text = text[:MAX_TEXT]
    found = local(text)
    if found is not None:
        return found
    for marks, meaning in _MARKS:
        if any(mark in text for mark in marks):
            clock = f", {_minute(now)}" if now is not None else ""
            return meaning._replace(cause=meaning.cause.format(now=clock))
    return Plain(_without_noise(error))


def _without_noise(error: BaseException | str) -> str:
    inner = getattr(error, "reason", None)
    if isinstance(inner, BaseException):
        return _without_noise(inner)
    said = str(error)[:MAX_TEXT] or type(error).__name__
    return " ".join(_NOISE.sub("", said).split())


def local(text: str) -> Plain | None:
    """Return what is amiss on this machine, with the path, None for anything else."""
    for number, remedy in os_errors.REMEDIES.items():
        said = os.strerror(number)
        _, found, after = text[:MAX_TEXT].partition(said)
        path = _PATH.match(after)
        if found and (path or number in _WITHOUT_PATH):
            return Plain(said + (f" for {path.group(1)}" if path else ""), remedy)
    return None


def _chain(error: BaseException) -> Iterator[str]:
    """Yield the texts of an exception and of those that caused it."""
    left, seen = [error], 0
    while left and seen < MAX_CHAIN:
        one, seen = left.pop(0), seen + 1
        yield f"{type(one).__name__} {one}"
        inner = [getattr(one, "reason", None), one.__cause__, *one.args]
        left += [each for each in inner if isinstance(each, BaseException)]


def _minute(now: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
