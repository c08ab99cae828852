"""DNS-01's configuration: from the operator's options and secret to one file for root alone."""

import functools
import json
import subprocess
from typing import Any, Dict, Iterable, Optional

import yaml
from charmhelpers.core import hookenv
from charms.layer import lets_encrypt_tell as tell
from layer_lets_encrypt import dns_config, files
from layer_lets_encrypt.problem import Problem, one_line
from layer_lets_encrypt.request import InvalidRequest, Request
from layer_lets_encrypt.wanted import Places


class _Unreadable(Exception):
    """Options or credentials cannot be read; str() says why, without what stands in them."""


def write(wish: Request) -> Optional[Problem]:
    """Write the plugin's file for one certificate; return what is wrong with its settings."""
    places = Places.of(hookenv.local_unit())
    try:
        plain = _of_request(wish, places) if wish.dns else _of_options()
        files.write_json(places.dns_config(wish), plain)
    except (_Unreadable, InvalidRequest) as error:
        return Problem("blocked", one_line(str(error)))
    return None


def remove_unused(using: Iterable[Request]) -> None:
    """Remove the files of certificates that want no DNS challenge any more."""
    places = Places.of(hookenv.local_unit())
    kept = {places.dns_config(wish) for wish in using}
    for path in places.dns_configs():
        if path not in kept:
            files.remove(path)


@functools.lru_cache(maxsize=1)  # once in a hook: it asks Juju for the secret
def _of_options() -> Dict[str, Any]:
    config = hookenv.config()
    return dns_config.build(
        (config.get("acme-dns-provider") or "").strip(),
        _mapping("acme-dns-options", config.get("acme-dns-options")),
        _credentials(config.get("acme-dns-credentials")),
        config.get("acme-dns-propagation"),
        str(Places.of(hookenv.local_unit()).dns_journal),
    )


def _of_request(wish: Request, places: Places) -> Dict[str, Any]:
    own = json.loads(wish.dns)
    return dns_config.build(
        own.get("provider") or "",
        own.get("options") or {},
        own.get("credentials") or {},
        own.get("propagation"),
        str(places.dns_journal),
    )


def _credentials(value: Any) -> Dict[str, Any]:
    text = (value or "").strip()
    if not text.startswith("secret:"):
        if text:
            tell.log(
                "acme-dns-credentials holds credentials that everybody with access to the model "
                "can read; a Juju secret hides them (juju add-secret)",
                level=hookenv.WARNING,
            )
        return _mapping("acme-dns-credentials", text)
    found = dns_config.of_secret(_secret(text))
    return {key: _mapping(key, text) if key == dns_config.ZONES else text
            for key, text in found.items()}  # fmt: skip


def is_ours(identifier: str) -> bool:
    """Whether the operator's credentials are in the secret of this id, in any of its forms."""
    wanted = (hookenv.config().get("acme-dns-credentials") or "").strip()
    return wanted.startswith("secret:") and _bare(wanted) == _bare(identifier)


def _bare(identifier: str) -> str:
    return identifier.replace("secret:", "").rpartition("/")[2]


def _secret(identifier: str) -> Dict[str, str]:
    """Return the newest content of a secret. Raises _Unreadable."""
    command = ["secret-get", identifier, "--refresh", "--format=json"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
        return dict(json.loads(done.stdout.decode("utf-8")))
    except FileNotFoundError:
        said = "this Juju has no secrets; set the option to YAML"
    except subprocess.CalledProcessError as error:
        reason = " ".join(error.stderr.decode("utf-8", errors="replace").split())
        said = f"{reason}; run 'juju grant-secret {identifier} {hookenv.service_name()}'"
    except ValueError:
        said = "it is no JSON"
    raise _Unreadable(f"acme-dns-credentials: the secret cannot be read: {said}")


def _mapping(option: str, text: Any) -> Dict[str, Any]:
    try:
        plain = yaml.safe_load(text or "") or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise _Unreadable(f"{option} is not YAML{where}; write key: value") from None
    if not isinstance(plain, dict):
        hint = ", or secret:ID" if option == "acme-dns-credentials" else ""
        raise _Unreadable(f"{option} is no mapping; write key: value, one in a line{hint}")
    return dict(_printable(plain))


def _printable(value: Any) -> Any:
    """Return plain data as JSON knows it: YAML makes dates and truths of keys and values."""
    if isinstance(value, dict):
        return {str(key): _printable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_printable(inner) for inner in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
