"""Secrets of the operator, asked of Juju: never shown, logged or put into an argument."""

from __future__ import annotations

import json
import subprocess

from charmhelpers.core import hookenv

from layer_lets_encrypt.rules import secret_ids
from layer_lets_encrypt.rules.problem import one_line

MAX_REASON = 60  # characters of what Juju says: the remedy comes after it


class Unreadable(Exception):
    """A secret cannot be read; str() says which option names it, and why."""


def read(option: str, identifier: str, instead: str) -> dict[str, str]:
    """Return the newest content of a secret. Raises Unreadable.

    ``instead`` says what the option may be set to where Juju has no secrets.
    """
    if not secret_ids.is_valid(identifier):
        raise Unreadable(f"{option}: the id of a secret is written secret:ID")
    command = ["secret-get", identifier, "--refresh", "--format=json"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
        return dict(json.loads(done.stdout.decode("utf-8")))
    except FileNotFoundError:
        said = f"this Juju has no secrets; set the option to {instead}"
    except subprocess.CalledProcessError as error:
        reason = one_line(error.stderr.decode("utf-8", errors="replace"), MAX_REASON)
        said = f"{reason}; run 'juju grant-secret {identifier} {hookenv.service_name()}'"
    except (OSError, ValueError, TypeError):
        said = "Juju's answer cannot be read"
    raise Unreadable(f"{option}: the secret cannot be read: {said}")
