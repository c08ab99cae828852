"""What CAs say in JSON of any form, and what it means: documents, tables, bounds."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from layer_lets_encrypt.ca import acme_errors, ca_documents, certbot_log, diagnosis
from layer_lets_encrypt.rules.problem import SEVERITY, Problem

NOW = 1_795_333_548.0
URN = "urn:ietf:params:acme:error:"
URL = "https://ca.example/acme/new-order"
SURPRISE = "An unexpected error occurred:\n{}\nAsk for help or search for solutions\n"


def entry(name: str, text: str) -> str:
    return f"2026-11-22 07:45:52,001:DEBUG:{name}:{text}\n"


def talk(status: int, body: str, url: str = URL, header: str = "Server: nginx") -> str:
    asked = entry("acme.client", f'Sending POST request to {url}:\n{{\n "payload": ""\n}}')
    said = f"Received response:\nHTTP {status}\n{header}\nContent-Type: application/json\n\n{body}"
    return asked + entry("acme.client", said) + entry("acme.client", "Storing nonce: abc")


def ended(kind: str, text: str = "") -> str:
    trace = 'Traceback (most recent call last):\n  File "main.py", line 8\n    main()\n'
    return entry("certbot._internal.log", f"Exiting abnormally:\n{trace}{kind}: {text}")


def refused(document: Any, status: int = 400, form: Any = json.dumps) -> Problem:
    log = talk(201, "{}") + talk(status, form(document)) + ended("acme.messages.Error", "x")
    return diagnosis.classify(SURPRISE.format("certbot's words"), log, NOW)


def compact(plain: Any) -> str:
    return json.dumps(plain, separators=(",", ":"))


def pretty(plain: Any) -> str:
    return json.dumps(plain, indent=4, sort_keys=True)


def backwards(plain: dict[str, Any]) -> str:
    return json.dumps(dict(reversed(list(plain.items()))), ensure_ascii=True)


def with_text_around(plain: Any) -> str:
    return f"<pre>{{ Error }}: {json.dumps(plain)}</pre>\n"


def nested(plain: Any) -> str:
    return json.dumps({"status": "invalid", "error": plain})


FORMS = [json.dumps, compact, pretty, backwards, with_text_around, nested]
PLAIN = {
    "type": URN + "rejectedIdentifier",
    "detail": 'the name "\u00fcber.example" is\non a list',
    "status": 400,
    "instance": "https://ca.example/docs",
    "identifier": {"type": "dns", "value": "uber.example"},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_problem_document_is_read_in_any_form_of_json(form: Any) -> None:
    seen = refused(PLAIN, form=form)
    assert seen == Problem(
        "refused", 'the name "\u00fcber.example" is on a list', None, "uber.example",
        "remove the name from fqdn, or ask the CA",
    )  # fmt: skip


def test_subproblems_say_which_name() -> None:
    subs = [
        {"type": URN + "malformed", "detail": "first", "identifier": {"value": "a.example"}},
        {"type": URN + "serverInternal", "detail": "second", "identifier": {"value": "b.example"}},
    ]
    for kind, category in (("compound", "configuration"), ("rejectedIdentifier", "refused")):
        seen = refused({"type": URN + kind, "detail": "several problems", "subproblems": subs})
        assert (seen.category, seen.name, seen.detail) == (category, "a.example", "first")
    subs.reverse()
    seen = refused({"type": URN + "compound", "detail": "several", "subproblems": subs})
    assert seen.name == "a.example", "what a person must act on comes before what time heals"


# RFC 8555 section 6.7, RFC 8739, 9115, 9773, 9799, the profiles draft; and what came before
BLOCKED = {
    "accountDoesNotExist": "accounts", "badCSR": "fqdn", "badPublicKey": "key_type",
    "badSignatureAlgorithm": "acme-server", "caa": "CAA", "compound": "fqdn",
    "connection": "DNS records", "dns": "DNS records", "externalAccountRequired": "acme-eab",
    "incorrectResponse": "DNS records", "invalidContact": "contact-email",
    "invalidEmail": "contact-email", "invalidProfile": "acme-profile", "malformed": "acme-server",
    "onionCAARequired": "fqdn", "rejectedIdentifier": "fqdn", "tls": "TLS",
    "unauthorized": "account", "unsupportedContact": "contact-email",
    "unsupportedIdentifier": "fqdn", "userActionRequired": "CA",
}  # fmt: skip
WAITING = {
    "alreadyReplaced", "alreadyRevoked", "autoRenewalCanceled", "autoRenewalCancellationInvalid",
    "autoRenewalExpired", "autoRenewalRevocationNotSupported", "badNonce", "badRevocationReason",
    "orderNotReady", "rateLimited", "serverInternal", "unknownDelegation", "somethingNew",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted({*BLOCKED, *WAITING, *acme_errors.REQUEST} - {"paused"}))
def test_what_a_person_must_change_is_blocked_and_what_time_heals_waits(kind: str) -> None:
    seen = refused({"type": URN + kind, "detail": "the CA's words"}, form=compact)
    assert seen.severity == ("blocked" if kind in BLOCKED else "waiting")
    assert "the CA's words" in seen.detail
    assert BLOCKED.get(kind, "") in seen.remedy


def test_an_account_that_was_deactivated_is_made_again() -> None:
    for said in ('Account is not valid, has status "deactivated"', "account revoked"):
        seen = refused({"type": URN + "unauthorized", "detail": said}, 403)
        assert (seen.severity, seen.remedy) == ("blocked", acme_errors.NEW_ACCOUNT)


def test_what_the_user_must_do_is_shown_with_its_whole_link() -> None:
    link = "https://ca.example/agree?" + "x" * 900
    plain = {"type": URN + "userActionRequired", "detail": "Terms of service have changed"}
    for document in ({**plain, "instance": link}, {**plain, "detail": f"Please visit {link}."}):
        seen = refused(document, 403)
        assert (seen.severity, seen.remedy) == ("blocked", f"visit {link}")


def test_the_last_refusal_counts_and_not_what_was_overcome() -> None:
    nonce = compact({"type": URN + "badNonce", "detail": "old"})
    csr = compact({"type": URN + "badCSR", "detail": "weak"})
    log = talk(400, nonce) + talk(201, "{}") + talk(400, csr) + ended("acme.messages.Error", "x")
    assert diagnosis.classify("", log, NOW).detail == "weak"
    log = talk(400, nonce) + talk(201, "{}") + ended("OSError", "[Errno 30] Read-only file system")
    assert diagnosis.classify("", log, NOW).category == "local"


# Paused accounts

LINK = "https://letsencrypt.org/sfe/v1/unpause?jwt=" + "x" * 1800
PAUSED = f"Your account is temporarily prevented from requesting certificates for {{}}: {LINK}"


@pytest.mark.parametrize("form", FORMS)
def test_a_paused_account_is_found_in_the_cas_own_document(form: Any) -> None:
    seen = refused({"type": URN + "rateLimited", "detail": PAUSED.format("a.b")}, 429, form)
    assert seen == Problem("paused", PAUSED.format("a.b"))


def test_a_paused_account_is_found_nowhere_else() -> None:
    """A web server that the CA has asked, say, can put its words into the CA's."""
    body = compact({"challenges": [{"token": "t", "error": {"type": URN + "unauthorized",
                    "detail": f'Invalid response: "{PAUSED}"'}}], "status": "invalid",
                    "identifier": {"value": "a.example"}})  # fmt: skip
    seen = diagnosis.classify(PAUSED, talk(200, body, URL + "/authz"), NOW)
    assert seen.category == "validation"
    assert diagnosis.classify(PAUSED, talk(200, PAUSED), NOW).category != "paused"


