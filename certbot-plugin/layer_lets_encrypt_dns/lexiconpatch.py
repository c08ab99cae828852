"""What is set right in Lexicon's libraries while a provider is at work, in this process alone."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
from collections import namedtuple
from typing import Any, Callable, Iterator

TIMEOUT = 30.0  # Lexicon sets none, and would wait for ever

_Parts = namedtuple("_Parts", "subdomain domain suffix")


class UpdateRefused(Exception):
    """A server refused a dynamic update; Lexicon would call that a success."""


@contextlib.contextmanager
def patched(zone: str, ca_certificates: str = "") -> Iterator[None]:
    """Keep Lexicon from the public suffix list, from waiting for ever, and from deaf updates."""
    with contextlib.ExitStack() as stack:
        stack.callback(socket.setdefaulttimeout, socket.getdefaulttimeout())
        socket.setdefaulttimeout(TIMEOUT)  # for those that do without requests
        _replace(stack, importlib.import_module("lexicon.client"), "tldextract", _Extractor(zone))
        _wrap(stack, "requests.adapters", "HTTPAdapter.send", _with_timeout)
        _wrap(stack, "dns.query", "tcp", _with_rcode)
        if ca_certificates:
            os.environ["REQUESTS_CA_BUNDLE"] = ca_certificates
            stack.callback(os.environ.pop, "REQUESTS_CA_BUNDLE", None)
        yield


class _Extractor:
    """Stands for tldextract: the registered domain is the zone that the DNS told us."""

    def __init__(self, zone: str) -> None:
        self._zone = zone

    def TLDExtract(self, **_: Any) -> Callable[[str], _Parts]:  # noqa: N802 - its name there
        return self.extract

    def extract(self, _: str) -> _Parts:
        first, _dot, rest = self._zone.partition(".")
        return _Parts("", first, rest)


def _replace(stack: contextlib.ExitStack, found: Any, name: str, value: Any) -> None:
    if hasattr(found, name):
        stack.callback(setattr, found, name, getattr(found, name))
        setattr(found, name, value)


def _wrap(
    stack: contextlib.ExitStack, module: str, path: str, wrapper: Callable[[Any], Any]
) -> None:
    try:
        found: Any = importlib.import_module(module)
    except ImportError:  # the provider does without
        return
    *outer, name = path.split(".")
    for part in outer:
        found = getattr(found, part)
    _replace(stack, found, name, wrapper(getattr(found, name)))


def _with_timeout(send: Any) -> Any:
    def bounded(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        if options.get("timeout") is None and len(args) < 2:
            options["timeout"] = TIMEOUT
        return send(self, request, *args, **options)

    return bounded


def _with_rcode(tcp: Any) -> Any:
    def heard(message: Any, *args: Any, **options: Any) -> Any:
        import dns.opcode
        import dns.rcode

        answer = tcp(message, *args, **options)
        if message.opcode() == dns.opcode.UPDATE and answer.rcode() != dns.rcode.NOERROR:
            said = dns.rcode.to_text(answer.rcode())
            raise UpdateRefused(f"the server answered {said} to the update")
        return answer

    return heard
