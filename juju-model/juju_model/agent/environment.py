"""The environment of hooks, actions and commands: this and nothing else."""

from __future__ import annotations

from ..paths import Paths
from ..state import model
from ..tools.context import Context
from ..values import Entry

LEGACY_PROXIES = ("http", "https", "ftp", "no")


def build(context: Context, paths: Paths, agent_path: str) -> dict[str, str]:
    """All variables for one context."""
    variables = base(context, paths, agent_path)
    variables.update(release(context))
    variables.update(proxies(context.data["model"]["config"]))
    variables.update(relation(context))
    variables.update(subject(context))
    return variables


def base(context: Context, paths: Paths, agent_path: str) -> dict[str, str]:
    """What every context has."""
    charm = paths.charm(context.unit)
    return {
        "APT_LISTCHANGES_FRONTEND": "none",
        "CHARM_DIR": charm,
        "CLOUD_API_VERSION": "",
        "DEBIAN_FRONTEND": "noninteractive",
        "JUJU_AGENT_SOCKET_ADDRESS": paths.socket(context.unit),
        "JUJU_AGENT_SOCKET_NETWORK": "unix",
        "JUJU_API_ADDRESSES": "127.0.0.1:17070",
        "JUJU_AVAILABILITY_ZONE": "",
        "JUJU_CHARM_DIR": charm,
        "JUJU_CONTEXT_ID": context.id,
        "JUJU_HOOK_NAME": context.name if context.kind == "hook" else "",
        "JUJU_MACHINE_ID": context.state["machine"],
        "JUJU_MODEL_NAME": context.data["model"]["name"],
        "JUJU_MODEL_UUID": context.data["model"]["uuid"],
        "JUJU_PRINCIPAL_UNIT": "",
        "JUJU_UNIT_NAME": context.unit,
        "JUJU_VERSION": context.profile.version,
        "LANG": "C.UTF-8",
        "PATH": f"{paths.tools(context.unit)}:{agent_path}",
        "TERM": "tmux-256color",
    }


def release(context: Context) -> dict[str, str]:
    """What only some releases have."""
    has = context.profile.environment
    variables = {}
    if "JUJU_SLA" in has:
        variables["JUJU_SLA"] = "unsupported"
    if "JUJU_METER_STATUS" in has:
        variables.update({"JUJU_METER_STATUS": "AMBER", "JUJU_METER_INFO": "not set"})
    if "JUJU_CHARM_TRACE_CONFIG" in has:
        names = ("HTTP", "GRPC", "CA_CERT")
        variables.update({f"JUJU_CHARM_TRACE_CONFIG_{name}": "" for name in names})
    return variables


def proxies(config: Entry) -> dict[str, str]:
    """Juju's proxy variables always, the well-known ones only if they are set."""
    variables = {}
    for kind in LEGACY_PROXIES:
        variables[f"JUJU_CHARM_{kind.upper()}_PROXY"] = config.get(f"juju-{kind}-proxy") or ""
        value = config.get(f"{kind}-proxy")
        if value:
            variables[f"{kind}_proxy"] = value
            variables[f"{kind.upper()}_PROXY"] = value
    return variables


def relation(context: Context) -> dict[str, str]:
    """The relation of the hook (or of juju-exec -r)."""
    found = context.relation(context.hook_relation())
    if not found:
        return {}
    variables = {
        "JUJU_RELATION": model.endpoint_name(found, context.application),
        "JUJU_RELATION_ID": model.relation_id(found, context.application),
        "JUJU_REMOTE_UNIT": context.hook.get("remote-unit") or "",
        "JUJU_REMOTE_APP": context.hook.get("remote-app") or "",
    }
    if context.hook.get("departing"):
        variables["JUJU_DEPARTING_UNIT"] = context.hook["departing"]
    return variables


def subject(context: Context) -> dict[str, str]:
    """What the context is about: the dispatched path, the action, the storage, the secret."""
    hook = context.hook
    variables: dict[str, str] = {}
    if context.kind == "hook":
        variables["JUJU_DISPATCH_PATH"] = f"hooks/{context.name}"
    if context.action:
        variables["JUJU_DISPATCH_PATH"] = f"actions/{context.action['name']}"
        variables["JUJU_ACTION_NAME"] = context.action["name"]
        variables["JUJU_ACTION_UUID"] = context.action["id"]
        variables["JUJU_ACTION_TAG"] = f"action-{context.action['id']}"
    if hook.get("storage"):
        storage = context.state["storage"][hook["storage"]]
        variables["JUJU_STORAGE_ID"] = hook["storage"]
        variables["JUJU_STORAGE_LOCATION"] = storage["location"]
        variables["JUJU_STORAGE_KIND"] = storage["kind"]
    if hook.get("secret"):
        variables["JUJU_SECRET_ID"] = f"secret:{hook['secret']}"
        variables["JUJU_SECRET_LABEL"] = hook.get("label") or ""
        if hook.get("revision"):
            variables["JUJU_SECRET_REVISION"] = str(hook["revision"])
    return variables