BEGIN = "Your account is temporarily prevented "
HUGE = {
    "760 KB of a paused account": BEGIN * 20_000,
    "openings": "{" * 760_000,
    "openings of objects": '{"a":' * 150_000,
    "openings of texts": '{"' * 380_000,
    "lists": "[" * 760_000,
    "lists in objects that never end": '{"":' * 60 + "[" + "0," * 380_000,
    "lists in objects nested deep": ('{"":[' + "0," * 300 + '{"":') * 1200,
    "a number": '{"status":' + "9" * 760_000 + "}",
    "lines that begin like entries": "2026-11-22 07:45:52,001:DEBUG:\n" * 24_000,
    "blanks": '{"type":"' + " " * 760_000 + '"}',
    "errors": json.dumps({"e": [{"type": URN + "dns", "detail": "x"}] * 12_000}),
    "nested errors": json.dumps({"challenges": [[[[{"error": {"type": URN + "dns"}}]]]] * 9_000}),
}


@pytest.mark.parametrize("name", HUGE)
@pytest.mark.parametrize("status", [200, 400])
def test_time_is_linear_in_what_the_ca_says(name: str, status: int) -> None:
    """Twice as much takes about twice as long: a pattern that looks back would take four times."""
    for text in (HUGE[name], json.dumps({"type": URN + "dns", "detail": HUGE[name]})):
        begin = time.process_time()
        for console, log in ((SURPRISE.format(text), ""), (text, talk(status, text))):
            seen = diagnosis.classify(console, log, NOW)
            assert len(seen.words) <= 4000
        assert time.process_time() - begin < 10, "59 s before"


# Challenges

PENDING = "All authorizations were not finalized by the CA."


