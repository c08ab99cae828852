"""What differs between the Juju releases that are modelled."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
BROKEN, KEPT, REFUSED = "broken", "kept", "refused"


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
    # secrets and peer relations; README says how each is known
    flushes_secrets_first: bool
    pins_owners: bool
    labels_are_shared: bool
    dropped_peers: str  # what a refresh does to a peer relation that the new charm lacks
    refresh_adds_peers: bool
    removed_peers_stay: bool


JUJU_2_9 = Profile(
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
    flushes_secrets_first=False,
    pins_owners=False,
    labels_are_shared=False,
    dropped_peers=BROKEN,
    refresh_adds_peers=True,
    removed_peers_stay=False,
)
JUJU_3_6 = replace(
    JUJU_2_9,
    name="3.6",
    version="3.6.28",
    tools=COMMON_TOOLS | LEADER_TOOLS | SECRET_TOOLS | WORKLOAD_TOOLS,
    runner="juju-exec",
    pending_ports_visible=True,
    app_name_as_unit=False,
    action_keys=("return-code", "stdout", "stderr", "-encoding"),
    environment=frozenset(["JUJU_SLA"]),
    action_key_words="lowercase alphanumeric and hyphens",
    no_endpoint="no endpoint name specified",
    flushes_secrets_first=True,
    pins_owners=True,
    labels_are_shared=True,
    dropped_peers=KEPT,
)
# Secrets as they were before 3.1.7; what else differs from 3.6 is not modelled.
JUJU_3_1 = replace(
    JUJU_3_6,
    name="3.1",
    version="3.1.6",
    pins_owners=False,
    labels_are_shared=False,
    dropped_peers=BROKEN,
)
JUJU_4_0 = replace(
    JUJU_3_6,
    name="4.0",
    version="4.0.14",
    tools=COMMON_TOOLS | SECRET_TOOLS,
    has_leader_settings=False,
    additional_properties=False,
    private_address_in_relations=False,
    environment=frozenset(["JUJU_CHARM_TRACE_CONFIG"]),
    no_address="no {kind} address attached to space",
    flushes_secrets_first=False,
    dropped_peers=REFUSED,
    refresh_adds_peers=False,
    removed_peers_stay=True,
)

PROFILES = {profile.name: profile for profile in (JUJU_2_9, JUJU_3_1, JUJU_3_6, JUJU_4_0)}
