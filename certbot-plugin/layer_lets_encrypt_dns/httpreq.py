"""Provider httpreq: a web service that publishes records, as lego's of the same name talks to."""

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from typing import Any, Callable, Dict, Optional
from urllib.parse import urlsplit

from layer_lets_encrypt_dns.config import Provider
from layer_lets_encrypt_dns.failure import (
    TRANSIENT,
    Failure,
    configuration,
    one_line,
    transient,
)
from layer_lets_encrypt_dns.journal import Entry

TIMEOUT = 60.0  # a server that keeps its zone in a git repository takes its time
RETRY_AFTER = (2.0, 5.0)
OPTIONS = {"endpoint", "mode", "username", "password", "timeout"}


class Httpreq:
    """The client for one configured server; no state is kept between calls."""

    # values of one name are published one after the other, each seen before the next
    one_by_one = True

    def __init__(self, provider: Provider, shown: Callable[[Entry], Optional[bool]]) -> None:
        """``shown`` says whether the DNS has an entry, None if it cannot tell. Raises Failure."""
        unknown = sorted(set(provider.settings) - OPTIONS)
        if unknown:
            raise configuration(
                f"httpreq has no option '{unknown[0]}'; it takes {', '.join(sorted(OPTIONS))}"
            )
        self._settings = provider.settings
        self._endpoint = _endpoint(str(provider.settings.get("endpoint") or ""))
        self._raw = _is_raw(str(provider.settings.get("mode") or ""))
        self._timeout = _timeout(provider.settings.get("timeout"))
        self._opener = _opener(provider.ca_certificates)
        self._shown = shown
        self.label = f"httpreq at {self._endpoint}"

    def add(self, entry: Entry) -> None:
        """Have the record published. Raises Failure.

        A repeated request may be answered with 500: the DNS knows better.
        """
        for pause in (*RETRY_AFTER, None):
            try:
                return self._post("present", entry)
            except Failure as failure:
                if self._shown(entry):
                    return None
                if failure.category != TRANSIENT or pause is None:
                    raise
            time.sleep(pause)

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
        request = urllib.request.Request(  # noqa: S310 - the endpoint is http or https, see below
            f"{self._endpoint}/{action}",
            json.dumps(self._body(entry)).encode(),
            {"Content-Type": "application/json", **self._authorization()},
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                answer.read(65536)
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise transient(
                f"{self.label} cannot be reached ({type(reason).__name__}: {reason}); "
                "check the endpoint, proxies and firewalls"
            ) from None

    def _body(self, entry: Entry) -> Dict[str, str]:
        if self._raw:
            return {
                "domain": entry.name.lower(),
                "token": entry.extra.get("token", ""),
                "keyAuth": entry.extra.get("key_authorization", ""),
            }
        return {"fqdn": entry.fqdn + ".", "value": entry.value}

    def _authorization(self) -> Dict[str, str]:
        user, password = self._settings.get("username"), self._settings.get("password")
        if not user and not password:
            return {}
        both = f"{user or ''}:{password or ''}".encode()
        return {"Authorization": "Basic " + base64.b64encode(both).decode()}

    def _refused(self, error: urllib.error.HTTPError) -> Failure:
        said = one_line(error.read(2000).decode("utf-8", "replace"), 120)
        words = f"{self.label} answered {error.code}" + (f" ({said})" if said else "")
        if error.code == 401:
            return configuration(f"{words}: wrong or missing username or password")
        if error.code == 403:
            return configuration(f"{words}: the user may not publish this name; have it allowed")
        if error.code == 429 or error.code >= 500:
            return _ServerError(TRANSIENT, f"{words}; look at that server")
        return configuration(f"{words}; check endpoint and mode")


class _ServerError(Failure):
    """It answered, but with an error of its own."""


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
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise configuration("httpreq needs the option 'endpoint', such as https://dns.example.com")
    return text.rstrip("/")


def _is_raw(mode: str) -> bool:
    if mode.upper() not in ("", "DEFAULT", "RAW"):
        raise configuration("httpreq's option 'mode' is RAW or nothing")
    return mode.upper() == "RAW"


def _timeout(value: Any) -> float:
    try:
        return max(30.0, float(value or TIMEOUT))
    except (TypeError, ValueError):
        raise configuration("httpreq's option 'timeout' must be a number of seconds") from None
