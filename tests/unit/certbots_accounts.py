"""Run by the system certbot's Python: saves an account as certbot does, and lists all."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import josepy
from acme import messages
from certbot._internal import account
from cryptography.hazmat.primitives.asymmetric import rsa


def main(what: str, folder: str, server: str) -> None:
    config = SimpleNamespace(strict_permissions=False, server=server)
    config.accounts_dir_for_server_path = lambda path: f"{folder}/accounts/{path}"
    config.server_path = server.partition("://")[2]
    config.accounts_dir = config.accounts_dir_for_server_path(config.server_path)
    storage = account.AccountFileStorage(config)
    if what == "save":
        key = josepy.JWKRSA(key=rsa.generate_private_key(65537, 2048))
        regr = messages.RegistrationResource(uri=server + "/1", body=messages.Registration())
        client = SimpleNamespace(directory=SimpleNamespace(new_authz=""))
        storage.save(account.Account(regr, key), client)
    print([one.id for one in storage.find_all()])


main(*sys.argv[1:])
