"""Read the layer options that ``charm build`` left in layer.yaml."""

import os

import yaml

_cache = {}


def get(section=None, option=None, layer_file="layer.yaml"):
    """All options, those of one layer (``section``), or one of them; None or {} if there is none.

    Raises ValueError for an option without its section.
    """
    if option and not section:
        raise ValueError("Cannot specify option without section")
    path = os.path.realpath(os.path.join(os.environ.get("JUJU_CHARM_DIR", "."), str(layer_file)))
    if path not in _cache:
        with open(path) as stream:
            _cache[path] = yaml.safe_load(stream)
    found = _cache[path].get("options", {})
    if section:
        found = found.get(section, {})
    return found.get(option) if option else found
