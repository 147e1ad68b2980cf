import json

import pytest
from graphql import OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values

from server.graphiql.examples import EXAMPLES, FOLDER, Example
from server.schema import schema


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_and_its_variables_are_valid(example: Example) -> None:
    document = parse(example.query)
    assert validate(schema._schema, document) == []
    variables = json.loads(example.variables or "{}")
    declared = set()
    for operation in document.definitions:
        assert isinstance(operation, OperationDefinitionNode)
        definitions = operation.variable_definitions or ()
        values = get_variable_values(schema._schema, definitions, variables)
        assert not isinstance(values, list), values
        declared |= {definition.variable.name.value for definition in definitions}
    assert set(variables) == declared


def test_every_example_file_has_a_tab() -> None:
    assert {file.stem for file in FOLDER.glob("*.graphql")} == {example.name for example in EXAMPLES}
