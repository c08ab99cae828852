"""Charms for the tests: a metadata file and one script for each hook or action."""

from __future__ import annotations

import os

import yaml

PEERS = {"peers": {"cluster": {"interface": "cluster"}}}
WEBSITE = {"provides": {"website": {"interface": "http"}}}
PROXY = {"requires": {"backend": {"interface": "http"}}}


def build(
    folder,
    name="web",
    hooks=None,
    actions=None,
    options=None,
    action_schemas=None,
    dispatch=None,
    **metadata,
):
    """Write a charm; `hooks` and `actions` map names to shell scripts. Returns its folder."""
    os.makedirs(folder, exist_ok=True)
    described = {"name": name, "summary": name, "description": name, **metadata}
    write_yaml(folder, "metadata.yaml", described)
    if options:
        write_yaml(folder, "config.yaml", {"options": options})
    if action_schemas is not None:
        write_yaml(folder, "actions.yaml", action_schemas)
    if dispatch is not None:
        write_script(os.path.join(folder, "dispatch"), dispatch)
    for kind, scripts in (("hooks", hooks), ("actions", actions)):
        for script, text in (scripts or {}).items():
            write_script(os.path.join(folder, kind, script), text)
    return folder


def write_yaml(folder, name, content):
    """One YAML file."""
    with open(os.path.join(folder, name), "w", encoding="utf-8") as target:
        yaml.safe_dump(content, target)


def write_script(path, text):
    """An executable shell script that stops at the first failing command."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as target:
        target.write(f"#!/bin/bash\nset -e\n{text}\n")
    os.chmod(path, 0o755)
