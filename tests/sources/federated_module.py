"""A federated CRM with `Deal` as an entity. Its answers depend on the rights of the agent in the token."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self, cast

import jwt
import strawberry
from graphql import GraphQLError
from starlette.requests import Request
from strawberry.asgi import GraphQL
from strawberry.federation import Schema
from strawberry.scalars import JSON

from tests.support.api import Json

ITEMS: Mapping[str, Mapping[str, Json]] = json.loads(Path(os.environ["MODULE_ITEMS"]).read_text())
Context = Mapping[str, str]


@strawberry.type
class Stage:
    name: str


@strawberry.federation.type(keys=["id"])
class Deal:
    id: strawberry.ID
    name: str
    summary: str | None
    web_url: str | None
    pipeline_stage: Stage | None
    amount: JSON | None
    currency: str | None

    @classmethod
    def resolve_reference(cls, info: strawberry.Info[Context], id: strawberry.ID) -> Self | None:
        reader = info.context
        item = ITEMS.get(reader["account_id"], {}).get(id)
        if item is None or reader["sub"] not in item["visible_to"]:
            return None
        if item.get("removed"):
            raise GraphQLError("It is gone.", extensions={"code": "REMOVED"})
        card, details = item["card"], item["card"].get("details", {})
        stage = Stage(name=details["stage"]) if "stage" in details else None
        return cls(
            id=id,
            name=card["title"],
            summary=card.get("summary"),
            web_url=card.get("url"),
            pipeline_stage=stage,
            amount=details.get("amount"),
            currency=details.get("currency"),
        )


@strawberry.type
class Query:
    @strawberry.field
    def deals(self) -> list[Deal]:
        return []


class Authenticated(GraphQL[Context, None]):
    async def get_context(self, request: object, response: object) -> Context:
        token = cast(Request, request).headers["authorization"].removeprefix("Bearer ")
        audience = "internal-chat-source"
        return cast(
            Context,
            jwt.decode(token, os.environ["MODULE_SECRET"], algorithms=["HS256"], audience=audience),
        )


app = Authenticated(Schema(query=Query, types=[Deal]), graphql_ide=None)
