"""Every root field for everybody who could ask: the answer, and that a refusal wrote nothing."""

from contextlib import suppress

import pytest
from starlette.applications import Starlette

from tests.schema.documents import MUTATIONS, ROOT_FIELDS, SUBSCRIPTIONS, document, outcome
from tests.schema.permissions import ASKERS, EPHEMERAL, MATRIX, Row
from tests.schema.scene import Scene
from tests.support.api import Api, ApiClient, Json
from tests.support.fingerprint import Fingerprint, fingerprint
from tests.support.in_process_socket import Socket

STIRS = 3


def test_the_matrix_has_a_row_for_every_root_field_and_for_nothing_else() -> None:
    assert MATRIX.keys() == ROOT_FIELDS.keys()
    assert all(row.outcomes.keys() == set(ASKERS) for row in MATRIX.values())


def test_every_row_has_somebody_who_may() -> None:
    assert [row.field for row in MATRIX.values() if "ok" not in row.outcomes.values()] == []


@pytest.mark.parametrize("field", sorted(MATRIX))
async def test_who_is_refused_is_told_so_and_has_written_nothing(app: Starlette, api: Api, field: str) -> None:
    row, scene = MATRIX[field], await _scene(api, MATRIX[field])
    refused = [asker for asker in ASKERS if row.outcomes[asker] != "ok"]
    for asker in sorted(refused, key=lambda name: "module off" not in name):
        before, answer, after = await _ask(app, scene, row, asker)
        assert answer == row.outcomes[asker], asker
        assert after == before or answer == "silent", f"{asker} changed something"
    # The very same request passes for somebody, so each refusal above was for who asked and for nothing else.
    allowed = next(asker for asker in reversed(ASKERS) if row.outcomes[asker] == "ok")
    assert await _outcome(app, scene, row, scene.asker(allowed)) == "ok"


@pytest.mark.parametrize("field", sorted(MATRIX))
async def test_who_may_is_answered(app: Starlette, api: Api, field: str) -> None:
    row, scene = MATRIX[field], await _scene(api, MATRIX[field])
    wrote = False
    for asker in [asker for asker in ASKERS if row.outcomes[asker] == "ok"]:
        before, answer, after = await _ask(app, scene, row, asker)
        assert answer == "ok", asker
        if asker == "foreign":
            assert after[0] == before[0], "a foreign agent changed this account"
        if field in MUTATIONS:
            wrote = wrote or after != before
            scene = await _scene(api, row)
    assert wrote == (field in MUTATIONS and field not in EPHEMERAL)


async def _scene(api: Api, row: Row) -> Scene:
    scene = await Scene.build(api)
    if row.prepare:
        await row.prepare(scene)
    return scene


async def _ask(app: Starlette, scene: Scene, row: Row, asker: str) -> tuple[list[Fingerprint], str, list[Fingerprint]]:
    """Returns the outcome between what stood in both accounts before and after."""
    off = "module off" in asker
    if off:
        await scene.switch_module(on=False)
    # Whoever opens a socket is present, in a row that is written at its own time.
    besides = "presences" if row.field in SUBSCRIPTIONS else None
    before = [await fingerprint(scene.account, besides), await fingerprint(scene.foreign, besides)]
    answer = await _outcome(app, scene, row, scene.asker(asker))
    after = [await fingerprint(scene.account, besides), await fingerprint(scene.foreign, besides)]
    if off:
        await scene.switch_module(on=True)
    return before, answer, after


async def _outcome(app: Starlette, scene: Scene, row: Row, asker: ApiClient) -> str:
    if row.field in SUBSCRIPTIONS:
        return await _outcome_of_stream(app, scene, row, asker)
    query, variables = document(row.field, row.variables(scene))
    return outcome(row.field, (await asker.execute(query, **variables)).body)


async def _outcome_of_stream(app: Starlette, scene: Scene, row: Row, asker: ApiClient) -> str:
    """A stream shows that it is open by what it tells; one that tells nothing is silent."""
    query, variables = document(row.field, row.variables(scene))
    async with Socket(app, asker.token) as socket:
        if socket.closed_with is not None:
            return str(socket.closed_with)
        socket.subscribe(query, variables)
        answer = await _first_message(scene, socket)
    if answer is None:
        return "silent"
    if answer["type"] == "next":
        return outcome(row.field, answer["payload"])
    (error,) = answer["payload"]
    return f"!{error['extensions']['code']}"


async def _first_message(scene: Scene, socket: Socket) -> Json | None:
    """A refusal comes by itself; an open stream is stirred, more than once, since it may still be opening."""
    for attempt in range(STIRS):
        with suppress(TimeoutError):
            return await socket.next_message(patience=0.2)
        await scene.stir(busy=attempt % 2 == 0)
    return None
