"""What web servers include answers challenges in spite of what else stands in their files."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from layer_lets_encrypt.rules.challenge import STATELESS, WEBROOT
from layer_lets_encrypt.web import snippets
from world.world import World

THUMBPRINT, TOKEN = "a-thumb_print", "a-Token_1"
ROOT, FOLDER = "/srv/challenges", "/etc/layer-lets-encrypt/web-0"
PATH = "/.well-known/acme-challenge/"
ANSWER = f"{TOKEN}.{THUMBPRINT}"

# What may stand in a server's own part of the configuration, and would keep the CA out.
NGINX_TRAPS = {
    "nothing": "",
    "redirect of all": "return 301 https://$host$request_uri;",
    "redirect in a location": "location / { return 301 https://$host$request_uri; }",
    "password": 'auth_basic "private"; auth_basic_user_file /etc/hostname;',
    "addresses": "deny all;",
    "dot files": r"location ~ /\. { deny all; }",
    "scripts": r"location ~ ^/ { return 403; }",
}
APACHE_TRAPS = {
    "nothing": "",
    "redirect of all": "Redirect permanent / https://www.example.com/",
    "rewritten redirect": "RewriteEngine On\n"
    "RewriteRule ^/?(.*) https://www.example.com/$1 [R=301,L]",
    "password": "<Location />\nAuthType Basic\nAuthName x\nAuthUserFile /etc/hostname\n"
    "Require valid-user\n</Location>",
    "dot files": '<LocationMatch "/\\.">\nRequire all denied\n</LocationMatch>',
}
HAPROXY_TRAPS = {
    "nothing": "",
    "redirect of all": "http-request redirect scheme https",
    "deny": "http-request deny",
}

NGINX = """pid /run/nginx-test.pid; error_log /var/log/nginx-test; events {{}}
http {{ access_log off; server {{ listen 80; server_name www.example.com; root /srv;
include {snippet};
{trap}
}} }}
"""
APACHE = """ServerRoot /etc/apache2
PidFile /run/apache2-test.pid
ErrorLog /var/log/apache2-test
{modules}
ServerName www.example.com
Listen 80
User www-data
Group www-data
<VirtualHost *:80>
DocumentRoot /srv
Include {snippet}
{trap}
</VirtualHost>
"""
MODULES = ("mpm_event", "authz_core", "authn_core", "authn_file", "authz_user", "authz_host",
           "auth_basic", "rewrite", "alias")  # fmt: skip
HAPROXY = """defaults
 mode http
 timeout connect 5s
 timeout client 5s
 timeout server 5s
frontend web
 bind :80
{text}
 {trap}
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[World]:
    with World() as world:
        world.write(f"{ROOT}{PATH}{TOKEN}", ANSWER)
        for folder in ("/srv", ROOT, f"{ROOT}/.well-known", f"{ROOT}{PATH}".rstrip("/")):
            world.path(folder).chmod(0o755)
        yield world


def snippet(machine: World, kind: str, challenge, tmp_path: Path) -> str:
    """Write the snippets and return the path of one inside the world."""
    outside = tmp_path / "web-0"
    snippets.write(outside, challenge, ROOT, THUMBPRINT)
    machine.copy_in(outside, FOLDER)
    return f"{FOLDER}/{Path(snippets.paths(outside)[kind]).name}"


def answers(machine: World, paths: list[str]) -> list[tuple[int, str]]:
    """Status and body for each path, from port 80."""
    found = []
    for path in paths:
        visitor = http.client.HTTPConnection("www.example.com")
        visitor.sock = machine.connect("127.0.0.1", 80)
        visitor.request("GET", path, headers={"Connection": "close"})
        answer = visitor.getresponse()
        found.append((answer.status, answer.read().decode()))
        visitor.close()
    return found


def run_nginx(machine: World, path: str, trap: str) -> Callable[[], None]:
    machine.write("/etc/nginx-test.conf", NGINX.format(snippet=path, trap=trap))
    machine.run(["nginx", "-c", "/etc/nginx-test.conf"])
    return lambda: machine.run(["nginx", "-c", "/etc/nginx-test.conf", "-s", "stop"]) and None


def run_apache2(machine: World, path: str, trap: str) -> Callable[[], None]:
    modules = "\n".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES
    )
    text = APACHE.format(snippet=path, trap=trap, modules=modules)
    machine.write("/etc/apache2-test.conf", text)
    machine.run(["apache2", "-f", "/etc/apache2-test.conf"])
    return lambda: machine.run(["apache2", "-f", "/etc/apache2-test.conf", "-k", "stop"]) and None


def run_haproxy(machine: World, path: str, trap: str) -> Callable[[], None]:
    text = HAPROXY.format(text=machine.path(path).read_text(), trap=trap)
    machine.write("/etc/haproxy-test.cfg", text)
    machine.run(["haproxy", "-f", "/etc/haproxy-test.cfg", "-D", "-p", "/run/haproxy-test.pid"])
    return lambda: machine.run(["sh", "-c", "kill $(cat /run/haproxy-test.pid)"]) and None


KINDS = {
    "nginx": (run_nginx, NGINX_TRAPS),
    "apache2": (run_apache2, APACHE_TRAPS),
    "haproxy": (run_haproxy, HAPROXY_TRAPS),
}
CASES = [(kind, challenge, trap) for kind, (_, traps) in KINDS.items()
         for challenge in (STATELESS, WEBROOT) for trap in traps]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "challenge", "trap"), CASES, ids=[f"{k}-{c.name}-{t}" for k, c, t in CASES]
)
def test_the_ca_gets_its_answer(machine: World, tmp_path: Path, kind, challenge, trap) -> None:
    run, traps = KINDS[kind]
    path = snippet(machine, kind, challenge, tmp_path)
    stop = run(machine, path, traps[trap])
    try:
        wait_for_port(machine, taken=True)
        right, foreign, strange = answers(
            machine, [PATH + TOKEN, PATH + "no<script>", "/somewhere/" + TOKEN]
        )
    finally:
        stop()
        wait_for_port(machine, taken=False)
    assert right == (200, ANSWER)
    assert THUMBPRINT not in foreign[1] and THUMBPRINT not in strange[1]


def wait_for_port(machine: World, taken: bool) -> None:
    seen = "ss -Htln sport = :80 | grep -q ."
    wanted = seen if taken else f"! {seen}"
    loop = f"for i in $(seq 100); do if {wanted}; then exit 0; fi; sleep 0.1; done; exit 1"
    machine.run(["sh", "-c", loop])
