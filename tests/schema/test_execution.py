"""On the chat's own schema, breadth-first execution gives the results of graphql-core.

`scripts/test tests/schema/test_execution.py` executes some hundred documents for agents with different permissions.
With `EXECUTION_ROUNDS=10` in the environment, it executes ten times as many.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from chat.identity import AgentToken
from models.enums import ItemKind
from server.http.operations import Operations, RequestFailed
from server.http.requests import GraphQLRequest
from server.schema import ChatExecutor, build_schema
from subscriptions.context import StreamContext
from tests.execution.documents import Document, Limits, documents
from tests.execution.reference import InOrderExecutor
from tests.schema.scene import Scene
from tests.support.api import Account, Api, Json
from tests.support.long_documents import LONG_DOCUMENTS

DOCUMENTS = 150 * int(os.environ.get("EXECUTION_ROUNDS", "1"))
LIMITS = Limits(depth=7, selections=4, total=24)
READERS = ["ana", "bruno", "carla", "davi", "extra-0000"]

BREADTH_FIRST = Operations(build_schema(ChatExecutor), LONG_DOCUMENTS)
REFERENCE = Operations(build_schema(InOrderExecutor), LONG_DOCUMENTS)

# graphql-core drops the coroutines of fields that it does not need any more, because a value around them is null.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


@pytest.fixture(scope="module")
async def scene(api: Api) -> Scene:
    scene = await Scene.build(api)
    account = scene.account
    replied_to = scene.message
    for number, author in enumerate((account.bruno, account.carla, account.davi) * 3):
        item = {"kind": "DEAL", "id": str(number % 3)}
        if number < 3:
            account.add_item(ItemKind.DEAL, str(number), hidden_from=[READERS[number]])
        replied_to = await author.send(
            scene.private, "[@Davi](mention://user/davi/Davi)", replyToId=replied_to, cards=[item]
        )
        await author.mutate("addChatReaction", "message { id }", messageId=replied_to, emoji="👍")
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=replied_to)
    await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    return scene


@settings(
    max_examples=DOCUMENTS,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    # Shrinking a failure would execute thousands of documents.
    phases=[Phase.reuse, Phase.generate],
)
@given(st.data())
async def test_queries_give_the_results_of_graphql_core(app: Starlette, scene: Scene, data: st.DataObject) -> None:
    schema = BREADTH_FIRST._schema
    document = data.draw(documents(schema, scalars=_values(scene), limits=LIMITS))
    for reader in data.draw(st.lists(st.sampled_from(READERS), min_size=1, max_size=2, unique=True)):
        expected = await _execute(REFERENCE, app, scene.account, reader, document)
        assert await _execute(BREADTH_FIRST, app, scene.account, reader, document) == expected


async def _execute(operations: Operations, app: Starlette, account: Account, reader: str, document: Document) -> Json:
    token = AgentToken(account.account_id, reader, datetime.now(UTC) + timedelta(hours=1))
    try:
        operation = await operations.find(GraphQLRequest(document.text, document.variables, None), token)
    except RequestFailed as failed:  # a literal that is no time
        return {"errors": failed.errors}
    result = await operations.execute(operation, StreamContext(app.state.services, token, app.state.hub))
    answer: Json = orjson.loads(result.encode())
    assert "INTERNAL_SERVER_ERROR" not in str(answer.get("errors")), answer["errors"]
    return answer


def _values(scene: Scene) -> Mapping[str, Sequence[Any]]:
    """Returns the values of arguments: mostly ids that exist."""
    channels = [scene.public, scene.private, scene.announcement]
    agents = ["ana", "carla", "ghost"]
    return {
        "ID": [*channels, scene.message, *agents, "1", "7"],
        "Int": [1, 2, 50, 100, 101],
        "String": ["", "a", "nonsense"],
        "DateTime": ["2026-11-27T12:00:00Z", "not a time"],
        "_Any": ["not a representation"],
    }
