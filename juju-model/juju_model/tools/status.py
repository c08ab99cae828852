"""Hook tools about status, logging and the state that the model aims for."""

from __future__ import annotations

from ..formats import Fields, quote
from ..state import model
from ..values import Entry, Model, Options
from .command import SMART, YAML_FIRST, Call, ToolError, tool
from .context import Context
from .gnuflag import Flag, UsageError

SETTABLE = ("maintenance", "blocked", "waiting", "active")
LEVELS = {
    "TRACE": "TRACE",
    "DEBUG": "DEBUG",
    "INFO": "INFO",
    "WARNING": "WARNING",
    "WARN": "WARNING",
    "ERROR": "ERROR",
    "CRITICAL": "CRITICAL",
}


def application_flag(help_text: str) -> Flag:
    """--application."""
    return Flag(("application",), "bool", False, help_text)


@tool(
    "status-set",
    "<status> [message]",
    summary="Sets status information.",
    details="""The status is one of maintenance, blocked, waiting and active. It is shown at once,
and stays if the hook fails later.""",
    flags=lambda context: [application_flag("Set this status for the application of the unit")],
    positional=2,
)
def status_set(context: Context, options: Options, args: list[str], call: Call) -> None:
    """The unit's status, or the application's."""
    if not args:
        raise UsageError("invalid args, require <status> [message]")
    if args[0] not in SETTABLE:
        raise UsageError(f"invalid status {quote(args[0])}, expected one of [{' '.join(SETTABLE)}]")
    status = model.status(args[0], args[1] if len(args) > 1 else "")
    if options["application"]:
        if not context.is_leader():
            raise ToolError("this unit is not the leader")
        context.store.change(set_application_status, context.application, status)
        return
    context.store.change(set_unit_status, context.unit, status)


def set_unit_status(data: Model, unit: str, status: Entry) -> None:
    """Workload status of a unit."""
    data["units"][unit]["workload"] = status


def set_application_status(data: Model, application: str, status: Entry) -> None:
    """Status of an application."""
    data["applications"][application]["status"] = status


@tool(
    "status-get",
    summary="Prints status information.",
    details="""Prints the status word alone, or with `--include-data` its message and data. With
`--application` the leader gets the application's status and that of its units.""",
    flags=lambda context: [
        Flag(("include-data",), "bool", False, "print all status data"),
        application_flag("print status for all units of this application if this unit is leader"),
    ],
    formats=SMART,
)
def status_get(context: Context, options: Options, args: list[str], call: Call) -> Entry | str:
    """The unit's status, or the application's with those of its units."""
    include = options["include-data"]
    if options["application"]:
        return application_status(context, include, options["format"])
    status = shown(context.state["workload"], include)
    return status["status"] if options["format"] == "smart" and not include else status


def shown(status: Entry, include: bool) -> Entry:
    """The word, and with `include` the rest."""
    if not include:
        return {"status": status["status"]}
    return {
        "status": status["status"],
        "message": status["message"],
        "status-data": status["data"],
    }


def application_status(context: Context, include: bool, output_format: str) -> Entry | str:
    """For the leader alone."""
    if not context.is_leader():
        raise ToolError("finding application status: this unit is not the leader")
    status = shown(application_word(context), include)
    if output_format == "smart" and not include:
        return status["status"]
    status["units"] = {
        unit: shown(context.data["units"][unit]["workload"], include)
        for unit in model.units_of(context.data, context.application)
    }
    return {"application-status": status}


def application_word(context: Context) -> Entry:
    """What the leader set; before that the worst status among the units."""
    own = context.app["status"]
    if own:
        return own
    rank = ["error", "blocked", "maintenance", "waiting", "active", "terminated", "unknown"]
    statuses = [
        context.data["units"][unit]["workload"]
        for unit in model.units_of(context.data, context.application)
    ]
    return min(statuses, key=lambda status: rank.index(status["status"]))


@tool(
    "juju-log",
    "<message>",
    summary="Writes a message to Juju logs.",
    details="The words of the message are joined by blanks. Levels: TRACE to CRITICAL.",
    flags=lambda context: [
        Flag(("debug",), "bool", False, "log at debug level"),
        Flag(("l", "log-level"), "string", "INFO", "Send log message at the given level"),
    ],
    positional=None,
    deprecated_format=True,
)
def juju_log(context: Context, options: Options, args: list[str], call: Call) -> None:
    """A line in the log, prefixed with the relation in a relation hook."""
    if not args:
        raise UsageError("no message specified")
    level = "DEBUG" if options["debug"] else LEVELS.get(options["log-level"].upper())
    if level is None:
        wrong = f"Specified log level of {quote(options['log-level'])} is not valid"
        context.say("WARNING", wrong, "juju-log")
        level = "INFO"
    relation = context.relation(context.hook_relation())
    prefix = f"{model.relation_id(relation, context.application)}: " if relation else ""
    context.say(level, prefix + " ".join(args), "juju-log")


@tool(
    "goal-state",
    summary="Prints the status of the charm's peers and related units.",
    details="Units of the own application, and of each related one by endpoint.",
    formats=YAML_FIRST,
)
def goal_state(context: Context, options: Options, args: list[str], call: Call) -> Entry:
    """What the model aims for: own units and related ones."""
    relations: Entry = {}
    for relation in model.relations_of(context.data, context.application):
        if model.is_peer(relation) or relation.get("broken"):
            continue
        remote = model.remote_application(relation, context.application)
        goals = relations.setdefault(model.endpoint_name(relation, context.application), {})
        word = "joined" if relation["life"] == "alive" else "broken"
        goals[remote] = Fields(status=word, since=relation["since"])
        goals.update(unit_goals(context.data, remote))
    units = unit_goals(context.data, context.application)
    return Fields(units=units, relations=relations)


def unit_goals(data: Model, application: str) -> Entry:
    """Status and time of an application's units."""
    goals = {}
    for unit in model.units_of(data, application):
        state = data["units"][unit]
        word = "dying" if state["life"] == "dying" else state["workload"]["status"]
        goals[unit] = Fields(status=word, since=state["workload"]["since"])
    return goals
