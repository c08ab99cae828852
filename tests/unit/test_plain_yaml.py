"""YAML in options: all scalars are text, and what is wrong is told without showing a secret."""

from __future__ import annotations

import json

import pytest
from layer_lets_encrypt.rules import dns_options, plain_yaml
from layer_lets_encrypt.rules.request import InvalidRequest

SECRET = "very-secret-value"


@pytest.mark.parametrize(
    "written",
    ["1234-56-78", "20240115", "007", "yes", "null", "0x1f", "2024-01-15", "1e400", "~", "1_000",
     "on", "12:30:45", ".inf", "0o14", "true", "3.10"],
)  # fmt: skip
def test_a_scalar_of_yaml_stays_as_it_is_written(written: str) -> None:
    assert plain_yaml.read_mapping(f"auth_token: {written}") == {"auth_token": written}
    inner = plain_yaml.read_mapping(f"zones:\n  a.b: {{provider: x, list: [{written}]}}")
    assert inner["zones"]["a.b"]["list"] == [written]


def test_yaml_may_be_indented_and_have_comments_and_aliases() -> None:
    text = "  # a comment\n  a: &x {b: '1'}\n  c: *x\n  d:\n"
    assert plain_yaml.read_mapping(text) == {"a": {"b": "1"}, "c": {"b": "1"}, "d": ""}
    assert plain_yaml.read_mapping("") == plain_yaml.read_mapping("# nothing") == {}


@pytest.mark.parametrize(
    "text",
    [f"a: {SECRET}\n\tb: 1", f"a: '{SECRET}", f"{SECRET}: [", f"a: {SECRET}: x", f"{SECRET}\0: b",
     f'a: "{SECRET}\\Uffffffff"', f'a: "{SECRET}\\ud800"', f"a: {SECRET}\na: 2", f"a: !{SECRET} x",
     f"<<: {{{SECRET}: b}}", f"? [{SECRET}]\n: b", f"a: *{SECRET}", f"a: &{SECRET} [*{SECRET}]",
     f"{SECRET}: {'[' * 40}", f"{SECRET}: 1\n---\nb: 2",
     "%YAML " + "9" * 5000 + f".1\n---\n{SECRET}"],
)  # fmt: skip
def test_what_is_no_yaml_is_told_by_its_line_without_its_text(text: str) -> None:
    with pytest.raises(plain_yaml.Unreadable, match="line [12]") as raised:
        plain_yaml.read_mapping(text)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("text", [SECRET, f"[{SECRET}]", "x: " + SECRET * 10_000])
def test_what_is_no_mapping_is_told_without_its_text(text: str) -> None:
    with pytest.raises(plain_yaml.Unreadable) as raised:
        plain_yaml.read_mapping(text)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "sign", ["@", "*", "%", "[", "{", "`", "&", "!", "#", "|", ">", "- ", "a: "]
)
def test_a_value_that_yaml_would_read_in_another_way_is_to_be_put_in_quotes(sign: str) -> None:
    with pytest.raises(plain_yaml.Unreadable, match="quotes.* line 2|line 2.* quotes") as raised:
        plain_yaml.read_mapping(f"zone_id: 1\nauth_token: {sign}{SECRET}")
    assert SECRET not in str(raised.value)
    quoted = plain_yaml.read_mapping(f"zone_id: 1\nauth_token: '{sign}{SECRET}'")
    assert quoted["auth_token"] == sign + SECRET


def test_a_comment_after_an_empty_value_is_a_comment() -> None:
    assert plain_yaml.read_mapping("a: # none\nb: 1 #one\nc:\n#two\n") == {
        "a": "", "b": "1", "c": ""
    }  # fmt: skip


def test_json_may_be_indented_with_tabs() -> None:
    plain = {"zones": {"a.b": {"provider": "x", "port": 53}}, "auth_token": "a\tb"}
    assert plain_yaml.read_mapping(json.dumps(plain, indent="\t")) == dns_options.texts(plain)


def test_yaml_that_is_indented_with_tabs_is_told_what_to_do() -> None:
    with pytest.raises(plain_yaml.Unreadable, match="indent it with blanks, not with tabs"):
        plain_yaml.read_mapping(f"zones:\n\ta.b:\n\t\tauth_token: {SECRET}")
    with pytest.raises(plain_yaml.Unreadable, match="with a blank between"):
        plain_yaml.read_mapping(f"auth_token:{SECRET}")


def test_aliases_cannot_multiply() -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for this, that in zip("bcdefghi", "abcdefgh"):
        text += f"{this}: &{this} [{','.join(['*' + that] * 10)}]\n"
    with pytest.raises(plain_yaml.Unreadable, match="more than 5000 values"):
        plain_yaml.read_mapping(text)


def test_providers_get_texts_alone() -> None:
    own = {"port": 53, "tls": True, "none": None, "list": [1.5, "x"], 7: {"a": False}}
    assert dns_options.texts(own) == {
        "port": "53", "tls": "true", "none": "", "list": ["1.5", "x"], "7": {"a": "false"}
    }  # fmt: skip


def test_options_of_the_plugin_itself_have_their_types() -> None:
    plain = plain_yaml.read_mapping("extra_wait: 007\nnameservers: 192.0.2.1, 192.0.2.2")
    built = dns_options.build("powerdns", plain, {}, None, "/state")
    assert (built["extra_wait"], built["nameservers"]) == (7, ["192.0.2.1", "192.0.2.2"])
    with pytest.raises(InvalidRequest, match="extra_wait"):
        dns_options.build("powerdns", {"extra_wait": "soon"}, {}, None, "/state")
