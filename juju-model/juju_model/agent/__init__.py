"""The processes: the controller, the unit agents, their sockets, locks and programs."""
