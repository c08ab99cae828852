"""One deadline for a whole exchange, whatever whoever is asked does in it."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from layer_lets_encrypt.ca import directory
from layer_lets_encrypt.ca.directory import DirectoryError
from layer_lets_encrypt.dns import lookup as dns_lookup
from layer_lets_encrypt.machine import deadline
from layer_lets_encrypt.machine.deadline import Budget, within
from layer_lets_encrypt.web import served

FOREVER = 600  # seconds; a test that waits so long has failed


def test_an_exchange_gives_its_answer_or_its_error() -> None:
    assert within(FOREVER, lambda: 7) == 7
    with pytest.raises(KeyError):
        within(FOREVER, lambda: {}["x"])


def test_an_exchange_without_an_end_is_late() -> None:
    never = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.05, never.wait)
    never.set()


def test_a_budget_is_spent_by_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    budget = Budget(10)
    assert (budget.left(), budget.left(3)) == (10, 3)
    now[0] += 8
    assert (budget.left(), budget.left(3), budget.spent) == (2, 2, False)
    budget.extend(5)
    assert budget.left() == 7
    now[0] += 100
    assert (budget.left(), budget.left(3), budget.spent) == (0, 0, True)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Start servers on loopback: each connection is handed to the function; returns the port."""
    with contextlib.ExitStack() as servers:

        def start(answer: Callable[[socket.socket], None]) -> int:
            listener = servers.enter_context(socket.create_server(("127.0.0.1", 0)))

            def accept() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        visitor, _ = listener.accept()
                        threading.Thread(target=answer, args=(visitor,), daemon=True).start()

            threading.Thread(target=accept, daemon=True).start()
            return int(listener.getsockname()[1])

        yield start


def drip(visitor: socket.socket, head: bytes = b"", piece: bytes = b"x") -> None:
    """Send a byte again and again, faster than any timeout for single answers."""
    with contextlib.suppress(OSError), visitor:
        visitor.sendall(head)
        while True:
            visitor.sendall(piece)
            time.sleep(0.05)


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    """Key and certificate of 127.0.0.1 in one file."""
    path = tmp_path / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + (tmp_path / "cert.pem").read_text())
    return path


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"],
    ids=["status line", "header", "body"],
)
def test_a_directory_that_drips_is_a_problem_in_time(serve, tls: Path, head: bytes) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls)

    def answer(visitor: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(visitor, server_side=True) as secure:
            secure.recv(1000)
            drip(secure, head)

    url = f"https://127.0.0.1:{serve(answer)}/dir"
    with pytest.raises(DirectoryError) as failed:
        directory.fetch(url, {"REQUESTS_CA_BUNDLE": str(tls.with_name("cert.pem"))}, 0.5)
    assert failed.value.problem.category == "transient"


def test_a_handshake_that_drips_shows_no_certificate(serve, monkeypatch) -> None:
    monkeypatch.setattr(served, "TIMEOUT", 0.5)
    alert = b"\x16\x03\x01\x40\x00"  # a handshake record of 16 KiB that never becomes whole
    assert served.look("www.example.com", "127.0.0.1", serve(lambda v: drip(v, alert))) is None


class Silent:
    """A name server that hears every question and answers none below ``deaf_to``."""

    def __init__(self, deaf_to: str = "") -> None:
        self.asked: list[str] = []
        self._deaf_to = deaf_to
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        from dns import message, rcode

        with contextlib.suppress(OSError):
            while True:
                data, whom = self._socket.recvfrom(4096)
                question = message.from_wire(data)
                name = str(question.question[0].name)
                self.asked.append(name)
                if not name.endswith(self._deaf_to):
                    answer = message.make_response(question)
                    answer.set_rcode(rcode.NXDOMAIN)
                    self._socket.sendto(answer.to_wire(), whom)

    def resolver(self):
        from dns import resolver

        asker = resolver.Resolver(configure=False)
        asker.nameservers, asker.port, asker.timeout = ["127.0.0.1"], self.port, 0.1
        return asker

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_lookup, "TIMEOUT", 0.4)
    monkeypatch.setattr(dns_lookup, "ALIVE", 0.4)


def lookups_by(server: Silent, monkeypatch: pytest.MonkeyPatch) -> dns_lookup.Lookups:
    monkeypatch.setattr(dns_lookup, "_resolver", server.resolver)
    return dns_lookup.Lookups(Budget(FOREVER))


@pytest.mark.usefixtures("quick")
def test_the_first_failure_of_a_silent_resolver_speaks_for_all_names(monkeypatch) -> None:
    with contextlib.closing(Silent()) as server:
        lookups = lookups_by(server, monkeypatch)
        for number in range(20):
            with pytest.raises(dns_lookup.LookupFailed, match="resolver does not answer"):
                lookups.addresses(f"new{number}.example.com")
    assert set(server.asked) == {"new0.example.com.", "."}


@pytest.mark.usefixtures("quick")
def test_a_zone_whose_servers_are_silent_speaks_for_itself_only(monkeypatch) -> None:
    with contextlib.closing(Silent(deaf_to="bad.example.")) as server:
        lookups = lookups_by(server, monkeypatch)
        with pytest.raises(dns_lookup.LookupFailed, match="does not answer for www.bad.example"):
            lookups.addresses("www.bad.example")
        assert lookups.addresses("www.good.example") == []


def test_with_the_budget_spent_nobody_is_asked(monkeypatch) -> None:
    with contextlib.closing(Silent()) as server:
        monkeypatch.setattr(dns_lookup, "_resolver", server.resolver)
        with pytest.raises(dns_lookup.LookupFailed, match="no time was left"):
            dns_lookup.Lookups(Budget(0)).addresses("www.example.com")
        assert server.asked == []


def test_the_directory_is_read_as_json_still(serve, tls: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls)
    body = json.dumps({"newOrder": "x"}).encode()

    def answer(visitor: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(visitor, server_side=True) as secure:
            secure.recv(1000)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    url = f"https://127.0.0.1:{serve(answer)}/dir"
    trust = {"REQUESTS_CA_BUNDLE": str(tls.with_name("cert.pem"))}
    assert directory.fetch(url, trust) == {"newOrder": "x"}


def test_a_machine_without_room_for_a_thread_is_an_error_of_the_machine(monkeypatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(OSError, match="nobody can be asked"):
        within(FOREVER, lambda: 7)
