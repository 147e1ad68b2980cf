"""The common behaviour of mutations: who may call them, and how expected failures become part of the payload."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import strawberry
from strawberry.extensions import FieldExtension

from chat.errors import Refused
from schema.context import Context, RequestInfo
from schema.payloads import Payload, UserError
from schema.texts import check_inputs

AnyPayload = TypeVar("AnyPayload", bound=Payload)
Admission = Callable[[Context], Awaitable[None]]
"""Raises Denied unless the caller may call the mutation at all."""


async def agents(context: Context) -> None:
    """Admits active agents for whom the chat is enabled."""
    await context.viewer()


async def administrators(context: Context) -> None:
    """Admits administrators of the account, even if the chat is disabled."""
    await context.administrator()


async def any_token(context: Context) -> None:
    """Admits every valid token. The operation itself checks which kind it is."""
    assert context.identity


class _MutationExtension(FieldExtension):
    """Runs a mutation with fresh loaders, after the admission. Refused becomes the payload's `userErrors`; everything
    else becomes a top-level error."""

    def __init__(self, payload: type[Payload], admission: Admission) -> None:
        self._payload = payload
        self._admission = admission

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: RequestInfo, **kwargs: Any
    ) -> Any:
        info.context.reset_loaders()
        await self._admission(info.context)
        try:
            check_inputs(kwargs.values())
            return await next_(source, info, **kwargs)
        except Refused as refused:
            return self._payload(user_errors=[UserError.of(refused)])


def mutation(
    payload: type[AnyPayload], description: str, admission: Admission = agents
) -> Callable[[Callable[..., Awaitable[AnyPayload]]], Any]:
    """Turns a resolver that returns the payload or raises Refused into a field of Mutation. The argument `input` gets
    the description of its type."""
    field: Callable[[Callable[..., Awaitable[AnyPayload]]], Any]
    field = strawberry.mutation(description=description, extensions=[_MutationExtension(payload, admission)])

    def described(resolver: Callable[..., Awaitable[AnyPayload]]) -> Any:
        made = field(resolver)
        for argument in made.arguments:
            argument.description = argument.type.__strawberry_definition__.description
        return made

    return described
