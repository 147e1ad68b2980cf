"""Every root field for every kind of caller: the outcome, and that a refused request wrote nothing."""

import pytest

from tests.schema.documents import MUTATIONS, ROOT_FIELDS, SUBSCRIPTIONS, document, outcome
from tests.schema.permissions import CALLERS, EPHEMERAL, MATRIX, Row
from tests.schema.scene import Scene
from tests.support.api import AgentClient, Api, ApiClient
from tests.support.fingerprint import Fingerprint, fingerprint
from tests.support.sockets import Ended, Stream, open_socket
from tests.support.waiting import until

IDENTITY = {
    "chatMentionAdded": "message { channel { id } }",
    "chatNotificationAdded": "notification { channel { id } }",
    "chatInboxChanged": "channelId",
    "chatPresenceChanged": "id",
}
"""By what an event of a stream that all callers may open differs from another one."""


def test_there_is_a_row_for_every_root_field() -> None:
    assert MATRIX.keys() == ROOT_FIELDS.keys()
    assert all(row.outcomes.keys() == set(CALLERS) for row in MATRIX.values())


def test_every_field_is_allowed_to_somebody() -> None:
    assert [row.field for row in MATRIX.values() if "ok" not in row.outcomes.values()] == []


@pytest.mark.parametrize("field", sorted(MATRIX))
async def test_refused_callers_get_the_code_and_write_nothing(api: Api, socket_url: str, field: str) -> None:
    row, scene = MATRIX[field], await _scene(api, MATRIX[field])
    refused = [name for name in CALLERS if row.outcomes[name] != "ok"]
    for name in sorted(refused, key=lambda caller: "module off" not in caller):
        before, answer, after = await _request(scene, row, name, socket_url)
        assert answer == row.outcomes[name], name
        assert after == before, f"{name} changed something"
    # The same request passes for another caller, so each refusal above was due to the caller.
    allowed = next(name for name in reversed(CALLERS) if row.outcomes[name] == "ok")
    _, answer, _ = await _request(scene, row, allowed, socket_url)
    assert answer == "ok"


@pytest.mark.parametrize("field", sorted(MATRIX))
async def test_allowed_callers_are_answered(api: Api, socket_url: str, field: str) -> None:
    row, scene = MATRIX[field], await _scene(api, MATRIX[field])
    wrote = False
    for place, name in enumerate(name for name in CALLERS if row.outcomes[name] == "ok"):
        if place > 0 and field in MUTATIONS:
            scene = await _scene(api, row)
        before, answer, after = await _request(scene, row, name, socket_url)
        assert answer == "ok", name
        if name == "other account":
            assert after[0] == before[0], "an agent of the other account changed this one"
        wrote = wrote or (field in MUTATIONS and after != before)
    assert wrote == (field in MUTATIONS and field not in EPHEMERAL)


async def _scene(api: Api, row: Row) -> Scene:
    scene = await Scene.build(api)
    if row.prepare:
        await row.prepare(scene)
    return scene


async def _request(
    scene: Scene, row: Row, name: str, socket_url: str
) -> tuple[list[Fingerprint], str, list[Fingerprint]]:
    """Returns the outcome, and the fingerprints of both accounts before and after the request."""
    off = "module off" in name
    if off:
        await scene.switch_module(on=False)
    before = await _fingerprints(scene, row)
    if row.field in SUBSCRIPTIONS:
        answer, after = await _outcome_of_stream(scene, row, scene.caller(name), socket_url)
    else:
        answer, after = await _outcome(scene, row, scene.caller(name)), await _fingerprints(scene, row)
    if off:
        await scene.switch_module(on=True)
    return before, answer, after


async def _fingerprints(scene: Scene, row: Row) -> list[Fingerprint]:
    # Presence is recorded some time after a socket opens.
    without = "presences" if row.field in SUBSCRIPTIONS else None
    return [await fingerprint(scene.account, without), await fingerprint(scene.other, without)]


async def _outcome(scene: Scene, row: Row, caller: ApiClient) -> str:
    query, variables = document(row.field, row.variables(scene))
    return outcome(row.field, (await caller.execute(query, **variables)).body)


async def _outcome_of_stream(
    scene: Scene, row: Row, caller: ApiClient, socket_url: str
) -> tuple[str, list[Fingerprint]]:
    """Returns the outcome, and the fingerprints once the stream is refused or open. `silent` is a stream that delivers
    nothing of what happens in the scene: the first event that it delivers is one that happens afterwards."""
    query, variables = document(row.field, row.variables(scene), IDENTITY.get(row.field))
    try:
        async with open_socket(socket_url, caller.token) as socket:
            stream = await socket.subscribe(query, **variables)
            if isinstance(caller, AgentClient):
                await until(lambda: stream.has_result or _streams_of(scene, caller) == 1, "an open stream or a refusal")
                after = await _fingerprints(scene, row)
                answer = await _first_outcome(scene, row, caller, stream)
                await stream.stop()
                await until(lambda: _streams_of(scene, caller) == 0, "the end of the stream")
                return answer, after
            return outcome(row.field, await stream.next()), await _fingerprints(scene, row)
    except Ended as closed:
        return str(closed.code), await _fingerprints(scene, row)


async def _first_outcome(scene: Scene, row: Row, caller: AgentClient, stream: Stream) -> str:
    if not stream.has_result:
        await scene.cause_events()
        later = await scene.cause_events_for(caller)
        first = await stream.next()
        return "silent" if any(id in str(first) for id in later) else outcome(row.field, first)
    return outcome(row.field, await stream.next())


def _streams_of(scene: Scene, caller: AgentClient) -> int:
    return scene.account.api.hub.stream_count(caller.account_id)
