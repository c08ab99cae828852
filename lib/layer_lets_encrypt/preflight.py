"""What can be known before anything is stopped or spent."""

import http.client
import json
import ssl
import urllib.request
from typing import Mapping, Optional
from urllib.parse import urlsplit

from layer_lets_encrypt.problem import Problem, one_line

TIMEOUT = 15


def directory_problem(server: str, env: Mapping[str, str]) -> Optional[Problem]:
    """Return why the CA's directory cannot be had, None where it answers as it should.

    ``env`` is certbot's environment, for the proxies and the CA bundle in it.
    """
    try:
        with _opener(server, env).open(server, timeout=TIMEOUT) as answer:
            directory = json.loads(answer.read(1 << 20).decode("utf-8"))
        if not isinstance(directory, dict) or "newOrder" not in directory:
            raise ValueError("its answer is no ACME directory")
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        detail = f"the CA at {server} cannot be reached: {reason}"
        return Problem("transient", one_line(detail))
    return None


def _opener(server: str, env: Mapping[str, str]) -> urllib.request.OpenerDirector:
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
