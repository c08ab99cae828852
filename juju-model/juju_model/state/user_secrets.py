"""Secrets of the model's user."""

from __future__ import annotations

import base64

from ..values import Entry, Model
from . import secret_store
from .lookup import Refused, application


def encoded(pairs: dict[str, str]) -> dict[str, str]:
    """Content of a secret: `key#base64` is taken as it is."""
    content = {}
    for key, value in pairs.items():
        name, _, kind = key.partition("#")
        content[name] = value if kind == "base64" else base64.b64encode(value.encode()).decode()
    return content


def add_secret(data: Model, name: str, pairs: dict[str, str]) -> str:
    """A secret of the model's user; returns its URI."""
    if any(secret["name"] == name for secret in data["secrets"].values()):
        raise Refused(f'secret with name "{name}" already exists')
    secret_id = secret_store.new_id()
    secret = secret_store.new_secret("model", "default", encoded(pairs), {"name": name})
    data["secrets"][secret_id] = secret
    return f"secret:{secret_id}"


def user_secret(data: Model, reference: str) -> Entry:
    """A secret of the user, by name or URI."""
    wanted = reference.replace("secret:", "")
    for secret_id, secret in data["secrets"].items():
        if secret["owner"]["kind"] == "model" and wanted in (secret_id, secret["name"]):
            return secret
    raise Refused(f'secret "{reference}" not found')


def update_secret(data: Model, reference: str, pairs: dict[str, str]) -> None:
    """A new revision."""
    secret_store.add_revision(user_secret(data, reference), encoded(pairs))


def remove_secret(data: Model, reference: str) -> None:
    """The secret is gone."""
    secret = user_secret(data, reference)
    data["secrets"] = {k: v for k, v in data["secrets"].items() if v is not secret}


def grant_secret(data: Model, reference: str, name: str, granted: bool) -> None:
    """Let an application read a user's secret, or no longer."""
    application(data, name)
    secret = user_secret(data, reference)
    grant = {"target": name, "relation": None}
    others = [entry for entry in secret["grants"] if entry != grant]
    secret["grants"] = others + ([grant] if granted else [])
