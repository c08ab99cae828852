"""The way to the CA: proxies, TLS, clocks, the DNS; and Python's words made plain."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from layer_lets_encrypt.ca import directory, proxies
from layer_lets_encrypt.ca.directory import DirectoryError
from layer_lets_encrypt.machine import plain_words
from layer_lets_encrypt.rules.problem import Problem

NOW = 1_800_000_000.0


class Directory(BaseHTTPRequestHandler):
    """An ACME server's directory, for the path /dir; all else is not found."""

    def do_GET(self) -> None:
        body = json.dumps({"newOrder": "x"}).encode() if self.path == "/dir" else b"<html>"
        self.send_response(200 if self.path in ("/dir", "/html") else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def ca() -> Iterator[str]:
    """A directory over plain HTTP, whose address it yields."""
    with HTTPServer(("127.0.0.1", 0), Directory) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def failure(url: str, **env: str) -> Problem:
    with pytest.raises(DirectoryError) as raised:
        directory.fetch(url, env)
    return raised.value.problem


# Proxies


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [("http://127.0.0.1:{}", "127.0.0.1:{}"), ("http://user:secret@127.0.0.1:{}/", "127.0.0.1:{}"),
     ("127.0.0.1:{}", "127.0.0.1:{}")],
)  # fmt: skip
def test_a_dead_proxy_is_named_with_its_setting(proxy: str, shown: str, free_port: int) -> None:
    seen = failure("https://ca.example/dir", https_proxy=proxy.format(free_port))
    address = shown.format(free_port)
    assert seen == Problem(
        "transient",
        f"the proxy {address} (juju-https-proxy) on the way to the CA: connection refused",
        remedy="correct or reset that model setting",
    )


@pytest.mark.parametrize("proxy", ["http://[::1", "http://]", "[", "http://a]b:1"])
def test_a_proxy_that_is_no_address_is_named_with_its_setting(proxy: str) -> None:
    seen = failure("https://ca.example/dir", https_proxy=proxy)
    told = "the proxy that is not an address (juju-https-proxy) on the way to"
    assert seen.detail.startswith(told)
    assert seen.remedy == "correct or reset that model setting"


@pytest.mark.parametrize(
    "no_proxy", ["127.0.0.0/8", "10.0.0.0/8, 127.0.0.1", "127.0.0.1/32", "*", "localhost,127.0.0.1"]
)
def test_what_no_proxy_excepts_is_asked_without_one(no_proxy: str, ca: str, free_port: int) -> None:
    env = {"http_proxy": f"http://127.0.0.1:{free_port}", "no_proxy": no_proxy}
    assert directory.fetch(ca + "/dir", env) == {"newOrder": "x"}
    assert "juju-http-proxy" in failure(ca + "/dir", **dict(env, no_proxy="10.0.0.0/8")).detail


URLS = ("https://10.1.2.3/dir", "https://10.1.2.3:14000/dir", "https://ca.example.com/dir",
        "https://ca.example.com:14000/dir", "https://[2001:db8::1]/dir",
        "https://example.com/")  # fmt: skip
ENTRIES = ("10.0.0.0/8", "10.1.2.3", "10.1.2.3:14000", "10.9.0.0/16", "ca.example.com:14000",
           "ca.example.com", ".example.com", "example.com", "com", "*", "", "10.0.0.0/99", "x/y",
           "10.0.0.0/8,example.com:443", " ca.example.com , other", "2001:db8::1")  # fmt: skip


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("no_proxy", ENTRIES)
def test_exceptions_are_those_of_certbots_requests(
    url: str, no_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = pytest.importorskip("requests")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    env = {"https_proxy": "http://proxy:1", "no_proxy": no_proxy}
    excepted = requests.utils.should_bypass_proxies(url, no_proxy)
    assert (proxies.proxies_for(url, env) == {}) == excepted
    assert proxies.described(url, env) == ("" if excepted else "proxy:1 (juju-https-proxy)")


# TLS and clocks


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[Path, Path, str, list[bytes]]]:
    """Serve the key and certificate in two files on the address that it yields."""
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                plain = listener.accept()[0]
            except OSError:
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain, key)
            try:
                with context.wrap_socket(plain, server_side=True) as secure:
                    heard.append(secure.recv(10))
            except OSError:
                plain.close()

    threading.Thread(target=serve, daemon=True).start()
    yield key, chain, f"https://127.0.0.1:{listener.getsockname()[1]}/dir", heard
    listener.close()


CONFIG = """[ca]
default_ca = d
[d]
database = {0}.db
serial = {0}.serial
new_certs_dir = {1}
default_md = sha256
policy = p
x509_extensions = x
unique_subject = no
[p]
commonName = supplied
[x]
subjectAltName = {2}
[req]
distinguished_name = n
[n]
"""


def issue(key: Path, chain: Path, name: str, begin: int, end: int) -> None:
    """Make a self-signed certificate; ``begin`` and ``end`` in days from now."""
    now = datetime.now(timezone.utc)
    days = [(now + timedelta(days=day)).strftime("%Y%m%d%H%M%SZ") for day in (begin, end)]
    config = chain.with_suffix(".cnf")
    config.write_text(CONFIG.format(chain.with_suffix(""), chain.parent, name))
    chain.with_suffix(".db").write_text("")
    chain.with_suffix(".serial").write_text("01\n")
    csr = chain.with_suffix(".csr")
    for command in (
        ["req", "-config", config, "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj",
         "/CN=ca", "-out", csr],
        ["ca", "-config", config, "-batch", "-selfsign", "-keyfile", key, "-in", csr, "-out",
         chain, "-startdate", days[0], "-enddate", days[1], "-notext"],
    ):  # fmt: skip
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)