def authorization(name: str, error: Any, status: str = "pending") -> str:
    challenges: list[Any] = [
        {"type": "dns-01", "status": "pending", "token": "t1", "url": URL + "/2"},
        {"type": "http-01", "status": status, "token": "t2", "url": URL + "/1"},
    ]
    if error:
        challenges[1]["error"] = error
    return compact({"identifier": {"type": "dns", "value": name}, "status": status,
                    "challenges": challenges, "expires": "2026-11-29T12:00:00Z"})  # fmt: skip


def no_connection(detail: str = "error doing http GET") -> dict[str, str]:
    return {"type": URN + "connection", "detail": detail}


def test_a_challenge_that_stays_pending_tells_its_own_error() -> None:
    polls = [authorization("a.example", None), authorization("a.example", no_connection())]
    log = "".join(talk(200, body, URL + "/authz/1", "Retry-After: 5") for body in polls)
    log += ended("certbot.errors.AuthorizationError", PENDING)
    expected = Problem(
        "validation", "connection: error doing http GET", None, "a.example",
        "check the name's DNS records, 'juju expose' and firewalls",
    )  # fmt: skip
    assert diagnosis.classify(PENDING + "\n", log, NOW) == expected
    assert diagnosis.challenge_problem(log, NOW) == expected, "of a run that was ended"


def test_a_challenge_of_which_nothing_is_known_is_waited_for() -> None:
    log = talk(200, authorization("a.example", None), URL + "/authz/1")
    log += ended("certbot.errors.AuthorizationError", PENDING)
    seen = diagnosis.classify(PENDING + "\n", log, NOW)
    assert seen == Problem("transient", "the CA did not look at the challenges in time")
    assert diagnosis.challenge_problem(log, NOW) is None


def test_an_error_that_the_ca_has_overcome_is_forgotten() -> None:
    log = ""
    for error, status in ((no_connection(), "pending"), (None, "valid")):
        log += talk(200, authorization("a.example", error, status), URL + "/authz/1")
    log += talk(403, compact({"type": URN + "badCSR", "detail": "weak"}))
    assert diagnosis.classify("", log, NOW).detail == "weak"


def test_several_names_are_counted_and_what_a_person_must_do_comes_first() -> None:
    internal = {"type": URN + "serverInternal", "detail": "later"}
    errors = {"a.example": internal, "b.example": no_connection(), "c.example": no_connection()}
    log = "".join(
        talk(200, authorization(name, error, "invalid"), URL + name)
        for name, error in errors.items()
    )
    seen = diagnosis.classify("Some challenges have failed.\n", log, NOW)
    assert (seen.category, seen.name) == ("validation", "b.example")
    assert seen.detail == "connection (and 2 other names): error doing http GET"


@pytest.mark.parametrize(
    ("kind", "category"),
    [("connection", "validation"), ("dns", "validation"), ("tls", "validation"),
     ("unauthorized", "validation"), ("incorrectResponse", "validation"),
     ("rejectedIdentifier", "validation"), ("malformed", "validation"), ("new", "validation"),
     ("caa", "refused"), ("unsupportedIdentifier", "refused"), ("serverInternal", "transient"),
     ("badNonce", "transient"), ("rateLimited", "rate-limited")],
)  # fmt: skip
def test_what_a_challenge_failed_for(kind: str, category: str) -> None:
    error = {"type": URN + kind, "detail": "the CA's words"}
    log = talk(200, authorization("a.example", error, "invalid"), URL + "/authz/1")
    log += ended("certbot.errors.AuthorizationError", "Some challenges have failed.")
    seen = diagnosis.classify("Some challenges have failed.\n", log, NOW)
    assert (seen.category, seen.name) == (category, "a.example")
    assert seen.detail.startswith(f"{kind}: the CA's words")
    assert (SEVERITY[category] == "waiting") == (not seen.remedy)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('Get "http://a.b:80/.well-known/acme-challenge/T0-k": dial tcp: connect: no route',
         "dial tcp: connect: no route"),
        ("192.0.2.1: Fetching http://a.b/.well-known/acme-challenge/T: Timeout during connect",
         "192.0.2.1: Timeout during connect"),
        ("192.0.2.1: Invalid response from https://a.b/.well-known/acme-challenge/T: 404",
         "192.0.2.1: Invalid response: 404"),
        ("error doing http GET for url http://a.b/.well-known/acme-challenge/T: dial tcp",
         "error doing http GET for: dial tcp"),
    ],
)  # fmt: skip
def test_the_address_of_a_challenge_is_left_out(said: str, shown: str) -> None:
    log = talk(200, authorization("a.b", no_connection(said), "invalid"))
    assert diagnosis.classify("", log, NOW).detail == f"connection: {shown}"


# certbot itself

