"""The libraries of the layers that make up this charm."""

import importlib
import importlib.util
import os
import sys
import types

NOT_IMPORTED = ("__init__", "__pycache__", "basic")


def import_layer_libs():
    """Import every module in lib/charms/layer, so that ``charms.layer.NAME`` works unimported."""
    for entry in sorted(os.listdir(os.path.dirname(__file__))):
        name, suffix = os.path.splitext(entry)
        if name not in NOT_IMPORTED and suffix in ("", ".py"):
            importlib.import_module("charms.layer." + name)


class _CallableModule(types.ModuleType):
    """Lets old charms say ``layer.options("section")`` for ``layer.options.get("section")``."""

    def __call__(self, section=None, layer_file=None):
        if layer_file is None:
            return self.get(section)
        return self.get(section, layer_file=layer_file)


def patch_options_interface():
    """Make the module ``charms.layer.options`` callable."""
    importlib.import_module("charms.layer.options").__class__ = _CallableModule


if "yaml" in sys.modules or importlib.util.find_spec("yaml"):
    patch_options_interface()
