"""A mail server, as far as its certificate is concerned: no service that could be reloaded."""

from charmhelpers.core.hookenv import status_set
from charms.reactive import set_flag, when, when_not


@when_not("mail.started")
def start():
    status_set("active", "in plain text")
    set_flag("mail.started")


@when("lets-encrypt.registered")
def encrypt():
    status_set("active", "encrypted")
