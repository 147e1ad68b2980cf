"""What every mutation shares: it starts with nothing remembered, and an expected failure is part of its answer."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import strawberry
from strawberry.extensions import FieldExtension

from chat.errors import Refused
from schema.context import Context
from schema.payloads import Payload, UserError

AnyPayload = TypeVar("AnyPayload", bound=Payload)

INPUT = "What to do it to, and how."


class AnswersRefusals(FieldExtension):
    """Turns Refused into the field's own payload with `userErrors`; everything else is a top-level error."""

    def __init__(self, payload: type[Payload]) -> None:
        self.payload = payload

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: strawberry.Info[Context, None], **kwargs: Any
    ) -> Any:
        info.context.begin()
        try:
            return await next_(source, info, **kwargs)
        except Refused as refused:
            return self.payload(user_errors=[UserError.of(refused)])


def mutation(payload: type[AnyPayload], description: str) -> Callable[[Callable[..., Awaitable[AnyPayload]]], Any]:
    """Makes a field of Mutation of a resolver that returns this payload or raises Refused."""
    field: Callable[[Callable[..., Awaitable[AnyPayload]]], Any]
    field = strawberry.mutation(description=description, extensions=[AnswersRefusals(payload)])

    def described(resolver: Callable[..., Awaitable[AnyPayload]]) -> Any:
        made = field(resolver)
        for argument in made.arguments:
            argument.description = INPUT
        return made

    return described
