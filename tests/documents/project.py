"""What the project has, read from its files: options, actions, flags, functions, targets ..."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("lib", "reactive", "certbot-plugin")
FLAG = re.compile(r"lets-encrypt\.[a-z][a-z.-]*[a-z]")
GENERATED = ("build", ".git", "__pycache__")


@dataclass(frozen=True)
class Project:
    """All that documents may name. ``actions`` has the parameters of each action."""

    options: frozenset[str]
    actions: dict[str, frozenset[str]]
    relations: frozenset[str]
    layer_options: frozenset[str]
    flags: frozenset[str]
    functions: frozenset[str]
    entry_keys: frozenset[str]
    categories: dict[str, str]  # to the status that each one gives
    targets: frozenset[str]
    texts: tuple[str, ...]  # what is written between quotes in the code that ships
    definitions: frozenset[str]  # names of functions and classes anywhere


def read() -> Project:
    """What there is now."""
    trees = [ast.parse(path.read_text()) for folder in SHIPPED for path in sources(folder)]
    texts = tuple(sorted({text for tree in trees for text in strings(tree)}))
    return Project(
        options=frozenset(load("config.yaml")["options"]),
        actions=actions(),
        relations=frozenset(load("metadata.yaml")["peers"]),
        layer_options=frozenset(
            name for name, shape in load("layer.yaml")["defines"].items() if "type" in shape
        ),
        flags=frozenset(text for text in texts if FLAG.fullmatch(text)),
        functions=frozenset(constant("__all__", "lib/charms/layer/lets_encrypt.py")),
        entry_keys=frozenset(key.replace("_", "-") for key in constant("KEYS", module("entry.py"))),
        categories=dict(constant("SEVERITY", module("problem.py"))),
        targets=frozenset(re.findall(r"(?m)^([a-z][a-z-]*):", (ROOT / "Makefile").read_text())),
        texts=texts,
        definitions=definitions(),
    )


def load(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text())


def actions() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(about.get("params", ())) for name, about in load("actions.yaml").items()
    }


def sources(folder: str) -> Iterator[Path]:
    """The Python files of a folder."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not set(GENERATED) & set(path.relative_to(ROOT).parts):
            yield path


@cache
def file_names() -> frozenset[str]:
    """What files are called, anywhere in the project but in what is generated."""
    found: set[str] = set()
    for _, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in GENERATED]
        found.update(files)
    return frozenset(found)


def module(name: str) -> str:
    """Where the one module of this name is, below lib."""
    (found,) = (ROOT / "lib").rglob(name)
    return str(found.relative_to(ROOT))


def constant(name: str, path: str):
    """The value of a module's constant; the module is not imported."""
    for node in ast.parse((ROOT / path).read_text()).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return ast.literal_eval(node.value)
    raise LookupError(f"{path} has no {name}")


def strings(tree: ast.AST) -> Iterator[str]:
    """Every text in the code; where a value is put into one, three dots are the value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def definitions() -> frozenset[str]:
    folders = (*SHIPPED, "tests", "juju-model", "examples")
    text = "\n".join(path.read_text() for folder in folders for path in sources(folder))
    return frozenset(re.findall(r"(?m)^\s*(?:async )?(?:def|class) (\w+)", text))


@cache
def exists(path: str) -> bool:
    """Whether a path of the project is there; one below build, whether something makes it."""
    path = re.split(r"[:#]", path)[0].rstrip("/")
    if path.startswith("build/"):
        name = re.sub(r"[A-Z0-9.*-]+$", "", path.split("/")[1].split(".")[0])
        makers = [
            ROOT / "Makefile",
            *(ROOT / "tests").rglob("*.py"),
            *(ROOT / "tests").rglob("*.sh"),
        ]
        makers = [maker for maker in makers if maker.name != "test_documents.py"]
        return any(name in maker.read_text() for maker in makers)
    return bool(list(ROOT.glob(path))) if "*" in path else (ROOT / path).exists()


def documents() -> dict[str, str]:
    """The documents by their paths."""
    paths = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "juju-model/README.md"]
    return {str(path.relative_to(ROOT)): path.read_text() for path in sorted(paths)}
