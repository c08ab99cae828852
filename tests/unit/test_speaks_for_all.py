"""Which failure of one order tells that the others would fail, too."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes import orders
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.passes.orders import Orders
from layer_lets_encrypt.rules.challenge import STANDALONE
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.wanted import Wanted

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"newOrder": ""}'


@pytest.fixture(scope="module")
def ca(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """The address of a server with an ACME directory, and the certificate to trust."""
    folder = tmp_path_factory.mktemp("ca")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                plain, _ = listener.accept()
                with suppress(OSError), context.wrap_socket(plain, server_side=True) as visitor:
                    visitor.recv(1000)
                    visitor.sendall(ANSWER)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/dir", cert.read_text()


def the_orders(server: str, trusted: str, folder: Path) -> Orders:
    wanted = Wanted((), Account(server, ca_certificates=trusted), STANDALONE)
    machine = Machine(wanted, Places(folder, folder), {}, lambda text: None)
    ledger, reader = Ledger(folder / "history.json"), Reader(folder / "facts.json")
    return Orders(machine, ledger, reader, lambda text: None, lambda number, total: None)


ZONE = Problem("transient", "no answer from its DNS provider", name="a.example")
ANYBODY = Problem("transient", "certbot did not end in time")


def test_a_failure_of_one_zone_keeps_nobody_else_away(ca, tmp_path: Path) -> None:
    some = the_orders(*ca, tmp_path)
    assert not any(some._speaks_for_all(ZONE) for _ in range(20))


def test_a_failure_of_nobody_in_particular_counts_if_the_ca_is_away(ca, tmp_path: Path) -> None:
    assert the_orders("https://127.0.0.1:1/dir", "", tmp_path)._speaks_for_all(ANYBODY)
    some = the_orders(*ca, tmp_path)
    seen = [some._speaks_for_all(ANYBODY) for _ in range(orders.MOST_TRANSIENT)]
    assert seen == [False] * (orders.MOST_TRANSIENT - 1) + [True], "but not without an end"


@pytest.mark.parametrize(("category", "all_of_them"), [("local", True), ("validation", False)])
def test_a_full_disk_speaks_for_all_and_a_refusal_for_itself(
    ca, tmp_path: Path, category: str, all_of_them: bool
) -> None:
    problem = Problem(category, "x")
    assert the_orders(*ca, tmp_path)._speaks_for_all(problem) is all_of_them
