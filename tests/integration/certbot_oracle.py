"""Ask a real certbot whether it would renew a lineage in place: run by certbot's own Python.

``PYTHON certbot_oracle.py NAME KEY CERT FOLDER...`` prints one word for each config folder:
"renewed" if certbot put the certificate into live/NAME, "kept" if it was content with what was
there, "another" if it would have made another lineage, "failed" for anything else. Only the CA is
left out: what it would send is in the files KEY and CERT.
"""

import contextlib
import os
import sys
import tempfile
from types import SimpleNamespace
from typing import Any

ANSWERS = os.dup(1)


class Client:
    """Stands for certbot's client of the CA, which is all that is asked of the network."""

    account = SimpleNamespace(meta=SimpleNamespace(register_to_eff=None))

    def __init__(self, key: bytes, cert: bytes) -> None:
        self.key = key
        self.cert = cert

    def obtain_certificate(self, *_: Any) -> Any:
        return self.cert, self.cert, SimpleNamespace(pem=self.key, file=None), None

    def obtain_and_enroll_certificate(self, *_: Any) -> None:
        os._exit(3)  # it does not know the lineage and would make another one


def renew(folder: str, name: str, client: Client) -> None:
    """Run certbot as the layer does; the exit status says nothing."""
    from certbot._internal import main

    main._init_le_client = lambda *_: client  # type: ignore[assignment]
    os.chdir("/")
    with tempfile.TemporaryDirectory() as rest:
        words = ["certonly", "-n", "--agree-tos", "--no-directory-hooks", "--cert-name", name]
        words += ["--server", "https://127.0.0.1:14000/dir", "--standalone", "--force-renewal"]
        words += ["--no-reuse-key", "-d", name, "--register-unsafely-without-email"]
        words += ["--key-type", "ecdsa", "--config-dir", folder]
        words += ["--work-dir", f"{rest}/work", "--logs-dir", f"{rest}/logs"]
        main.main(words)


def judge(folder: str, name: str, client: Client) -> str:
    child = os.fork()
    if not child:
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        with contextlib.suppress(BaseException):
            renew(folder, name, client)
            os._exit(0)
        os._exit(4)
    status = os.WEXITSTATUS(os.waitpid(child, 0)[1])
    try:
        with open(f"{folder}/live/{name}/cert.pem", "rb") as live:
            if live.read() == client.cert:
                return "renewed"
    except OSError:
        pass
    return {0: "kept", 3: "another"}.get(status, "failed")


if __name__ == "__main__":
    with open(sys.argv[2], "rb") as key, open(sys.argv[3], "rb") as cert:
        CLIENT = Client(key.read(), cert.read())
    from certbot._internal.plugins import disco

    disco.PluginsRegistry.find_all()  # imports nearly all, once, before the forks
    for place in sys.argv[4:]:
        os.write(ANSWERS, (judge(place, sys.argv[1], CLIENT) + "\n").encode())
