"""The main job where a real systemd runs nginx, cron and certbot's own timer."""

from __future__ import annotations

from conftest import each_kind_of_cgroups
from steps import assert_done, state
from world.site import Site

NAME = "www.example.com"


@each_kind_of_cgroups
def test_a_name_is_all_that_an_operator_gives(site: Site) -> None:
    site.config(fqdn=NAME)
    assert_done(site, NAME)
    assert site.status() == ("active", "serving https")
    assert site.counts().orders == 1
    pid = site.nginx_pid()
    for _ in range(2):
        site.hook()
        site.renew_by_cron()
    assert (site.counts().orders, site.nginx_pid()) == (1, pid)
    assert state(site.world, "cron.service") == "active"
