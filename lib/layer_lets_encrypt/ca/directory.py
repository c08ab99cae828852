"""The CA's directory: where it is asked what, and what it says of itself."""

from __future__ import annotations

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from typing import Any, Mapping

from layer_lets_encrypt.ca import proxies, retry_after
from layer_lets_encrypt.machine import plain_words
from layer_lets_encrypt.machine.deadline import within
from layer_lets_encrypt.rules.problem import Problem, one_line

TIMEOUT = 8  # seconds for the whole answer
MAX_BODY = 1 << 20
MAX_SHOWN = 60  # of an address, in an error
CHECK = "check acme-server"


class DirectoryError(Exception):
    """The directory cannot be had: ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def fetch(server: str, env: Mapping[str, str], seconds: float = TIMEOUT) -> dict[str, Any]:
    """Return the directory of the CA at ``server``. Raises DirectoryError.

    ``env`` is certbot's environment, for the proxies and the CA bundle in it.
    """
    try:
        body = within(seconds, lambda: _body(server, opener(server, env)))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise DirectoryError(unreachable(server, env, error, time.time())) from error
    try:
        directory = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        directory = None
    if not isinstance(directory, dict) or "newOrder" not in directory:
        words = "cannot be reached: its answer is not an ACME directory"
        raise DirectoryError(Problem("transient", _about(server, words), remedy=CHECK))
    return directory


def _body(server: str, opened_by: urllib.request.OpenerDirector) -> bytes:
    with opened_by.open(server, timeout=TIMEOUT) as answer:
        body: bytes = answer.read(MAX_BODY)
        return body


def unreachable(server: str, env: Mapping[str, str], error: BaseException, now: float) -> Problem:
    """Return why the CA at ``server`` cannot be reached, and whether that is a proxy's fault."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()  # it is the answer, too
        wait = error.headers.get("Retry-After") if error.headers else None
        retry_at = retry_after.header_moment(wait, now) if wait else None
        detail = _about(server, f"cannot be reached: HTTP {error.code} {error.reason}")
        return Problem("transient", detail, retry_at, remedy=CHECK if error.code == 404 else "")
    proxy = proxies.described(server, env)
    if proxy and not isinstance(getattr(error, "reason", error), ssl.SSLError):
        seen = plain_words.plain(error, now)
        detail = f"the proxy {one_line(proxy, MAX_SHOWN)} on the way to the CA: {seen.cause}"
        return Problem("transient", one_line(detail), remedy="correct or reset that model setting")
    seen = plain_words.plain(error, now)
    category = "configuration" if seen.certain else "transient"
    return Problem(category, _about(server, f"cannot be reached: {seen.cause}"), remedy=seen.remedy)


def _about(server: str, words: str) -> str:
    return one_line(f"the CA at {one_line(server, MAX_SHOWN)} {words}")


def opener(server: str, env: Mapping[str, str]) -> urllib.request.OpenerDirector:
    """Return what opens the CA's addresses, with the proxies and trust of ``env``."""
    context = ssl.create_default_context(cafile=env.get("REQUESTS_CA_BUNDLE"))
    return urllib.request.build_opener(
        urllib.request.ProxyHandler(proxies.proxies_for(server, env)),
        urllib.request.HTTPSHandler(context=context),
        Redirects(),
    )


class Redirects(urllib.request.HTTPRedirectHandler):
    """Close an answer that redirects to what is not a URL: urllib forgets it, and Python 3.13 says
    so in the hook's log."""

    def http_error_302(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any) -> Any:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302
