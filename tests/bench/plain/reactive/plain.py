"""nginx serves http: the example charm, less what it has from layer:lets-encrypt."""

from charmhelpers.core.hookenv import status_set
from charmhelpers.core.host import service_reload, service_start
from charmhelpers.core.templating import render
from charms.reactive import clear_flag, hook, set_flag, when_not

SITE = "/etc/nginx/sites-enabled/default"


@hook("upgrade-charm")
def write_the_site_again():
    clear_flag("plain.site-written")


@when_not("plain.site-written")
def write_the_site():
    render("site.conf", SITE, {})
    service_start("nginx")
    service_reload("nginx")
    set_flag("plain.site-written")
    status_set("active", "serving http")
