"""`juju status` as plain data."""

from __future__ import annotations

from ..values import Entry, Model
from . import machines, model, ports

LOST = {"status": "lost", "message": "agent is not communicating with the server", "since": ""}
LOST_WORKLOAD = {"status": "unknown", "message": "agent lost"}


def report(data: Model, running: Entry) -> Entry:
    """Applications, their units and relations."""
    return {
        "model": {
            "name": data["model"]["name"],
            "type": "iaas",
            "controller": "laptop",
            "version": model.profile_of(data).version,
        },
        "applications": {
            name: application(data, name, running) for name in sorted(data["applications"])
        },
        "relations": [relation(data, item) for item in data["relations"].values()],
        "machines": data["machines"],
    }


def shown_status(status: Entry) -> Entry:
    """As status shows it."""
    return {"current": status["status"], "message": status["message"], "since": status["since"]}


def application(data: Model, name: str, running: Entry) -> Entry:
    """One application."""
    app = data["applications"][name]
    units = {unit: unit_report(data, unit, running) for unit in model.units_of(data, name)}
    return {
        "charm": app["charm"]["name"],
        "charm-rev": app["charm-revision"],
        "exposed": app["exposed"],
        "life": app["life"],
        "version": app["version"],
        "application-status": shown_status(app["status"] or worst(data, name)),
        "units": units,
    }


def worst(data: Model, name: str) -> Entry:
    """The status that an application has by its units."""
    rank = ["error", "blocked", "maintenance", "waiting", "active", "terminated", "unknown"]
    statuses = [data["units"][unit]["workload"] for unit in model.units_of(data, name)]
    return min(statuses, key=lambda s: rank.index(s["status"]), default=model.status("unknown"))


def unit_report(data: Model, unit: str, running: Entry) -> Entry:
    """One unit: an error of the agent shows as its workload, as it does in the original."""
    state = data["units"][unit]
    agent, workload = state["agent"], state["workload"]
    if not machines.is_up(data, state["machine"]):
        agent, workload = LOST, {**LOST_WORKLOAD, "since": agent["since"]}
    in_error = agent["status"] == "error"
    shown_agent = {**agent, "status": "idle", "message": ""} if in_error else agent
    return {
        "workload-status": shown_status(agent if in_error else workload),
        "juju-status": shown_status(shown_agent),
        "charm-status": shown_status(state["workload"]),
        "leader": model.is_leader(data, unit),
        "life": state["life"],
        "machine": state["machine"],
        "public-address": model.address(data, unit, "public"),
        "open-ports": [ports.show(item) for item in sorted(state["ports"], key=ports.sort_key)],
        "running": running.get(unit),
        "error": agent["message"] if in_error else "",
    }


def relation(data: Model, item: Entry) -> Entry:
    """One relation."""
    ends = [f"{name}:{end['name']}" for name, end in sorted(item["endpoints"].items())]
    interface = next(iter(item["endpoints"].values()))["interface"]
    return {"id": item["id"], "endpoints": ends, "interface": interface, "life": item["life"]}