LOOPBACK = "IP:127.0.0.1"


@pytest.mark.parametrize(
    ("name", "begin", "end", "trusted", "category", "cause", "remedy"),
    [
        (LOOPBACK, -5, 5, False, "configuration", "the unit does not trust its TLS certificate",
         "set acme-ca-certificates if it is a private CA"),
        (LOOPBACK, -500, -400, True, "transient",
         "its TLS certificate has expired by the unit's clock, ", "check the unit's clock"),
        (LOOPBACK, 400, 500, True, "transient",
         "its TLS certificate is not valid yet by the unit's clock, ", "check the unit's clock"),
        ("DNS:ca.example", -5, 5, True, "configuration",
         "its TLS certificate is for another name", "check the host name"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_cas_tls_is_said_plainly(
    tls, name: str, begin: int, end: int, trusted: bool, category: str, cause: str, remedy: str
) -> None:
    key, chain, url, _ = tls
    issue(key, chain, name, begin, end)
    env = {"REQUESTS_CA_BUNDLE": str(chain)} if trusted else {}
    seen = failure(url, **env)
    assert (seen.category, seen.remedy) == (category, remedy)
    assert seen.detail.startswith(f"the CA at {url} cannot be reached: {cause}")
    if "clock" in cause:
        assert time.strftime("%Y-%m-%d %H:", time.gmtime()) in seen.detail


def test_a_port_without_tls_is_named(ca: str) -> None:
    seen = failure(ca.replace("http:", "https:") + "/dir")
    assert (seen.category, seen.remedy) == ("configuration", "check the port")


def test_what_is_no_directory_is_told(ca: str) -> None:
    wrong = {"/html": "its answer is not an ACME directory", "/x": "HTTP 404 Not Found"}
    for path, said in wrong.items():
        seen = failure(ca + path)
        assert (seen.category, seen.remedy) == ("transient", "check acme-server")
        assert seen.detail == f"the CA at {ca}{path} cannot be reached: {said}"


# Words


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "connection refused"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "the unit has no route to it"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no route leads to it"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
         "the connection was closed before the answer was complete"),
        (http.client.IncompleteRead(b"x", 5),
         "the connection was closed before the answer was complete"),
        (http.client.RemoteDisconnected("Remote end closed connection without response"),
         "the connection was closed before the answer was complete"),
        (socket.timeout("timed out"), "no answer in time"),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), "no answer in time"),
        (socket.gaierror(-2, "Name or service not known"), "the DNS has no such name"),
        (socket.gaierror(-3, "Temporary failure in name resolution"),
         "the unit's DNS does not answer"),
        (socket.gaierror(-5, "No address associated with hostname"),
         "the name has no address in the DNS"),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"),
         "the proxy wants a user and a password"),
        (OSError("Tunnel connection failed: 403 Forbidden"), "the proxy refuses to connect to it"),
        (OSError(errno.ENOSPC, "No space left on device", "/etc/x"),
         "No space left on device for /etc/x"),
        (OSError(errno.EROFS, "Read-only file system", "/etc/x"),
         "Read-only file system for /etc/x"),
        (OSError(errno.EMFILE, "Too many open files", "/etc/x"), "Too many open files for /etc/x"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "Disk quota exceeded"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "Permission denied for /x"),
        (OSError(errno.EBADF, "Bad file descriptor"), "Bad file descriptor"),
        (ValueError("a word (_ssl.c:992)"), "a word"),
        (KeyError(), "KeyError"),
    ],
)  # fmt: skip
def test_errors_are_told_without_numbers_of_errors_and_lines(
    error: BaseException, cause: str
) -> None:
    assert plain_words.plain(error).cause == cause
    assert plain_words.plain(urllib.error.URLError(error)).cause == cause  # type: ignore[arg-type]
    if str(error):
        assert plain_words.plain(f"{type(error).__name__}: {error}").cause.endswith(cause)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify"
         " failed: certificate has expired (_ssl.c:992)'))",
         "its TLS certificate has expired by the unit's clock, 2027-01-15 08:00 UTC"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed certificate in"
         " certificate chain (_ssl.c:1007)", "the unit does not trust its TLS certificate"),
        ("certificate verify failed: Hostname mismatch, certificate is not valid for 'x'.",
         "its TLS certificate is for another name"),
        ("certificate verify failed: CA cert does not include key usage extension (_ssl.c:1000)",
         "the unit does not accept its TLS certificate"),
        ("requests.exceptions.ProxyError: HTTPSConnectionPool(host='ca', port=443): Max retries"
         " exceeded with url: /dir (Caused by ProxyError('Cannot connect to proxy.',"
         " NewConnectionError('<x>: Failed: [Errno 111] Connection refused')))",
         "the proxy cannot be reached"),
        ("ConnectionError: HTTPSConnectionPool(host='ca.x', port=443): Max retries exceeded with"
         " url: /dir (Caused by NameResolutionError(\"<x>: Failed to resolve 'ca.x' ([Errno -3]"
         " Temporary failure in name resolution)\"))", "the unit's DNS does not answer"),
    ],
)  # fmt: skip
def test_the_words_of_certbots_libraries_are_made_plain(text: str, cause: str) -> None:
    assert plain_words.plain(text, NOW).cause == cause


def test_a_long_text_is_made_plain_in_time() -> None:
    for text in ("[Errno " * 200_000, "(_ssl.c:" * 100_000, "[SSL: " * 200_000, "'" * 10**6):
        begin = time.process_time()
        plain_words.plain("No space left on device " + text)
        plain_words.plain(text)
        assert time.process_time() - begin < 5
