"""A chat: nothing is served, and no port is open, while there is no database."""

from charmhelpers.core.hookenv import close_port, open_port, status_set
from charmhelpers.core.host import service_reload, service_start
from charmhelpers.core.templating import render
from charms.layer.lets_encrypt import live
from charms.reactive import clear_flag, set_flag, when, when_not

SITE = "/etc/nginx/sites-enabled/default"


@when_not("chat.prepared")
def prepare():
    render("plain.conf", SITE, {})
    service_start("nginx")
    set_flag("nginx.available")
    set_flag("chat.prepared")


@when_not("config.set.database")
def wait_for_the_database():
    close_port(80)
    close_port(443)
    clear_flag("chat.open")
    status_set("waiting", "no database yet")


@when("config.set.database")
@when_not("chat.open")
def open_up():
    open_port(80)
    open_port(443)
    set_flag("chat.open")
    status_set("active", "chatting")


@when("config.changed.fqdn")
def look_at_the_new_name():
    clear_flag("lets-encrypt.registered")


@when("nginx.available", "lets-encrypt.registered")
def serve_https():
    render("tls.conf", SITE, {"key": live()["privkey"], "chain": live()["fullchain"]})
    service_reload("nginx")
