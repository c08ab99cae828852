"""The state of certificates as plain data, for charms and actions."""

from datetime import datetime, timezone
from typing import Any, Dict, List, Optional, Sequence

from layer_lets_encrypt import history
from layer_lets_encrypt.history import Record
from layer_lets_encrypt.lineage import Lineage, Reader
from layer_lets_encrypt.request import Request
from layer_lets_encrypt.wanted import Places


def certificates(requests: Sequence[Request], places: Places) -> List[Dict[str, Any]]:
    """Return one dict for each request; reads the disk, changes nothing."""
    past, reader = history.load(places.history), Reader(places.facts)
    return [
        _certificate(request, reader.inspect(request.lineage), past.of(request.lineage))
        for request in requests
    ]


def _certificate(request: Request, lineage: Lineage, record: Record) -> Dict[str, Any]:
    found = lineage.found
    return {
        "name": request.lineage,
        "names": list(request.names),
        "on_disk": lineage.holds(request.names),
        "not_before": _iso(found.not_before) if found else None,
        "not_after": _iso(found.not_after) if found else None,
        "serial": found.serial if found else None,
        "issuer": found.issuer if found else None,
        "key_type": found.key_type if found else None,
        "error": record.problem.text if record.problem else None,
        "next_attempt": _iso(record.not_before) if record.failures else None,
    }


def _iso(seconds: Optional[float]) -> Optional[str]:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
