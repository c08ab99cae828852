"""What is wrong between documents and project: a check returns lines, none if all is well."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath

import yaml

from . import markdown, project
from .project import Project

Documents = Mapping[str, str]

OPERATORS, AUTHORS, README = "docs/operators.md", "docs/authors.md", "README.md"
TOP = (
    "lib",
    "reactive",
    "tests",
    "docs",
    "examples",
    "juju-model",
    "templates",
    "files",
    "actions",
    "certbot-plugin",
    "hooks",
    "exec.d",
    "build",
    ".ci",
)
SHOWN = ("text", "mermaid")  # nothing to run: output, drawings
CHARM_FILES = ("yaml", "python", "nginx", "apache", "haproxy")

OPTION = re.compile(r"(?<![\w./:-])acme-[a-z][a-z-]*[a-z](?![\w.]|-\*)")
ACTION = re.compile(r"(?<![\w./-])lets-encrypt-[a-z]+(?![\w.])")
FLAG = re.compile(r"(?<![\w./-])lets-encrypt\.[a-z][a-z.-]*[a-z]")
FUNCTION = re.compile(r"\blets_encrypt\.(?!py\b)(\w+)")
CALL = re.compile(r"^(?:\w+\.)*(\w+)\([^)]*\)$")
PATH = re.compile(rf"(?<![\w./~-])(?:{'|'.join(map(re.escape, TOP))})/[\w./*:#-]*")
TEST = re.compile(r"\btest_\w+")
MAKE = re.compile(r"\bmake ((?:[a-z-]+ ?)+)")
RUN = re.compile(r"juju run \S+ ([\w-]+)((?: [\w-]+=\S+)*)")
CONFIG = re.compile(r"juju config \S+((?: --reset)?(?: [\w-]+(?:=(?:'[^']*'|\"[^\"]*\"|\S+))?)+)")


# -- blocks ----------------------------------------------------------------------------------------


def wrong_blocks(documents: Documents) -> list[str]:
    """Blocks that cannot be read as what they claim to be, and those that nothing can check."""
    found = []
    for name, text in documents.items():
        found += [
            f"{name}:{line}: indented; fence the block and name its language"
            for line in markdown.indented_blocks(text)
        ]
        for block in markdown.blocks(name, text):
            complaint = _complaint(block)
            found += [f"{block.where}: {complaint}"] if complaint else []
    return found


def _complaint(block: markdown.Block) -> str:
    if not block.language:
        return "has no language"
    if block.kind in ("run by", "part of"):
        return _elsewhere(block) or _unreadable(block)
    if block.kind == "not run" and len(block.argument.split()) < 3:
        return "says in too few words why it is not run"
    if block.kind == "not run" or block.language in SHOWN:
        return ""
    if block.language in READERS:
        return _unreadable(block)
    return "is checked by nothing; mark it (tests/documents/markdown.py says how)"


def _unreadable(block: markdown.Block) -> str:
    return READERS.get(block.language, lambda text: "")(block.text)


def _python(text: str) -> str:
    try:
        compile(text, "block", "exec")
    except SyntaxError as error:
        return f"is not Python: {error.msg}"
    return ""


def _yaml(text: str) -> str:
    try:
        yaml.safe_load(text)
    except yaml.YAMLError as error:
        return f"is not YAML: {error}"
    return ""


def _shell(text: str) -> str:
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, timeout=20)
    return f"is not shell: {done.stderr.strip()}" if done.returncode else ""


READERS = {"python": _python, "yaml": _yaml, "sh": _shell}


def _elsewhere(block: markdown.Block) -> str:
    if not project.exists(block.argument):
        return f"{block.argument} does not exist"
    text = (project.ROOT / block.argument).read_text()
    if block.kind == "run by":
        name = PurePosixPath(block.document).name
        return "" if name in text else f"{block.argument} does not name {name}"
    there = [line.strip() for line in text.splitlines()]
    lost = [line for line in block.text.splitlines() if line.strip() and line.strip() not in there]
    return f"{block.argument} has no line {lost[0].strip()!r}" if lost else ""


# -- what there is, is documented ------------------------------------------------------------------


def undocumented(documents: Documents, there: Project) -> list[str]:
    """What exists and is not written about where people look for it."""
    wanted = {
        OPERATORS: {
            "option": there.options,
            "action": there.actions,
            "status category": there.categories,
            "parameter of an action": {name for some in there.actions.values() for name in some},
        },
        AUTHORS: {
            "layer option": there.layer_options,
            "flag": there.flags,
            "key of an entry": there.entry_keys,
            "function": {f"{name}()" for name in there.functions if name.islower()},
        },
    }
    found = []
    for name, kinds in wanted.items():
        words = {
            word
            for _, code, _ in _code(name, documents[name])
            for word in re.findall(r"[\w.-]+(?:\(\))?", code.replace("(server)", "()"))
        }
        found += [
            f"{name}: the {kind} {one} is not described"
            for kind, ones in kinds.items()
            for one in sorted(ones)
            if one not in words
        ]
    return found


def wrong_categories(documents: Documents, there: Project) -> list[str]:
    """Rows about categories whose status is not the one that the code gives."""
    found = []
    for cells in markdown.table_rows(documents[OPERATORS]):
        name = cells[0].strip("`")
        if name in there.categories and there.categories[name] != cells[1].strip("*`"):
            found.append(f"{OPERATORS}: {name} is {there.categories[name]}, not {cells[1]}")
    return found


# -- what is documented, exists --------------------------------------------------------------------


def nonexistent(documents: Documents, there: Project) -> list[str]:
    """What is written about and does not exist."""
    found = []
    for name, text in documents.items():
        for line, code, language in _code(name, text):
            for complaint in (
                *_unknown_words(code, language, there),
                *_unknown_commands(code, language, there),
                *_unknown_paths(code, str(PurePosixPath(name).parent)),
            ):
                found.append(f"{name}:{line}: {complaint}")
    return found


def _code(name: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Everything written as code: spans, and the lines of blocks; with their language."""
    for line, span in markdown.code_spans(text):
        yield line, span, ""
    for block in markdown.blocks(name, text):
        if block.language in ("sh", *CHARM_FILES):
            for number, line in enumerate(block.text.splitlines(), block.line + 1):
                yield number, line, block.language


