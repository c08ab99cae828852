"""The controller's socket: one JSON request and one JSON answer for each connection."""

from __future__ import annotations

import json
import threading

from .. import wire
from ..state.charm import CharmError
from ..state.lookup import Refused
from .verbs import VERBS


class ControlSocket:
    """Serves the operator's client."""

    def __init__(self, agent, stop):
        self.agent = agent
        self.stop = stop
        self.agent.stopping = False
        self.agent.held_contexts = {}
        self.server = wire.listen(agent.paths.control_socket)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """One thread for each request."""
        while True:
            connection, _ = self.server.accept()
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        """Read a request, answer it."""
        with connection:
            try:
                (request,) = wire.unpack(connection)
                answer = json.dumps(self.answer(json.loads(request)))
                connection.sendall(wire.pack([answer.encode()]))
            except (ConnectionError, OSError):
                return
            finally:
                if self.agent.stopping:
                    self.stop.set()

    def answer(self, request):
        """{"result": ...} or {"error": text}."""
        try:
            verb = VERBS[request["verb"]]
            return {"result": verb(self.agent, **request["arguments"])}
        except (Refused, CharmError) as error:
            return {"error": str(error)}
        except Exception as error:  # the client must hear of it
            self.agent.fault(error)
            return {"error": f"fault of the controller: {error!r}"}
