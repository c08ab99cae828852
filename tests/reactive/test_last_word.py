"""The layer has the last word on a status, whatever else speaks at the end of a hook."""

from __future__ import annotations

import pytest
from world.site import Site

CHARM = "/var/lib/juju/agents/unit-web-0/charm"
SPEAKER = """
from charmhelpers.core import hookenv

hookenv.atexit(hookenv.status_set, "active", "said at exit by {name}")
"""


@pytest.mark.parametrize("name", ["aaa_early", "zzz_late"])
def test_a_charm_that_speaks_at_exit_hides_no_complaint(site: Site, name: str) -> None:
    module = f"{CHARM}/reactive/{name}.py"
    site.world.write(module, SPEAKER.format(name=name))
    site.config(fqdn="com")
    assert site.status()[0] == "blocked"
    site.hook()
    assert site.status()[0] == "blocked"
    site.config(fqdn="")
    assert site.status() == ("active", f"said at exit by {name}")
