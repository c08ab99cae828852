"""What certbot is asked for, as its arguments: pure."""

from __future__ import annotations

from typing import Sequence

from layer_lets_encrypt.rules import key_types
from layer_lets_encrypt.rules.facts import SANE, Account, Lineage
from layer_lets_encrypt.rules.request import Request


def certonly(
    request: Request,
    account: Account,
    challenge_arguments: Sequence[str],
    before: Lineage,
    account_id: str = "",
) -> list[str]:
    """Return the arguments that make the lineage ``before`` hold the request's names.

    ``challenge_arguments`` are those of the challenge; ``account_id`` is certbot's name for the
    account, "" if there is none yet. What certbot has saved with the lineage changes nothing, but
    for the type of its key, which stays if the request does not care.
    """
    arguments = ["certonly", *_common(account), "--cert-name", before.name]
    arguments += ["--no-random-sleep-on-renew", "--no-reuse-key", *challenge_arguments]
    arguments += _account(account_id)
    arguments += _key_type(request, before) + _replacing(account.server, before)
    arguments += _profile_and_chain(request)
    return arguments + _names(request) + _contact(account.email)


def _key_type(request: Request, before: Lineage) -> list[str]:
    # Without this, certbot 1.21 refuses to renew a certificate whose key is not RSA.
    wanted = request.key_type or (
        before.certificate.key_type if before.usable and before.certificate else ""
    )
    return key_types.certbot_arguments(wanted)


def _profile_and_chain(request: Request) -> list[str]:
    arguments = ["--required-profile", request.profile] if request.profile else []
    return arguments + (["--preferred-chain", request.chain] if request.chain else [])


def _replacing(server: str, before: Lineage) -> list[str]:
    """Return what makes certbot replace a certificate that it thinks good enough."""
    words = ["--force-renewal"] if before.usable else []
    if before.state == SANE and _is_test_server(server) and not _is_test_server(before.server):
        words.append("--break-my-certs")
    return words


def _is_test_server(server: str) -> bool:
    return "staging" in server  # that is how certbot tells


def _names(request: Request) -> list[str]:
    return [word for name in request.names for word in ("-d", name)]


def rehearsal(
    request: Request, account: Account, challenge_arguments: Sequence[str], account_id: str = ""
) -> list[str]:
    """Return the arguments that order from Let's Encrypt's staging side and save nothing."""
    arguments = ["certonly", "--dry-run", *_common(account), "--cert-name", request.lineage_name]
    arguments += ["--no-random-sleep-on-renew", *challenge_arguments, *_account(account_id)]
    return arguments + _names(request) + _contact(account.email)


def revoke(name: str, server: str, reason: str, account_id: str = "") -> list[str]:
    """Return the arguments that revoke a lineage's certificate and leave its files."""
    arguments = ["revoke", "-n", "--server", server, "--cert-name", name, "--reason", reason]
    return [*arguments, "--no-delete-after-revoke", *_account(account_id)]


def register(account: Account, settings: str = "") -> list[str]:
    """Return the arguments that open the account at the CA.

    ``settings`` is the path of a file with what no argument may show, "" if there is none.
    """
    file = ["--config", settings] if settings else []
    return ["register", *_common(account), *file, *_contact(account.email)]


def update_account(account: Account, account_id: str) -> list[str]:
    """Return the arguments that give the account at the CA its contact, or take it away."""
    return ["update_account", *_common(account), *_account(account_id), *_contact(account.email)]


def _account(account_id: str) -> list[str]:
    # If there are several accounts, certbot would ask which one.
    return ["--account", account_id] if account_id else []


def _common(account: Account) -> list[str]:
    # Agreement with the CA's terms is the charm's `terms`, accepted at deployment.
    return ["-n", "--agree-tos", "--no-directory-hooks", "--server", account.server]


def _contact(email: str | None) -> list[str]:
    # Without the second, certbot would ask whether the foundation may write to the address.
    return ["--email", email, "--no-eff-email"] if email else ["--register-unsafely-without-email"]
