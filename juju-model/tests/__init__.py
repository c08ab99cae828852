"""Holding the model of Juju to what the real one answered."""