REUSE = """Unable to change the --key-type of this certificate because --reuse-key is set. To stop \
reusing the private key, specify --no-reuse-key. To change the private key this one time and \
then reuse it in future, add --new-key."""


@pytest.mark.parametrize(
    ("kind", "text", "category", "cause", "remedy"),
    [
        ("certbot.errors.Error", "Server requires external account binding. Please use --eab-kid"
         " and --eab-hmac-key.", "configuration", "the CA wants an external account binding (EAB)",
         "set acme-eab to the pair that the CA gave you"),
        ("certbot.errors.Error", REUSE, "configuration", "reuse_key keeps the key from changing",
         "remove reuse_key from its file in /etc/letsencrypt/renewal"),
        ("certbot.errors.PluginSelectionError", "The requested nginx plugin does not appear to be"
         " installed", "configuration",
         "The requested nginx plugin does not appear to be installed",
         "install it, or correct /etc/letsencrypt/cli.ini"),
        ("certbot.errors.Error", "The ACME server believes a@b is an invalid email address. Please",
         "configuration", "the CA does not take the contact", "correct contact-email, or leave it"),
        ("certbot.errors.MissingCommandlineFlag", "Missing command line flag or config entry for"
         " this setting:\nPlease choose an account", "configuration",
         "there are several accounts of this CA", "leave one in /etc/letsencrypt/accounts"),
        ("certbot.errors.Error", "The currently selected ACME CA endpoint does not support issuing"
         " wildcard certificates.", "configuration",
         "the CA does not certify wildcards",
         "list the host names, or set acme-server to another CA"),
        ("certbot.errors.PluginError", "Could not bind TCP port 80 because it is already in use by"
         " another process", "local", "port 80 is in use", "stop the program that has it"),
        ("certbot.errors.LockError", "Another instance of Certbot is already running.",
         "transient", "another certbot is at work", ""),
        ("certbot.errors.ConfigurationError", "Specified mismatched certificate name and domains.",
         "configuration", "Specified mismatched certificate name and domains",
         "check /etc/letsencrypt/cli.ini"),
        ("certbot.errors.AccountStorageError", "Failed to load account", "configuration",
         "Failed to load account", "check /etc/letsencrypt/cli.ini"),
    ],
)  # fmt: skip
def test_what_certbot_refuses_is_blocked_and_names_the_setting(
    kind: str, text: str, category: str, cause: str, remedy: str
) -> None:
    for log in (ended(kind, text), talk(201, "{}") + ended(kind, text)):
        seen = diagnosis.classify(text + "\nAsk for help\n", log, NOW)
        assert (seen.category, seen.detail) == (category, cause)
        assert seen.remedy.startswith(remedy)


def test_options_that_certbot_does_not_know_are_blocked() -> None:
    """They come from its cli.ini; it writes no log then."""
    said = "usage: \n  certbot [SUBCOMMAND] [options] [-d DOMAIN]\n\nCertbot can obtain HTTPS\n"
    said += "certbot: error: unrecognized arguments: --no-such-thing=1\n"
    seen = diagnosis.classify(said, "", NOW)
    assert (seen.category, seen.detail) == (
        "configuration", "unrecognized arguments: --no-such-thing=1",
    )  # fmt: skip
    assert "cli.ini" in seen.remedy


def test_entries_of_the_log_are_kept_apart() -> None:
    log = entry("certbot", "first\n  second") + talk(503, "a\n\nb", header="Retry-After: 5")
    found = certbot_log.answers(log)
    assert [(one.url, one.status, one.body) for one in found] == [(URL, 503, "a\n\nb")]
    assert found[0].headers.startswith("Retry-After: 5\n")
    assert certbot_log.ending(log).kind == ""
    chained = 'Traceback:\n  File "a"\nKeyError: 1\n\nDuring handling\n\nTraceback:\n  File "b"\n'
    end = certbot_log.ending(entry("x", f"Exiting abnormally:\n{chained}a.B: no"))
    assert end == ("a.B", "no", ("1\n\nDuring handling\n\nTraceback:\n  File \"b\"\na.B: no",))


def test_what_led_to_certbots_refusal_is_told() -> None:
    log = ended("certbot.errors.Error", "Server requires external account binding. Please")
    log = log.rstrip("\n") + "\n\nDuring handling of the above exception, another occurred:\n\n"
    log += 'Traceback (most recent call last):\n  File "main.py"\n    raise\n'
    log += "certbot.errors.Error: Unable to register an account with ACME server\n"
    seen = diagnosis.classify("Unable to register an account with ACME server\n", log, NOW)
    assert seen.remedy == acme_errors.NO_EAB


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "null", "<html>", '{"type": 1}'])
def test_what_is_no_document_is_none(text: str) -> None:
    assert ca_documents.within(text) == []
