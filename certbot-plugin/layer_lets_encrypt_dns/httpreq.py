"""Provider httpreq: a web service that publishes records, as lego's of the same name talks to."""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import re
import ssl
import time
import urllib.error
import urllib.request
from typing import Any, Callable
from urllib.parse import urlsplit

from layer_lets_encrypt_dns import settings, values, words
from layer_lets_encrypt_dns.config import CREDENTIALS, OPTIONS, Provider
from layer_lets_encrypt_dns.failure import TRANSIENT, Failure, configuration, transient
from layer_lets_encrypt_dns.journal import Entry

TIMEOUT = 60.0  # a server that keeps its zone in a git repository takes its time
RETRY_AFTER = (2.0, 5.0)
SHORTEST_TIMEOUT = 30.0
KNOWN = ("endpoint", "mode", "password", "timeout", "username")
THERE = "nothing to commit"  # in git's words when it has the record, or has none to remove


class Httpreq:
    """The client for one configured server; no state is kept between calls."""

    # values of one name are published one after the other, each seen before the next
    one_by_one = True

    def __init__(
        self,
        provider: Provider,
        shown: Callable[[Entry], bool | None],
        redact: Callable[[str], str] = str,
    ) -> None:
        """``shown`` says whether the DNS has an entry, None if it cannot tell. Raises Failure."""
        for key in sorted(set(provider.settings) - set(KNOWN)):
            value = provider.settings[key]
            raise configuration(settings.unknown("httpreq", key, KNOWN, value))
        self._settings, self._redact = provider.settings, redact
        self._endpoint = _endpoint(str(provider.settings.get("endpoint") or ""))
        self._raw = _is_raw(str(provider.settings.get("mode") or ""))
        self._timeout = _timeout(provider.settings.get("timeout"))
        self._opener = _opener(provider.ca_certificates)
        self._shown = shown
        self.label = f"httpreq at {self._endpoint}"

    def ready(self) -> None:
        """Ask the server whether it knows the user; changes nothing. Raises Failure.

        What else it answers to a GET, which it need not know, does not matter.
        """
        try:
            self._send("GET", "present", None)
        except urllib.error.HTTPError as error:
            if error.code == 401:
                raise self._refused(error) from None

    def add(self, entry: Entry) -> None:
        """Have the record published. Raises Failure.

        A repeated request may be answered with 500: the DNS knows better, or will soon.
        """
        for pause in (*RETRY_AFTER, None):
            try:
                return self._post("present", entry)
            except Failure as failure:
                if isinstance(failure, _AlreadyThere) or self._shown(entry):
                    return None
                if failure.category != TRANSIENT or pause is None:
                    raise
            time.sleep(pause)

    def again(self, entry: Entry) -> None:
        """Ask for the record once more: a server may have lost it. Raises Failure."""
        self._post("present", entry)

    def remove(self, entry: Entry) -> None:
        """Have the record deleted; Canonical's server deletes all values of the name.

        Raises Failure; an error for a record that is not there is none.
        """
        try:
            self._post("cleanup", entry)
        except _ServerError:
            if self._shown(entry) is not False:
                raise

    def _post(self, action: str, entry: Entry) -> None:
        try:
            self._send("POST", action, json.dumps(self._body(entry)).encode())
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None

    def _send(self, method: str, action: str, body: bytes | None) -> None:
        request = urllib.request.Request(  # noqa: S310 - the endpoint is http or https, see below
            f"{self._endpoint}/{action}",
            body,
            {"Content-Type": "application/json", **self._authorization()},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                answer.read(words.READ)
        except urllib.error.HTTPError:
            raise
        except (OSError, ValueError, http.client.HTTPException) as error:
            if words.is_unknown_host(error):
                raise configuration(
                    f"{self.label}: there is no such host in the DNS; correct 'endpoint' in "
                    f"{OPTIONS}"
                ) from None
            raise transient(
                f"{self.label} cannot be reached ({words.reason(error)}); "
                "check the endpoint, proxies and firewalls"
            ) from None

    def _body(self, entry: Entry) -> dict[str, str]:
        if self._raw:
            return {
                "domain": entry.name.lower(),
                "token": entry.extra.get("token", ""),
                "keyAuth": entry.extra.get("key_authorization", ""),
            }
        return {"fqdn": entry.fqdn + ".", "value": entry.value}

    def _authorization(self) -> dict[str, str]:
        user, password = self._settings.get("username"), self._settings.get("password")
        if not user and not password:
            return {}
        both = f"{user or ''}:{password or ''}".encode()
        return {"Authorization": "Basic " + base64.b64encode(both).decode()}

    def _refused(self, error: urllib.error.HTTPError) -> Failure:
        try:
            body = self._redact(error.read(words.READ).decode("utf-8", "replace"))
        except (OSError, http.client.HTTPException):
            body = ""
        said = words.of_answer(body)
        about = f"{self.label} answered {error.code}" + (f" ({said})" if said else "")
        if error.code == 401:
            return configuration(
                f"{about}: wrong or missing username or password; correct {CREDENTIALS}"
            )
        if error.code == 403:
            return configuration(f"{about}: the user may not publish this name; have it allowed")
        if error.code >= 500 and THERE in body:
            return _AlreadyThere(TRANSIENT, f"{about}: it has nothing to change")
        if error.code == 429 or error.code >= 500:
            return _ServerError(TRANSIENT, f"{about}; look at that server")
        return configuration(f"{about}; correct endpoint and mode in {OPTIONS}")


class _ServerError(Failure):
    """It answered, but with an error of its own."""


class _AlreadyThere(_ServerError):
    """It has nothing to change: the record is there already, or was never."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET, and credentials elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener(ca_certificates: str) -> urllib.request.OpenerDirector:
    """Proxies come from the environment; trusted are the system's CAs and those of the option."""
    context = ssl.create_default_context()
    if ca_certificates:
        try:
            context.load_verify_locations(ca_certificates)
        except (OSError, ssl.SSLError):
            raise configuration("'ca_certificates' is no PEM file of certificates") from None
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirects())


def _endpoint(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = bool(parts.hostname) and parts.port != 0 and not re.search(r"[\s\x00-\x20]", text)
    except ValueError:  # a port that is not a number, half an IPv6 address
        good = False
    if not good or parts.scheme not in ("http", "https") or parts.username:
        raise configuration(
            "httpreq needs the option 'endpoint', an address such as https://dns.example.com; "
            f"correct it in {OPTIONS}"
        )
    if parts.scheme == "http" and not _is_here(str(parts.hostname)):
        raise configuration(
            f"httpreq's 'endpoint' would send credentials in clear; write https:// in {OPTIONS}"
        )
    return text.rstrip("/")


def _is_here(host: str) -> bool:
    """Whether what is sent there never leaves this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_raw(mode: str) -> bool:
    if mode.upper() not in ("", "DEFAULT", "RAW"):
        raise configuration(f"httpreq's option 'mode' is RAW or nothing; correct it in {OPTIONS}")
    return mode.upper() == "RAW"


def _timeout(value: Any) -> float:
    if value is None or value == "":
        return TIMEOUT
    return max(SHORTEST_TIMEOUT, values.number("httpreq's option 'timeout'", value))
