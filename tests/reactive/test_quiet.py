"""Hooks and actions print nothing that an operator would have to wonder about."""

from __future__ import annotations

import json

from world.site import UNIT, Site


def test_no_hook_and_no_action_prints_a_warning(site: Site) -> None:
    site.hook()
    ran = json.loads(site.juju("run", UNIT, "lets-encrypt-certificates", "--format", "json"))
    printed = [line for line in site.log().splitlines() if "juju-log" not in line]
    assert [line for line in printed if "arning" in line] == []
    assert set(ran["results"]) == {"certificates", "return-code"}
