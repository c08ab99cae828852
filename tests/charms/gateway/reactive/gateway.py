"""A gateway in front of tenants, each with a certificate of its own.

It relies on what it was promised: with `lets-encrypt.registered`, every tenant's certificate is
there, and a KeyError fails the hook where it is not.
"""

import json
import os
import shutil

from charmhelpers.core.hookenv import config, status_set
from charmhelpers.core.host import service_reload, service_start
from charmhelpers.core.templating import render
from charms.layer import lets_encrypt
from charms.reactive import set_flag, when, when_not

SITES = "/etc/nginx/sites-enabled/default"
SHARED = "/var/tmp/gateway-certificates.json"  # stands for what goes over a relation


@when_not("gateway.prepared")
def prepare():
    write({})
    service_start("nginx")
    set_flag("gateway.prepared")
    status_set("active", "no tenants")


@when("config.changed.tenants")
def ask_for_certificates():
    lets_encrypt.set_requested_certificates(json.loads(config("tenants")))


@when("config.changed.credentials", "config.set.credentials")
def ask_anew():
    """Delete what is there, by path, and ask for the same again."""
    tenants = json.loads(config("tenants"))
    for name in (tenant["fqdn"][0] for tenant in tenants):
        shutil.rmtree("/etc/letsencrypt/live/" + name)
        shutil.rmtree("/etc/letsencrypt/archive/" + name)
        os.remove(f"/etc/letsencrypt/renewal/{name}.conf")
    lets_encrypt.set_requested_certificates(tenants)


@when("lets-encrypt.registered")
def serve_tenants():
    certificates = lets_encrypt.live_all() or {}
    tenants = json.loads(config("tenants"))
    write({tenant["fqdn"][0]: certificates[tenant["fqdn"][0]] for tenant in tenants})
    with open(SHARED, "w") as shared:
        json.dump(certificates, shared)
    status_set("active", f"{len(tenants)} tenants")


def write(certificates):
    render("sites.conf", SITES, {"certificates": certificates})
    service_reload("nginx")
