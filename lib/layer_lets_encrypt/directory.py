"""The CA's directory: where it is asked what, and what it says of itself."""

import http.client
import json
import ssl
import time
import urllib.request
from typing import Any, Dict, Mapping
from urllib.parse import urlsplit

from layer_lets_encrypt import retry_after
from layer_lets_encrypt.problem import Problem, one_line

TIMEOUT = 15


class DirectoryError(Exception):
    """The directory cannot be had: ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def fetch(server: str, env: Mapping[str, str]) -> Dict[str, Any]:
    """Return the directory of the CA at ``server``. Raises DirectoryError.

    ``env`` is certbot's environment, for the proxies and the CA bundle in it.
    """
    try:
        with opener(server, env).open(server, timeout=TIMEOUT) as answer:
            directory = json.loads(answer.read(1 << 20).decode("utf-8"))
        if not isinstance(directory, dict) or "newOrder" not in directory:
            raise ValueError("its answer is no ACME directory")
    except (OSError, ValueError, RecursionError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        detail = f"the CA at {server} cannot be reached: {reason}"
        headers = getattr(error, "headers", None)
        wait = headers.get("Retry-After") if headers else None
        retry_at = retry_after.header_moment(wait, time.time()) if wait else None
        raise DirectoryError(Problem("transient", one_line(detail), retry_at)) from error
    return directory


def opener(server: str, env: Mapping[str, str]) -> urllib.request.OpenerDirector:
    """Return what opens the CA's addresses, with the proxies and trust of ``env``."""
    proxies = {scheme: env[scheme + "_proxy"] for scheme in ("http", "https")
               if scheme + "_proxy" in env}  # fmt: skip
    if _bypassed(server, env.get("no_proxy", "")):
        proxies = {}
    context = ssl.create_default_context(cafile=env.get("REQUESTS_CA_BUNDLE"))
    return urllib.request.build_opener(
        urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context)
    )


def _bypassed(server: str, no_proxy: str) -> bool:
    host = urlsplit(server).hostname or ""
    bypass = urllib.request.proxy_bypass_environment(host, {"no": no_proxy})  # type: ignore[attr-defined]
    return bool(bypass)
