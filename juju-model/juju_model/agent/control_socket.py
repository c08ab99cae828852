"""The controller's socket: JSON requests and JSON answers."""

from __future__ import annotations

import json
import threading

from ..state.charm import CharmError
from ..state.lookup import Refused
from ..values import Entry
from . import (  # noqa: F401  some are imported for the verbs that they declare
    faults,
    from_agents,
    held_contexts,
    power,
    questions,
)
from .controller import Controller
from .server import Server
from .verbs import VERBS


class ControlSocket(Server):
    """Serves the operator's client."""

    def __init__(self, controller: Controller, stop: threading.Event) -> None:
        self.controller = controller
        self.stop = stop
        super().__init__(controller.paths.control_socket)

    def answer(self, fields: list[bytes]) -> list[bytes]:
        """One JSON request, one JSON answer."""
        (request,) = fields
        return [json.dumps(self.answer_verb(json.loads(request))).encode()]

    def answered(self) -> None:
        """End the process if that was asked for."""
        if self.controller.stopping:
            self.stop.set()

    def answer_verb(self, request: Entry) -> Entry:
        """{"result": ...} or {"error": text}."""
        try:
            verb = VERBS[request["verb"]]
            return {"result": verb(self.controller, **request["arguments"])}
        except (Refused, CharmError) as error:
            return {"error": str(error)}
        except Exception as error:  # the client must hear of it
            faults.report(error)
            return {"error": f"fault of the controller: {error!r}"}
