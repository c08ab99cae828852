"""The documents name what there is, all of it and nothing else; each check is seen to fail."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import pytest

if sys.version_info < (3, 10):
    reason = "reads the documents with what Python 3.10 brings; what it reads is the same"
    pytest.skip(reason, allow_module_level=True)

from documents import checks, project
from documents.project import Project

THERE = project.read()
DOCUMENTS = project.documents()

CHECKS: dict[str, Callable[[Mapping[str, str], Project], list[str]]] = {
    "blocks": lambda documents, there: checks.wrong_blocks(documents),
    "undocumented": checks.undocumented,
    "categories": checks.wrong_categories,
    "nonexistent": checks.nonexistent,
    "links": lambda documents, there: checks.broken_links(documents),
    "index": lambda documents, there: checks.unlisted(documents),
    "statuses": checks.unknown_statuses,
}


@cache
def complaints(check: str) -> frozenset[str]:
    return frozenset(CHECKS[check](DOCUMENTS, THERE))


@pytest.mark.parametrize("check", CHECKS)
def test_the_documents_are_right(check: str) -> None:
    found = complaints(check)
    assert not found, "\n" + "\n".join(sorted(found))


def test_the_readme_is_short() -> None:
    assert len(DOCUMENTS["README.md"].splitlines()) < 150


PLANTED_TEXTS = [
    ("blocks", "\n    make demo\n", "fence the block"),
    ("blocks", "```\nmake demo\n```\n", "has no language"),
    ("blocks", "```cheese\nmoon\n```\n", "is checked by nothing"),
    ("blocks", "```python\nmoon(\n```\n", "is not Python"),
    ("blocks", "```yaml\nmoon: [\n```\n", "is not YAML"),
    ("blocks", "```sh\necho 'moon\n```\n", "is not shell"),
    ("blocks", "<!-- not run: no -->\n```sh\nmake demo\n```\n", "in too few words"),
    ("blocks", "<!-- run by: tests/build/none.py -->\n```sh\nx\n```\n", "does not exist"),
    ("blocks", "<!-- run by: Makefile -->\n```sh\nx\n```\n", "does not name contract.md"),
    ("blocks", "<!-- part of: Makefile -->\n```sh\nmoon: cheese\n```\n", "no line 'moon: cheese'"),
    ("nonexistent", "`acme-moon`", "acme-moon is not an option"),
    ("nonexistent", "```sh\njuju config web moon=1\n```", "moon is not an option"),
    ("nonexistent", "```sh\njuju config web --reset moon\n```", "moon is not an option"),
    ("nonexistent", "`lets-encrypt-moon`", "lets-encrypt-moon is not an action or a relation"),
    ("nonexistent", "`juju run web/0 lets-encrypt-renew moon=1`", "no parameter moon"),
    ("nonexistent", "`lets-encrypt.moon`", "lets-encrypt.moon is not a flag"),
    ("nonexistent", "`lets_encrypt.moon()`", "not a function of lets_encrypt"),
    ("nonexistent", "`moon_landing()`", "defined nowhere"),
    ("nonexistent", "`lib/moon.py`", "lib/moon.py does not exist"),
    ("nonexistent", "`build/moonbase`", "build/moonbase does not exist"),
    ("nonexistent", "`moon.py`", "no file is called moon.py"),
    ("nonexistent", "`test_moon_landing`", "no test is called test_moon_landing"),
    ("nonexistent", "`make moon`", "no target moon"),
    ("nonexistent", "```sh\nmake test moon\n```", "no target moon"),
    ("links", "[a](moon.md)", "leads nowhere"),
    ("links", "[a](dns.md#moon)", "has no heading for #moon"),
    ("links", "[a](#moon)", "has no heading for #moon"),
    ("statuses", "`TLS: www.example.com: the moon is full ...`", "nothing in the code says"),
]


@pytest.mark.parametrize(("check", "text", "said"), PLANTED_TEXTS)
def test_a_wrong_text_is_noticed(check: str, text: str, said: str) -> None:
    name = "docs/contract.md"
    planted = {**DOCUMENTS, name: f"{DOCUMENTS[name]}\n{text}\n"}
    found = set(CHECKS[check](planted, THERE)) - complaints(check)
    assert len(found) == 1 and said in found.pop()


PLANTED_THINGS = [
    ("undocumented", replace(THERE, options=THERE.options | {"acme-moon"}), "option acme-moon"),
    (
        "undocumented",
        replace(THERE, actions={**THERE.actions, "lets-encrypt-moon": frozenset()}),
        "action",
    ),
    (
        "undocumented",
        replace(THERE, actions={"lets-encrypt-renew": frozenset({"moon"})}),
        "parameter",
    ),
    ("undocumented", replace(THERE, flags=THERE.flags | {"lets-encrypt.moon"}), "flag"),
    ("undocumented", replace(THERE, functions=THERE.functions | {"moon"}), "function moon()"),
    (
        "undocumented",
        replace(THERE, layer_options=THERE.layer_options | {"moon"}),
        "layer option moon",
    ),
    (
        "undocumented",
        replace(THERE, entry_keys=THERE.entry_keys | {"moon"}),
        "key of an entry moon",
    ),
    (
        "undocumented",
        replace(THERE, categories={**THERE.categories, "moon": "waiting"}),
        "category moon",
    ),
    (
        "categories",
        replace(THERE, categories={**THERE.categories, "paused": "waiting"}),
        "paused is waiting",
    ),
]


@pytest.mark.parametrize(("check", "there", "said"), PLANTED_THINGS)
def test_a_thing_that_nobody_describes_is_noticed(check: str, there: Project, said: str) -> None:
    found = CHECKS[check](DOCUMENTS, there)
    assert len(found) == 1 and said in found[0]


def test_a_document_without_a_link_is_noticed() -> None:
    planted = {**DOCUMENTS, "docs/moon.md": "# Moon\n"}
    found = checks.unlisted(planted)
    assert found == [
        f"{index} does not link docs/moon.md" for index in ("docs/README.md", "README.md")
    ]