def _unknown_words(code: str, language: str, there: Project) -> Iterator[str]:
    kinds = (
        ("an option", OPTION, there.options),
        ("an action or a relation", ACTION, {*there.actions, *there.relations}),
        ("a flag", FLAG, there.flags),
        ("a function of lets_encrypt", FUNCTION, there.functions),
    )
    for kind, pattern, known in kinds:
        for word in pattern.findall(code):
            if word not in known:
                yield f"{word} is not {kind}"
    call = None if language or FUNCTION.search(code) else CALL.match(code)
    if call and call[1] not in there.definitions:
        yield f"{call[1]}() is defined nowhere"


def _unknown_commands(code: str, language: str, there: Project) -> Iterator[str]:
    for said in MAKE.findall(code) if language in ("", "sh") else ():
        for target in said.split():
            if target not in there.targets:
                yield f"the Makefile has no target {target}"
    for action, params in RUN.findall(code):
        given = set(re.findall(r"([\w-]+)=", params)) if action in there.actions else set()
        for param in sorted(given - there.actions.get(action, set())):
            yield f"{action} has no parameter {param}"
    for settings in CONFIG.findall(code):
        for key in re.findall(r" (?!--)([a-z][\w-]*)", re.sub(r"'[^']*'|\"[^\"]*\"", "", settings)):
            if key not in there.options:
                yield f"{key} is not an option"


def _unknown_paths(code: str, home: str) -> Iterator[str]:
    for path in PATH.findall(code):
        places = (f"{home}/{path}".lstrip("/"), path, f"examples/web/{path}")  # a charm's, too
        if not any(project.exists(place.rstrip(".")) for place in places):
            yield f"{path} does not exist"
    alone = re.fullmatch(r"[\w-]+\.(py|yaml|toml)", code)
    if alone and code not in project.file_names():
        yield f"no file is called {code}"
    for test in TEST.findall(code):
        if not _is_test(test.rstrip("_")):
            yield f"no test is called {test}"


@cache
def _is_test(name: str) -> bool:
    files = [
        *project.ROOT.glob("tests/*/test_*.py"),
        *project.ROOT.glob("juju-model/tests/test_*.py"),
    ]
    known = {path.stem for path in files}
    if name in known:
        return True
    return any(re.search(rf"def {re.escape(name)}", path.read_text()) for path in files)


def broken_links(documents: Documents) -> list[str]:
    """Links to files that are not there, and to headings that the file does not have."""
    found = []
    for name, text in documents.items():
        for line, target in markdown.links(text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            goal = _normal(PurePosixPath(name).parent / path) if path else name
            if not (project.ROOT / goal).exists():
                found.append(f"{name}:{line}: {target} leads nowhere")
            elif anchor and anchor not in markdown.anchors(documents.get(goal, "")):
                found.append(f"{name}:{line}: {goal} has no heading for #{anchor}")
    return found


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def unlisted(documents: Documents) -> list[str]:
    """Documents in docs/ that the index, or README, does not link."""
    found = []
    for index in ("docs/README.md", README):
        linked = {
            PurePosixPath(target.partition("#")[0]).name
            for _, target in markdown.links(documents.get(index, ""))
        }
        for name in documents:
            is_listed = PurePosixPath(name).name in linked or name == "docs/README.md"
            if name.startswith("docs/") and not is_listed:
                found.append(f"{index} does not link {name}")
    return found


# -- statuses --------------------------------------------------------------------------------------


def unknown_statuses(documents: Documents, there: Project) -> list[str]:
    """Statuses that are quoted, of which no part is in any text of the code."""
    known = {run for text in there.texts for length in (1, 2, 3) for run in _runs(text, length)}
    found = []
    for name, text in documents.items():
        for line, said in _statuses(name, text):
            longest = next(
                (runs for length in (3, 2, 1) if (runs := set(_runs(said, length)))), set()
            )
            if longest and not longest & known:
                found.append(f"{name}:{line}: nothing in the code says {said!r}")
    return found


def _statuses(name: str, text: str) -> Iterator[tuple[int, str]]:
    """What is quoted of statuses, without the name that they are about."""
    said = list(markdown.code_spans(text))
    for block in markdown.blocks(name, text):
        if block.language == "text":
            said += enumerate(block.text.splitlines(), block.line + 1)
    for line, words in said:
        found = re.search(r"TLS: (?:(?:www\.)?example[\w.]+: )?(.{8,})", words)
        if found:
            yield line, found[1]


def _runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    """All runs of so many words in a text, without punctuation."""
    for part in re.split(r"\.\.\.|[;:,]\s|\b\d+\b", text):
        words = re.findall(r"[\w'/.-]+", part.lower())
        for start in range(len(words) - length + 1):
            yield tuple(words[start : start + length])
