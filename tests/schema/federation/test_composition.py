"""The chat's SDL composes with modules that have messages, channels, agents, a viewer and titles of their own.
Compositions that must fail show that the tools do check."""

import re
from pathlib import Path

import pytest
from graphql import ObjectTypeDefinitionNode, TypeDefinitionNode, parse

from tests.schema.federation.composing import Composition, Subgraph, compose

pytestmark = [pytest.mark.node, pytest.mark.parametrize("rules", ["apollo", "guild"])]


def composed(folder: Path, rules: str, own_sdl: str, siblings: list[Subgraph]) -> Composition:
    return compose(folder, rules, [Subgraph("chat", own_sdl), *siblings])


def without(sdl: str, text: str, instead: str = "") -> str:
    assert text in sdl
    return sdl.replace(text, instead)


def changed(siblings: list[Subgraph], name: str, text: str, instead: str) -> list[Subgraph]:
    return [Subgraph(s.name, without(s.sdl, text, instead) if s.name == name else s.sdl) for s in siblings]


def test_the_sdl_composes_alone(rules: str, node_folder: Path, own_sdl: str) -> None:
    assert composed(node_folder, rules, own_sdl, []).errors == []


def test_the_sdl_composes_with_the_sibling_modules(
    rules: str, node_folder: Path, own_sdl: str, siblings: list[Subgraph]
) -> None:
    composition = composed(node_folder, rules, own_sdl, siblings)
    assert composition.errors == []
    assert composition.supergraph is not None
    types = {
        definition.name.value: definition
        for definition in parse(composition.supergraph).definitions
        if isinstance(definition, TypeDefinitionNode)
    }
    deal = types["Deal"]
    assert isinstance(deal, ObjectTypeDefinitionNode)
    fields = {each.name.value for each in deal.fields or ()}
    assert fields == {"id", "card", "sharedIn", "title", "value", "stage", "contact", "owner"}
    assert {"Message", "ChatMessage", "Channel", "ChatChannel", "Agent", "ChatAgent"} <= types.keys()


def test_a_pageinfo_that_is_not_shareable_fails(
    rules: str, node_folder: Path, own_sdl: str, siblings: list[Subgraph]
) -> None:
    shareable, bare = "type PageInfo @shareable", "type PageInfo"
    theirs = changed(siblings, "accounts", shareable, bare)
    assert composed(node_folder, rules, own_sdl, theirs).codes == {"INVALID_FIELD_SHARING"}
    ours = without(own_sdl, shareable, bare)
    assert composed(node_folder, rules, ours, siblings).codes == {"INVALID_FIELD_SHARING"}


@pytest.mark.parametrize("directive", ["", " @shareable"])
def test_a_title_field_in_the_sdl_and_in_the_owners_fails(
    rules: str, directive: str, node_folder: Path, own_sdl: str, siblings: list[Subgraph]
) -> None:
    deal = re.search(r"type Deal [^{]*\{", own_sdl)
    assert deal is not None
    titled = without(own_sdl, deal[0], f"{deal[0]} title: String!{directive} ")
    assert composed(node_folder, rules, titled, siblings).codes == {"INVALID_FIELD_SHARING"}


def test_an_owner_with_another_key_fails(rules: str, node_folder: Path, own_sdl: str, siblings: list[Subgraph]) -> None:
    theirs = changed(
        siblings,
        "crm",
        'type Deal @key(fields: "id") {\n  id: ID!',
        'type Deal @key(fields: "number") {\n  number: ID!',
    )
    assert composed(node_folder, rules, own_sdl, theirs).codes == {"SATISFIABILITY_ERROR"}


def test_a_root_field_with_the_same_name_in_a_sibling_fails(
    rules: str, node_folder: Path, own_sdl: str, siblings: list[Subgraph]
) -> None:
    theirs = changed(siblings, "accounts", "account: Account!", "account: Account!\n  chatViewer: Account!")
    assert composed(node_folder, rules, own_sdl, theirs).errors != []
