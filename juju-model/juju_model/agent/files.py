"""Files that the agent keeps on the machine: tools, charm directories, executables."""

from __future__ import annotations

import json
import os
import shutil

from ..paths import Paths
from ..state.profiles import Profile

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFEST = "manifest.json"


def install_machine(paths: Paths, profile: Profile) -> None:
    """The tool client, the on-machine runner, and `jujud version`."""
    folder = versioned_tools(paths, profile)
    os.makedirs(folder, exist_ok=True)
    shutil.copy(os.path.join(HERE, "tool_client.py"), os.path.join(folder, "jujuc"))
    os.makedirs(paths.machine_tools, exist_ok=True)
    write_program(
        os.path.join(paths.machine_tools, "jujud"),
        f"#!/bin/sh\necho {profile.version}-ubuntu-amd64\n",
    )
    with open(os.path.join(HERE, "exec_client.py"), encoding="utf-8") as source:
        text = source.read().replace("@RUN_SOCKET@", paths.run_socket)
    os.makedirs(paths.at("/usr/bin"), exist_ok=True)
    write_program(paths.at(f"/usr/bin/{profile.runner}"), text)


def remove_machine(paths: Paths, profile: Profile) -> None:
    """Take the runner away."""
    runner = paths.at(f"/usr/bin/{profile.runner}")
    if os.path.exists(runner):
        os.unlink(runner)


def write_program(path: str, text: str) -> None:
    """An executable file; a new one each time, as the old one may be running."""
    with open(path + ".new", "w", encoding="utf-8") as target:
        target.write(text)
    os.chmod(path + ".new", 0o755)
    os.replace(path + ".new", path)


def versioned_tools(paths: Paths, profile: Profile) -> str:
    """Where the tool client of this release is."""
    return os.path.join(paths.juju, "tools", f"{profile.version}-ubuntu-amd64")


def link_tools(paths: Paths, unit: str, profile: Profile) -> None:
    """The unit's tool directory: links to the client, just the tools of the release."""
    folder = paths.tools(unit)
    os.makedirs(folder, exist_ok=True)
    client = os.path.join(versioned_tools(paths, profile), "jujuc")
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    for name in profile.tools:
        os.symlink(client, os.path.join(folder, name))


def store_charm(source: str, target: str) -> None:
    """The controller's copy of a charm, as it was given."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(".git"))


def charm_files(folder: str) -> list[str]:
    """All that is not a directory, relative to `folder`."""
    found = []
    for base, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(base, name))]
        found += [os.path.relpath(os.path.join(base, name), folder) for name in names + links]
    return sorted(found)


def deploy_charm(source: str, agent_folder: str, revision: int) -> None:
    """Lay a charm over the unit's; files of the older charm alone go, the unit's own stay.

    Juju writes the charm's revision number into the file `revision`.
    """
    charm = os.path.join(agent_folder, "charm")
    manifest = os.path.join(agent_folder, MANIFEST)
    new = charm_files(source)
    os.makedirs(charm, exist_ok=True)
    if os.path.exists(manifest):
        with open(manifest, encoding="utf-8") as text:
            for name in set(json.load(text)) - set(new):
                remove_file(os.path.join(charm, name))
    for name in new:
        remove_file(os.path.join(charm, name))
    shutil.copytree(source, charm, symlinks=True, dirs_exist_ok=True)
    with open(manifest, "w", encoding="utf-8") as text:
        json.dump(new, text)
    with open(os.path.join(charm, "revision"), "w", encoding="ascii") as text:
        text.write(str(revision))


def remove_file(path: str) -> None:
    """A file or link, if it is there."""
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)


def remove_unit(paths: Paths, unit: str) -> None:
    """Tools and agent directory of a unit that is over."""
    shutil.rmtree(paths.tools(unit), ignore_errors=True)
    shutil.rmtree(paths.agent(unit), ignore_errors=True)


def remove_stored(paths: Paths) -> None:
    """The controller's copies of charms and resources."""
    for name in ("charms", "resources"):
        shutil.rmtree(os.path.join(paths.controller, name), ignore_errors=True)


def resource_target(paths: Paths, application: str, name: str, source: str) -> str:
    """The controller's copy of a resource; returns its path."""
    folder = paths.stored_resource(application, name)
    os.makedirs(folder, exist_ok=True)
    return shutil.copy(source, folder)
