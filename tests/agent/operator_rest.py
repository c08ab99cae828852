"""What an operator does with relations, secrets, actions and the model: functions on the model."""

from __future__ import annotations

import base64
import itertools

from . import actions, model, secret_store
from .operator_apps import Refused, application, new_relation, remove_relation, unit

OPPOSITE = {"provider": "requirer", "requirer": "provider"}


def relate(data, one, other):
    """Relate `app[:endpoint]` with `app[:endpoint]`; the endpoints may be left to be found."""
    pairs = matches(data, one, other)
    if not pairs:
        raise Refused("no relations found")
    if len(pairs) > 1:
        known = ", ".join(f'"{a["name"]}" with "{b["name"]}"' for a, b in pairs)
        raise Refused(f"ambiguous relation: {one} {other} could refer to {known}")
    names = [text.partition(":")[0] for text in (one, other)]
    endpoints = dict(zip(names, pairs[0]))
    if find(data, endpoints) is not None:
        raise Refused(f"cannot add relation {one} {other}: relation already exists")
    return new_relation(data, endpoints)


def candidates(data, text):
    """The endpoints that `app[:endpoint]` can mean."""
    name, _, endpoint = text.partition(":")
    known = application(data, name)["charm"]["endpoints"]
    if endpoint and endpoint not in known:
        raise Refused(f'application "{name}" has no "{endpoint}" relation')
    return [e for e in known.values() if not endpoint or e["name"] == endpoint]


def matches(data, one, other):
    """Pairs of endpoints that fit; juju-info only if nothing else does."""
    both = itertools.product(candidates(data, one), candidates(data, other))
    pairs = [
        (a, b)
        for a, b in both
        if a["interface"] == b["interface"] and OPPOSITE.get(a["role"]) == b["role"]
    ]
    explicit = [pair for pair in pairs if all(end["name"] != "juju-info" for end in pair)]
    return explicit or pairs


def find(data, endpoints):
    """The number of the relation between these ends."""
    for relation in data["relations"].values():
        if relation["endpoints"] == endpoints and relation["life"] == "alive":
            return relation["id"]
    return None


def unrelate(data, one, other):
    """Remove the relation between two applications."""
    names = {text.partition(":")[0] for text in (one, other)}
    for a, b in matches(data, one, other):
        number = find(data, {one.partition(":")[0]: a, other.partition(":")[0]: b})
        if number is not None:
            return remove_relation(data, number)
    raise Refused(f"relation between {' and '.join(sorted(names))} not found")


def encoded(pairs):
    """Content of a secret: `key#base64` is taken as it is."""
    content = {}
    for key, value in pairs.items():
        name, _, kind = key.partition("#")
        content[name] = value if kind == "base64" else base64.b64encode(value.encode()).decode()
    return content


def add_secret(data, name, pairs):
    """A secret of the model's user; returns its URI."""
    if any(secret["name"] == name for secret in data["secrets"].values()):
        raise Refused(f'secret with name "{name}" already exists')
    secret_id = secret_store.new_id()
    secret = secret_store.new_secret("model", "default", encoded(pairs), {"name": name})
    data["secrets"][secret_id] = secret
    return f"secret:{secret_id}"


def user_secret(data, reference):
    """A secret of the user, by name or URI."""
    wanted = reference.replace("secret:", "")
    for secret_id, secret in data["secrets"].items():
        if secret["owner"]["kind"] == "model" and wanted in (secret_id, secret["name"]):
            return secret
    raise Refused(f'secret "{reference}" not found')


def update_secret(data, reference, pairs):
    """A new revision."""
    secret_store.add_revision(user_secret(data, reference), encoded(pairs))


def remove_secret(data, reference):
    """The secret is gone."""
    secret = user_secret(data, reference)
    data["secrets"] = {k: v for k, v in data["secrets"].items() if v is not secret}


def grant_secret(data, reference, name, granted):
    """Let an application read a user's secret, or no longer."""
    application(data, name)
    secret = user_secret(data, reference)
    grant = {"target": name, "relation": None}
    others = [entry for entry in secret["grants"] if entry != grant]
    secret["grants"] = others + ([grant] if granted else [])


def model_config(data, values):
    """Model configuration; words become booleans."""
    words = {"true": True, "false": False}
    for key, value in values.items():
        if key not in data["model"]["config"]:
            raise Refused(f'unknown model option "{key}"')
        data["model"]["config"][key] = words.get(str(value).lower(), value)


def add_action(data, name, action, params):
    """Queue an action; returns its number."""
    name = unit(data, name)
    charm = application(data, model.application_of(name))["charm"]
    number = str(data["next"]["action"])
    data["next"]["action"] += 1
    entry = {
        "id": number,
        "unit": name,
        "name": action,
        "params": params,
        "results": {},
        "log": [],
        "message": "",
        "status": "pending",
    }
    try:
        entry["params"] = actions.prepare(charm, model.profile_of(data), action, params)
    except actions.ActionError as error:
        entry.update(status="failed", message=str(error))
    data["actions"][number] = entry
    return number


def set_addresses(data, name, addresses):
    """Another private or public address of a unit."""
    data["units"][unit(data, name)]["addresses"].update(addresses)


def edit(data, place, value):
    """Put a value at a place in the model, as no operator could: for tests of the tools."""
    *path, last = place
    for key in path:
        data = data[key]
    data[last] = value
