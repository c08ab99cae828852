"""Juju's side of the wall: an executable-level model of a unit agent and its controller."""
