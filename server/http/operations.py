"""Running the operations of requests. All transports use it: HTTP, sockets and event streams."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from inspect import isawaitable
from typing import Any, NamedTuple

import orjson
from graphql import ExecutionResult, GraphQLFormattedError, GraphQLSyntaxError, OperationType
from graphql.execution import create_source_event_stream

from chat.errors import DenialCode, Denied
from chat.identity import DirectoryToken, Identity
from execution import BreadthFirstExecutor, TooManyObjects, pause_if_due
from schema.context import Services
from server.directory_thread import DirectoryThread
from server.http.document_validation import DocumentLimits, DocumentTooLarge, InvalidDocument
from server.http.documents import (
    EXECUTE_ALL,
    DocumentNotTrusted,
    DocumentPolicy,
    Documents,
    DocumentUnknown,
    Operation,
)
from server.http.errors import (
    COST_EXCEEDED,
    INVALID_DOCUMENT,
    INVALID_SYNTAX,
    UNKNOWN_DOCUMENT,
    formatted,
    formatted_exception,
    request_error,
)
from server.http.requests import GraphQLRequest
from server.limits.settings import LimitSettings
from server.observation.records import current_record, note_operation
from server.schema import ChatSchema
from subscriptions.context import StreamContext

Deliver = Callable[[bytes], Awaitable[None]]
"""Sends a result, which is encoded as a JSON object."""


UNKNOWN_DOCUMENT_MESSAGE = "PersistedQueryNotFound"
"""Clients compare the message with this word, and then send the text of the document (urql, Apollo Kotlin and iOS)."""

ONLY_TRUSTED_MESSAGE = "The document is not one of the trusted documents, and this server executes no others."


class RequestFailed(Exception):
    """The request fails before anything is executed."""

    def __init__(self, errors: Sequence[GraphQLFormattedError]) -> None:
        super().__init__(errors)
        self.errors = errors


class Cost(NamedTuple):
    """How many objects an operation can return, and how many an operation may return."""

    requested: int
    maximum: int


class Result(NamedTuple):
    data: dict[str, Any] | None
    errors: Sequence[GraphQLFormattedError]
    shown_cost: Cost | None = None
    """The cost of the operation if the request requires the response to show it."""

    @property
    def was_executed(self) -> bool:
        """Whether execution has begun: False if, for example, the variables are invalid."""
        return self.data is not None or any("path" in error for error in self.errors)

    def encode(self) -> bytes:
        response: dict[str, object] = {"data": self.data}
        if self.errors:
            response["errors"] = self.errors
        if self.shown_cost is not None:
            response["extensions"] = {"cost": self.shown_cost._asdict()}
        return orjson.dumps(response)


class OperationLimits(NamedTuple):
    documents: DocumentLimits
    anonymous_documents: DocumentLimits
    """Those of requests without a valid token."""

    cost: int
    query_seconds: float

    @classmethod
    def of(cls, settings: LimitSettings) -> "OperationLimits":
        return cls(
            DocumentLimits.of(settings),
            DocumentLimits.of_anonymous(settings),
            settings.operation_cost,
            settings.query_seconds,
        )


class Operations:
    """Finds, executes and streams the operations of a schema. Queries and mutations of the platform's directory run in
    the thread `directory`, if there is one."""

    def __init__(
        self,
        schema: ChatSchema,
        limits: OperationLimits,
        directory: DirectoryThread | None = None,
        policy: DocumentPolicy = EXECUTE_ALL,
    ) -> None:
        """Raises Misconfigured if a trusted document is invalid."""
        self._directory = directory
        self._limits = limits
        self._schema = schema._schema
        self._executor_class = schema.execution_context_class
        self._documents = Documents(self._schema, policy)
        # Not that of `Documents`: whoever introspects all the time must not delay the validation of others' documents.
        self._introspection = ThreadPoolExecutor(max_workers=1, thread_name_prefix="introspection")

    async def find(self, request: GraphQLRequest, authentication: Identity | Denied | None) -> Operation:
        """Returns the request's operation. Raises Refusal if there is none, and RequestFailed for a document that is
        unknown, not trusted, invalid or too large, and for an operation that costs too much."""
        is_anonymous = authentication is None or isinstance(authentication, Denied)
        limits = self._limits.anonymous_documents if is_anonymous else self._limits.documents
        try:
            operation = await self._documents.operation_of(request, limits)
        except DocumentUnknown:
            raise RequestFailed([request_error(UNKNOWN_DOCUMENT_MESSAGE, UNKNOWN_DOCUMENT)]) from None
        except DocumentNotTrusted:
            raise RequestFailed([request_error(ONLY_TRUSTED_MESSAGE, DenialCode.FORBIDDEN)]) from None
        except DocumentTooLarge as too_large:
            raise RequestFailed([request_error(str(too_large), INVALID_SYNTAX)]) from None
        except GraphQLSyntaxError as error:
            raise RequestFailed(formatted([error], INVALID_SYNTAX)) from None
        except InvalidDocument as invalid:
            raise RequestFailed(formatted(invalid.errors, INVALID_DOCUMENT)) from None
        note_operation(operation.type, operation.name, operation.trusted_name)
        self._check_cost(operation)
        return operation

    async def execute(self, operation: Operation, context: StreamContext) -> Result:
        """Returns the result of a query or mutation."""
        if self._directory is None or not isinstance(context.authentication, DirectoryToken):
            return await self._execute(operation, context)

        async def execute(services: Services) -> Result:
            return await self._execute(operation, StreamContext(services, context.authentication, context.hub))

        return await self._directory.run(execute)

    def _check_cost(self, operation: Operation) -> None:
        """Raises RequestFailed if the operation costs more than it may."""
        compiled = operation.facts.cost
        if compiled is None:
            raise RequestFailed([request_error("The operation's fragments select too many fields.", COST_EXCEEDED)])
        cost = Cost(compiled.total(operation.request.variables), self._limits.cost)
        if cost.requested > cost.maximum:
            message = (
                f"The operation can return {cost.requested:,} objects, and at most {cost.maximum:,} are allowed."
                " Request smaller pages."
            )
            error = request_error(message, COST_EXCEEDED)
            error["extensions"]["cost"] = cost._asdict()
            raise RequestFailed([error])

    def _shown_cost(self, operation: Operation) -> Cost | None:
        request, compiled = operation.request, operation.facts.cost
        if not request.shows_cost or compiled is None:
            return None
        return Cost(compiled.total(request.variables), self._limits.cost)

    async def _execute(self, operation: Operation, context: StreamContext) -> Result:
        executor = self._executor(operation, context)
        if isinstance(executor, list):
            return Result(None, formatted(executor, DenialCode.BAD_USER_INPUT))
        result = await self._executed(operation, executor, context)
        return result._replace(shown_cost=self._shown_cost(operation))

    async def _executed(self, operation: Operation, executor: BreadthFirstExecutor, context: StreamContext) -> Result:
        """Returns the result. A query is ended when its time is over. A mutation is not, because it would not be known
        whether it was committed: the time of each of its statements is limited."""
        if operation.facts.introspects:
            loop = asyncio.get_running_loop()
            return await _result(await loop.run_in_executor(self._introspection, executor.execute_operation))
        if operation.type == OperationType.MUTATION:
            return await _result(executor.execute_operation())
        try:
            async with asyncio.timeout(self._limits.query_seconds) as limit:
                return await _result(executor.execute_operation())
        except TooManyObjects:
            message = f"The result has more than {executor.max_objects:,} objects."
        except TimeoutError:
            if not limit.expired():
                raise
            message = f"The query ran longer than {self._limits.query_seconds:g} seconds."
        context.cancel_reads()
        return Result(None, [request_error(message, COST_EXCEEDED)])

    async def run(self, operation: Operation, context: StreamContext, deliver: Deliver) -> None:
        """Delivers the only result of a query or mutation, or all results of a subscription until it ends. Raises
        RequestFailed if a subscription cannot start."""
        if operation.type != OperationType.SUBSCRIPTION:
            await deliver((await self.execute(operation, context)).encode())
            return
        executor = self._executor(operation, context)
        if isinstance(executor, list):
            raise RequestFailed(formatted(executor, DenialCode.BAD_USER_INPUT))
        async with aclosing(await _event_stream(executor)) as events:
            await _deliver_events(executor, events, self._shown_cost(operation), deliver)

    def _executor(self, operation: Operation, context: StreamContext) -> Any:
        """Returns an executor, or a list of the errors of invalid variables."""
        request = operation.request
        return self._executor_class.build(
            self._schema,
            operation.document,
            context_value=context,
            raw_variable_values=request.variables,
            operation_name=request.operation_name,
        )


async def _event_stream(executor: BreadthFirstExecutor) -> AsyncGenerator[object, None]:
    """Returns the events of a subscription. Raises RequestFailed."""
    stream = create_source_event_stream(executor)
    if isawaitable(stream):
        stream = await stream
    if isinstance(stream, ExecutionResult):
        raise RequestFailed(formatted(stream.errors or [], DenialCode.BAD_USER_INPUT))
    assert isinstance(stream, AsyncGenerator)
    return stream


async def _deliver_events(
    executor: BreadthFirstExecutor, events: AsyncGenerator[object, None], shown_cost: Cost | None, deliver: Deliver
) -> None:
    """Delivers the result of each event until the stream ends. An exception that ends it is the last result."""
    record = current_record()
    while True:
        try:
            event = await anext(events)
            result = await _result(executor.execute_event(event))
        except StopAsyncIteration:
            return
        except Exception as error:
            await deliver(Result(None, formatted_exception(error)).encode())
            return
        await deliver(result._replace(shown_cost=shown_cost).encode())
        if record is not None:
            record.note_delivery(event)


async def _result(executed: Any) -> Result:
    result = executed if isinstance(executed, ExecutionResult) else await executed
    # The results of events that were executed together are formatted and encoded in the same turn of the event loop.
    await pause_if_due()
    errors = formatted(result.errors, DenialCode.BAD_USER_INPUT) if result.errors else ()
    return Result(result.data, errors)
