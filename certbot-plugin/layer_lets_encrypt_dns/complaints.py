"""From what a provider's code raised to words for the operator: whose fault, and what to do."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from layer_lets_encrypt_dns import settings, values, words
from layer_lets_encrypt_dns.config import CREDENTIALS, OPTIONS
from layer_lets_encrypt_dns.failure import Failure, configuration, one_line, transient
from layer_lets_encrypt_dns.lexiconpatch import UpdateRefused

_LIBRARY = ("ImportError", "ModuleNotFoundError", "NameError", "ProviderNotAvailableError")
_BAD_URL = ("MissingSchema", "InvalidSchema", "InvalidURL", "InvalidProxyURL", "LocationParseError",
            "LocationValueError")  # fmt: skip
_BAD_TEXT = ("InvalidHeader", "UnicodeEncodeError", "UnicodeDecodeError")
_NETWORK = ("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "SSLError",
            "ConnectionClosedError", "HTTPClientError", "ProxyConnectionError")  # fmt: skip
_NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError")
_NO_FILE = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
_STUMBLED = ("AssertionError", "AttributeError", "KeyError", "TypeError")  # over what is not set
_URL_KEYS = ("server", "url", "host", "endpoint", "entrypoint")


def explain(
    error: Exception,
    about: str,
    hide: Callable[[str], str],
    given: Mapping[str, Any],
    options: Iterable[str],
) -> Failure:
    """Return the failure: the provider's own words, the cause and the remedy, without secrets."""
    kind = type(error).__name__
    if kind in _LIBRARY:
        said = hide(str(error))
        return configuration(
            f"{about}: {one_line(said, words.LONGEST)}; install the Python library that it "
            "needs (route53: python3-boto3)"
        )
    if kind in _BAD_URL or kind in _BAD_TEXT:
        return _bad_setting(error, about, given)
    status, body = _answer(error)
    if status:
        return _of_status(f"{about} answered {status}{_said(hide(body))}", status)
    if "JSONDecodeError" in kind:
        return transient(f"{about}: its server did not answer with JSON; look at its status page")
    if isinstance(error, _NO_FILE) and error.filename:
        return _no_file(error, about, given)
    if kind in _NETWORK or isinstance(error, (OSError, EOFError)) or "Timeout" in kind:
        return _unreachable(error, about, given)
    said = hide(words.without_urls(f"{kind}: {error}".rstrip(": ")))
    if isinstance(error, UpdateRefused):
        return configuration(f"{about}: {said}; allow this key to update TXT records of the zone")
    unset = [k for k in settings.credentials_of(options) if not given.get(k)]
    unset = unset if kind in _STUMBLED else []
    hint = f" (not set: {', '.join(unset)})" if unset else ""
    return configuration(
        f"{about}: {one_line(said, words.LONGEST)}; check that the account holds this zone, "
        f"{CREDENTIALS}{hint} and {OPTIONS}"
    )


def of_log(logged: str, about: str, hide: Callable[[str], str]) -> Failure:
    """Return the failure of a provider that says only that it failed, and perhaps logs why."""
    said = one_line(words.without_urls(hide(logged)), words.LONGEST)
    return configuration(
        f"{about}: the record was not accepted{f' ({said})' if said else ''}; check that these "
        f"credentials may change the zone's records, and {OPTIONS}"
    )


def _answer(error: Exception) -> tuple[int, str]:
    """Status and body of the answer that the error is about, 0 if there was none."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0
        inner = response.get("Error") or {}
        return int(status), f"{inner.get('Code', '')}: {inner.get('Message', '')}".strip(": ")
    status = getattr(response, "status_code", None) or getattr(error, "code", None)
    if not isinstance(status, int) or not 300 <= status < 600:
        return 0, ""
    return status, str(getattr(response, "text", "") or "")


def _said(body: str) -> str:
    said = words.of_answer(body[: words.READ])
    return f" ({said})" if said else ""


def _of_status(about: str, status: int) -> Failure:
    if status == 401:
        return configuration(f"{about}: wrong credentials; correct {CREDENTIALS}")
    if status == 403:
        return configuration(
            f"{about}: these credentials may not do that; allow them to list the zone and to "
            f"change its records, or correct {CREDENTIALS}"
        )
    if status == 429:
        return transient(f"{about}: too many requests; tried again later")
    if status >= 500 or status == 408:
        return transient(f"{about}: its server has a problem; look at its status page")
    return configuration(
        f"{about}; check that the account holds this zone, {CREDENTIALS} and {OPTIONS}"
    )


def _bad_setting(error: Exception, about: str, given: Mapping[str, Any]) -> Failure:
    if type(error).__name__ in _BAD_TEXT:
        guilty = [key for key, value in given.items() if _no_header(str(value))]
        what = "has characters that cannot be sent"
    else:
        guilty = [key for key in given if any(word in key for word in _URL_KEYS)]
        what = "is not a usable address (such as https://dns.example.com)"
    named = " or ".join(f"'{key}'" for key in guilty) or f"one of the settings in {OPTIONS}"
    return configuration(f"{about}: {named} {what}; correct it in {OPTIONS} or {CREDENTIALS}")


def _no_file(error: OSError, about: str, given: Mapping[str, Any]) -> Failure:
    guilty = [key for key, value in given.items() if str(error.filename) in str(value)]
    named = " or ".join(f"'{key}'" for key in guilty) or f"one of the settings in {OPTIONS}"
    return configuration(
        f"{about}: the unit cannot read the file that {named} names ({error.strerror}); "
        f"correct it in {OPTIONS} or {CREDENTIALS}"
    )


def _no_header(value: str) -> bool:
    odd = value != value.strip() or not all(32 <= ord(one) < 127 for one in value)
    return odd or values.broken_line(value)


def _unreachable(error: Exception, about: str, given: Mapping[str, Any]) -> Failure:
    reason = words.reason(error)
    where = _setting_of_host(error, given) if words.is_unknown_host(error) else None
    if where:
        return configuration(f"{about}: the host in '{where}' is not in the DNS; correct {OPTIONS}")
    return transient(
        f"{about}: its server cannot be reached ({reason}); check the network, proxies and "
        "firewalls of the unit"
    )


def _setting_of_host(error: Exception, given: Mapping[str, Any]) -> str | None:
    """Return the setting that names the host which was asked, None if the provider's own code did.

    The host is in the address of the request.
    """
    url = str(getattr(getattr(error, "request", None), "url", "") or "")
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    return next((key for key, value in given.items() if host and host in str(value)), None)
