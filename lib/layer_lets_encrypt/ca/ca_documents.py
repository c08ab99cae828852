"""The CA's problem documents (RFC 7807, RFC 8555 section 6.7), read as JSON: pure, bounded.

They stand alone, in an order, in an authorization's challenges or with text around them.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Iterable, Iterator, NamedTuple

from layer_lets_encrypt.ca.acme_errors import kind_of, of_request
from layer_lets_encrypt.rules.problem import SEVERITY

MAX_JSON = 1 << 20  # characters of one answer
MAX_TRIES = 50  # places at which an object may begin in a text
MAX_NODES = 20_000
MAX_SUBPROBLEMS = 200
MAX_DETAIL = 8000  # a link with a long token must stay whole


class Document(NamedTuple):
    """One problem: its ACME type ("" for none), the CA's words, the name and a link, if any.

    ``challenge`` tells that it was found in a challenge.
    """

    kind: str
    detail: str
    name: str = ""
    link: str = ""
    challenge: bool = False


def parse(text: str) -> Any | None:
    """Return the first JSON object in ``text``, None if there is none."""
    text = text[:MAX_JSON]
    start = text.find("{")
    # Numbers stay text: making one of a million digits takes long.
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, strict=False)
    for _ in range(MAX_TRIES):
        if start < 0:
            return None
        try:
            return decoder.raw_decode(text, start)[0]
        except json.JSONDecodeError as error:
            start = text.find("{", max(error.pos, start + 1))  # what was read is not read again
        except RecursionError:
            return None
    return None


def of_refusal(body: str) -> Document | None:
    """Return what an answer with an HTTP error says, None if that is not a JSON object."""
    plain = parse(body)
    if not isinstance(plain, dict):
        return None
    return next(_found(plain), None) or _document(plain, "", False)


def within(body: str) -> list[Document]:
    """Return all ACME errors in an order, an authorization, a challenge or a text around one."""
    plain = parse(body)
    return list(_found(plain)) if isinstance(plain, dict) else []


def authorizations(bodies: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield name and state of each authorization among answers, in their order."""
    for plain in map(parse, bodies):
        if isinstance(plain, dict) and "challenges" in plain:
            name, state = _identifier(plain), plain.get("status")
            if name and isinstance(state, str):
                yield name, state


def _found(plain: dict[str, Any]) -> Iterator[Document]:
    """Yield the errors in plain data, from the outside in; what has come to a good end has none."""
    left: deque[tuple[Any, str, bool]] = deque([(plain, "", False)])
    for _ in range(MAX_NODES):
        if not left:
            return
        node, name, challenge = left.popleft()
        if isinstance(node, list):
            left += [(inner, name, challenge) for inner in node[:MAX_SUBPROBLEMS]]
        elif isinstance(node, dict) and kind_of(node.get("type")):
            yield _document(node, name, challenge)
        elif isinstance(node, dict) and node.get("status") != "valid":
            name, challenge = _identifier(node) or name, challenge or "token" in node
            left += [(inner, name, challenge or key == "challenges") for key, inner in node.items()
                     if isinstance(inner, (dict, list))]  # fmt: skip


def _document(plain: dict[str, Any], name: str, challenge: bool) -> Document:
    """Return the document, with the words of the subproblem that matters most, if it has any."""
    kind, name = kind_of(plain.get("type")), _identifier(plain) or name
    detail = _text(plain, "detail", "title", "message", "error_description")
    inner = plain.get("subproblems")
    subs = [_document({**sub, "subproblems": None}, name, challenge)
            for sub in (inner if isinstance(inner, list) else [])[:MAX_SUBPROBLEMS]
            if isinstance(sub, dict)]  # fmt: skip
    if subs:
        first = min(subs, key=lambda sub: SEVERITY[of_request(sub.kind).category] != "blocked")
        kind = first.kind if kind in ("", "compound") else kind
        name, detail = first.name or name, first.detail or detail
    return Document(kind, detail, name, _text(plain, "instance"), challenge)


def _identifier(plain: dict[str, Any]) -> str:
    inner = plain.get("identifier")
    return _text(inner, "value") if isinstance(inner, dict) else ""


def _text(plain: dict[str, Any], *keys: str) -> str:
    """Return the first of the values that is a text."""
    values = [plain.get(key) for key in keys]
    return next((value[:MAX_DETAIL] for value in values if isinstance(value, str) and value), "")
