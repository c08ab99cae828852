"""nginx serves http, and https as soon as there is a certificate."""

from charmhelpers.core.hookenv import status_set
from charmhelpers.core.host import service_reload, service_start
from charmhelpers.core.templating import render
from charms.layer import lets_encrypt
from charms.reactive import (
    clear_flag,
    hook,
    is_flag_set,
    register_trigger,
    set_flag,
    when,
    when_not,
)

SITE = "/etc/nginx/sites-enabled/default"

register_trigger(when="lets-encrypt.registered", clear_flag="web.site-written")


@hook("upgrade-charm")
def write_the_site_again():
    clear_flag("web.site-written")


@when("config.changed.fqdn")
@when_not("config.set.fqdn")
def go_back_to_http():
    clear_flag("web.site-written")


@when_not("web.site-written")
def write_the_site():
    live = lets_encrypt.live() if is_flag_set("lets-encrypt.registered") else None
    challenges = lets_encrypt.challenge_snippet("nginx")
    render("site.conf", SITE, {"live": live, "challenges": challenges})
    service_start("nginx")
    service_reload("nginx")
    set_flag("web.site-written")
    status_set("active", "serving https" if live else "serving http")
