"""The controller's socket: JSON requests and JSON answers."""

from __future__ import annotations

import json

from ..state.charm import CharmError
from ..state.lookup import Refused
from .server import Server
from .verbs import VERBS


class ControlSocket(Server):
    """Serves the operator's client."""

    def __init__(self, agent, stop):
        self.agent = agent
        self.stop = stop
        self.agent.stopping = False
        self.agent.held_contexts = {}
        super().__init__(agent.paths.control_socket)

    def answer(self, fields):
        """One JSON request, one JSON answer."""
        (request,) = fields
        return [json.dumps(self.answer_verb(json.loads(request))).encode()]

    def answered(self):
        """End the process if that was asked for."""
        if self.agent.stopping:
            self.stop.set()

    def answer_verb(self, request):
        """{"result": ...} or {"error": text}."""
        try:
            verb = VERBS[request["verb"]]
            return {"result": verb(self.agent, **request["arguments"])}
        except (Refused, CharmError) as error:
            return {"error": str(error)}
        except Exception as error:  # the client must hear of it
            self.agent.fault(error)
            return {"error": f"fault of the controller: {error!r}"}
