"""Changes of the model as messages between a machine's agent and the controller."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ..state.flush import FlushError
from ..state.pending import Pending
from ..state.requests import RequestError
from ..state.secret_store import SecretError
from ..state.store import Store
from ..values import Entry

PACKAGES = ("state", "tools")
REFUSALS: dict[str, type[Exception]] = {
    kind.__name__: kind for kind in (FlushError, RequestError, SecretError)
}
PENDING = "pending changes"


def request(function: Callable[..., Any], args: tuple[Any, ...]) -> Entry:
    """A call of `function` as plain data."""
    module = function.__module__.rpartition("juju_model.")[2]
    plain = [{PENDING: arg.to_plain()} if isinstance(arg, Pending) else arg for arg in args]
    return {"function": f"{module}:{function.__name__}", "args": plain}


def function_of(name: str) -> Callable[..., Any]:
    """The function of this package that a message names."""
    module, _, function = name.partition(":")
    if module.partition(".")[0] not in PACKAGES:
        raise ValueError(f"{name} is not a change of the model")
    found: Callable[..., Any] = getattr(
        importlib.import_module(f"..{module}", __package__), function
    )
    return found


def apply(store: Store, message: Entry) -> Entry:
    """Make a change that an agent asks for: its result, or why it is refused."""
    args = [
        Pending.from_plain(arg[PENDING]) if isinstance(arg, dict) and PENDING in arg else arg
        for arg in message["args"]
    ]
    with store.lock:
        try:
            return {"result": store.change(function_of(message["function"]), *args)}
        except tuple(REFUSALS.values()) as error:
            return {"refused": [type(error).__name__, str(error)]}


def result(answer: Entry) -> Any:
    """What a change returns; raises what it raised at the controller."""
    if "refused" in answer:
        kind, text = answer["refused"]
        raise REFUSALS[kind](text)
    return answer["result"]
