"""Ask a TLS server for its certificate the way a browser would, and say what came.

Inside a world: ``python3 probe.py --name www.example.com --root ROOT.pem [--port 443]`` prints JSON
and exits 1 if the certificate is not good for that name. From outside a world:

    seen = probe.look("www.example.com", root_pem, connect=w.connect)
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import socket
import ssl
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

Connect = Callable[[str, int], socket.socket]


@dataclasses.dataclass(frozen=True)
class Seen:
    """A certificate as a visitor sees it; times are aware, the serial is lower-case hexadecimal."""

    names: tuple[str, ...]
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime

    def as_json(self) -> dict[str, Any]:
        """For printing: times as ISO 8601."""
        plain = dataclasses.asdict(self)
        return {key: str(v) if isinstance(v, datetime) else v for key, v in plain.items()}


def _connect(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), 5)


def look(name: str, root_pem: str, port: int = 443, connect: Connect = _connect) -> Seen:
    """Connect to 127.0.0.1 with this server name and verify the chain against ``root_pem`` alone.

    Raises ssl.SSLCertVerificationError (wrong name, foreign issuer, expired) or OSError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=root_pem)
    plain = connect("127.0.0.1", port)
    with plain, context.wrap_socket(plain, server_hostname=name) as secured:
        return _read(secured.getpeercert() or {})


def _read(fields: Any) -> Seen:
    issuer = {key: value for part in fields["issuer"] for key, value in part}
    return Seen(
        names=tuple(value for kind, value in fields.get("subjectAltName", ()) if kind == "DNS"),
        issuer=issuer.get("commonName", ""),
        serial=fields["serialNumber"].lower(),
        not_before=_time(fields["notBefore"]),
        not_after=_time(fields["notAfter"]),
    )


def _time(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), timezone.utc)


def main() -> int:
    """Command line; 0 = good, 1 = not."""
    parser = argparse.ArgumentParser(description="Look at the certificate served on 127.0.0.1.")
    parser.add_argument("--name", required=True)
    parser.add_argument("--root", required=True, type=Path, help="PEM file of the trusted root")
    parser.add_argument("--port", type=int, default=443)
    args = parser.parse_args()
    try:
        seen = look(args.name, args.root.read_text(), args.port)
    except OSError as error:  # ssl.SSLError is one
        print(json.dumps({"error": str(error)}))
        return 1
    print(json.dumps(seen.as_json()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
