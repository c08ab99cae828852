"""What programs find in their environment: no more of the hook's than Juju's proxy settings."""

from __future__ import annotations

from typing import Mapping

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"

_PROXIES = (
    ("JUJU_CHARM_HTTP_PROXY", "http_proxy"),
    ("JUJU_CHARM_HTTPS_PROXY", "https_proxy"),
    ("JUJU_CHARM_NO_PROXY", "no_proxy"),
)


def of_program(outer: Mapping[str, str], path: str = PATH) -> dict[str, str]:
    """Return the environment; ``outer`` is the hook's, ``path`` where programs are looked up."""
    inner = {"PATH": path, "LANG": "C.UTF-8", "HOME": "/root"}
    for source, name in _PROXIES:
        if outer.get(source):
            inner[name] = inner[name.upper()] = outer[source]
    return inner
