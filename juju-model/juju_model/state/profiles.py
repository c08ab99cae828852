"""What differs between the Juju releases that are modelled."""

from __future__ import annotations

from dataclasses import dataclass

COMMON_TOOLS = frozenset(
    [
        "action-fail",
        "action-get",
        "action-log",
        "action-set",
        "application-version-set",
        "close-port",
        "config-get",
        "credential-get",
        "goal-state",
        "is-leader",
        "juju-log",
        "juju-reboot",
        "network-get",
        "open-port",
        "opened-ports",
        "relation-get",
        "relation-ids",
        "relation-list",
        "relation-set",
        "resource-get",
        "state-delete",
        "state-get",
        "state-set",
        "status-get",
        "status-set",
        "storage-add",
        "storage-get",
        "storage-list",
        "unit-get",
    ]
)
LEADER_TOOLS = frozenset(["leader-get", "leader-set"])
SECRET_TOOLS = frozenset(
    [
        "secret-add",
        "secret-get",
        "secret-grant",
        "secret-ids",
        "secret-info-get",
        "secret-remove",
        "secret-revoke",
        "secret-set",
        "relation-model-get",
    ]
)
# Tools for workloads outside the unit: on a machine they are there, and most of them fail.
WORKLOAD_TOOLS = frozenset(
    [
        "k8s-raw-get",
        "k8s-raw-set",
        "k8s-spec-get",
        "k8s-spec-set",
        "payload-register",
        "payload-status-set",
        "payload-unregister",
        "pod-spec-get",
        "pod-spec-set",
    ]
)
METRIC_TOOLS = frozenset(["add-metric"])


@dataclass(frozen=True)
class Profile:
    """One release: its tools, names and rules."""

    name: str
    version: str
    tools: frozenset[str]
    runner: str
    has_leader_settings: bool
    pending_ports_visible: bool
    app_name_as_unit: bool
    additional_properties: bool
    action_keys: tuple[str, str, str, str]
    private_address_in_relations: bool
    environment: frozenset[str]
    action_key_words: str
    no_endpoint: str
    no_address: str


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name="2.9",
            version="2.9.61",
            tools=COMMON_TOOLS | LEADER_TOOLS | WORKLOAD_TOOLS | METRIC_TOOLS,
            runner="juju-run",
            has_leader_settings=True,
            pending_ports_visible=False,
            app_name_as_unit=True,
            additional_properties=True,
            action_keys=("Code", "Stdout", "Stderr", "Encoding"),
            private_address_in_relations=True,
            environment=frozenset(["JUJU_SLA", "JUJU_METER_STATUS"]),
            action_key_words="lowercase alphanumeric, hyphens and periods",
            no_endpoint="no relation name specified",
            no_address="no addresses attached to space",
        ),
        Profile(
            name="3.6",
            version="3.6.28",
            tools=COMMON_TOOLS | LEADER_TOOLS | SECRET_TOOLS | WORKLOAD_TOOLS,
            runner="juju-exec",
            has_leader_settings=True,
            pending_ports_visible=True,
            app_name_as_unit=False,
            additional_properties=True,
            action_keys=("return-code", "stdout", "stderr", "-encoding"),
            private_address_in_relations=True,
            environment=frozenset(["JUJU_SLA"]),
            action_key_words="lowercase alphanumeric and hyphens",
            no_endpoint="no endpoint name specified",
            no_address="no addresses attached to space",
        ),
        Profile(
            name="4.0",
            version="4.0.14",
            tools=COMMON_TOOLS | SECRET_TOOLS,
            runner="juju-exec",
            has_leader_settings=False,
            pending_ports_visible=True,
            app_name_as_unit=False,
            additional_properties=False,
            action_keys=("return-code", "stdout", "stderr", "-encoding"),
            private_address_in_relations=False,
            environment=frozenset(["JUJU_CHARM_TRACE_CONFIG"]),
            action_key_words="lowercase alphanumeric and hyphens",
            no_endpoint="no endpoint name specified",
            no_address="no {kind} address attached to space",
        ),
    )
}
