"""Hook tools about the charm's configuration, version, resources and machine."""

from __future__ import annotations

from typing import Any

from ..formats import Fields, Views, quote
from ..state import model
from ..values import Model, Options
from .command import SMART, Call, ToolError, tool
from .context import Context
from .gnuflag import Flag, UsageError

CONFIG_GET_DETAILS = """
`config-get` returns information about the application configuration
(as defined by `config.yaml`).

If called without arguments, it returns a dictionary containing all config settings
that are either explicitly set, or which have a non-nil default value.

If the `--all` flag is passed, it returns a dictionary containing all defined
config settings including nil values (for those without defaults).

If called with a single argument, it returns the value of that config key.
Missing config keys are reported as nulls, and do not return an error.

`<key>` and `--all` are mutually exclusive.

Examples:

    INTERVAL=$(config-get interval)

    config-get --all
"""


@tool(
    "config-get",
    "[<key>]",
    summary="Prints application configuration.",
    details=CONFIG_GET_DETAILS,
    flags=lambda context: [Flag(("a", "all"), "bool", False, "Prints all keys.")],
    formats=SMART,
    positional=1,
)
def config_get(context: Context, options: Options, args: list[str], call: Call) -> Any:
    """One setting, or all that have a value."""
    key = args[0] if args else ""
    if key and options["all"]:
        raise UsageError(f"cannot use argument --all together with key {quote(key)}")
    settings = context.settings()
    if key:
        return settings.get(key)
    return {k: v for k, v in settings.items() if options["all"] or v is not None}


@tool(
    "application-version-set",
    "<new-version>",
    summary="Specifies which version of the application is deployed.",
    details="The version is shown by `juju status`. It takes effect at once.",
    positional=1,
)
def application_version_set(
    context: Context, options: Options, args: list[str], call: Call
) -> None:
    """`juju status` shows it with the application."""
    if not args:
        raise UsageError("no version specified")

    context.store.change(set_version, context.application, args[0])


def set_version(data: Model, application: str, version: str) -> None:
    """Keep the version that the charm names."""
    data["applications"][application]["version"] = version


@tool(
    "resource-get",
    "<resource name>",
    summary="Gets the path to the locally cached resource file.",
    details="The file is fetched first if it is not there. Prints its absolute path.",
    positional=1,
)
def resource_get(context: Context, options: Options, args: list[str], call: Call) -> str:
    """Where the resource's file is: no newline at its end."""
    if not args:
        raise UsageError("missing required resource name")
    path = context.app["resources"].get(args[0])
    if path is None:
        raise ToolError(f"could not download resource: resource {quote(args[0])} not found")
    return context.fetch_resource(args[0], path)


@tool(
    "unit-get",
    "<setting>",
    summary="Prints public-address or private-address.",
    details="Either of `private-address` and `public-address`.",
    formats=SMART,
    positional=1,
)
def unit_get(context: Context, options: Options, args: list[str], call: Call) -> str:
    """One of the unit's addresses."""
    if not args:
        raise UsageError("no setting specified")
    if args[0] not in ("private-address", "public-address"):
        raise UsageError(f"unknown setting {quote(args[0])}")
    kind = args[0].partition("-")[0]
    address = model.address(context.data, context.unit, kind)
    if not address:
        raise ToolError(f"{kind} address not found")
    return address


@tool(
    "juju-reboot",
    summary="Reboots the host machine.",
    details="""Without `--now` the machine reboots once the hook has ended well. With it the hook is
stopped, and is run again after the reboot.""",
    flags=lambda context: [
        Flag(("now",), "bool", False, "Reboots immediately, killing the invoking process")
    ],
)
def juju_reboot(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Ask for a reboot; --now ends the hook's process here."""
    if context.kind == "action":
        raise ToolError("juju-reboot is not supported when running an action.")
    context.pending.reboot = "now" if options["now"] else "after"
    if options["now"]:
        context.kill()


@tool(
    "credential-get",
    summary="Accesses cloud credentials.",
    details="Works only for an application deployed or trusted with `juju trust`.",
    formats=SMART,
)
def credential_get(context: Context, options: Options, args: list[str], call: Call) -> Views:
    """The cloud's specification, shaped differently in JSON and YAML."""
    cloud = context.data["cloud"]
    if not context.app["trust"] or not cloud:
        raise ToolError("cannot access cloud credentials: permission denied")
    credential = cloud["credential"]
    return Views(
        json=Fields(
            type=cloud["type"],
            name=cloud["name"],
            region=cloud["region"],
            credential=Fields(
                {"auth-type": credential["auth-type"], "attrs": credential["attributes"]}
            ),
        ),
        yaml=Fields(
            type=cloud["type"],
            name=cloud["name"],
            region=cloud["region"],
            endpoint="",
            identityendpoint="",
            storageendpoint="",
            credential=Fields(
                authtype=credential["auth-type"],
                attributes=credential["attributes"],
                redacted=[],
            ),
            cacertificates=[],
            skiptlsverify=False,
            iscontrollercloud=False,
        ),
    )
