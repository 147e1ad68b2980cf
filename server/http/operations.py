"""Running the operations of requests. All transports use it: HTTP, sockets and event streams."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from inspect import isawaitable
from typing import Any, NamedTuple

import orjson
from graphql import ExecutionResult, GraphQLFormattedError, GraphQLSyntaxError, OperationType
from graphql.execution import create_source_event_stream

from chat.errors import DenialCode, Denied
from chat.identity import DirectoryToken, Identity
from execution import BreadthFirstExecutor, pause_if_due
from schema.context import Services
from server.directory_thread import DirectoryThread
from server.http.documents import DocumentLimits, Documents, DocumentTooLarge, InvalidDocument, Operation
from server.http.errors import INVALID_DOCUMENT, INVALID_SYNTAX, formatted, formatted_exception, request_error
from server.http.requests import GraphQLRequest
from server.observation.records import current_record, note_identity, note_operation
from server.schema import ChatSchema
from subscriptions.context import StreamContext

Deliver = Callable[[bytes], Awaitable[None]]
"""Sends a result, which is encoded as a JSON object."""


class RequestFailed(Exception):
    """The request fails before anything is executed."""

    def __init__(self, errors: Sequence[GraphQLFormattedError]) -> None:
        super().__init__(errors)
        self.errors = errors


class Result(NamedTuple):
    data: dict[str, Any] | None
    errors: Sequence[GraphQLFormattedError]

    @property
    def was_executed(self) -> bool:
        """Whether execution has begun: False if, for example, the variables are invalid."""
        return self.data is not None or any("path" in error for error in self.errors)

    def encode(self) -> bytes:
        return orjson.dumps({"data": self.data, "errors": self.errors} if self.errors else {"data": self.data})


class Operations:
    """Finds, executes and streams the operations of a schema. `anonymous_limits` apply to the documents of requests
    without a valid token. Queries and mutations of the platform's directory run in the thread `directory`, if there
    is one."""

    def __init__(
        self,
        schema: ChatSchema,
        limits: DocumentLimits,
        anonymous_limits: DocumentLimits,
        directory: DirectoryThread | None = None,
    ) -> None:
        self._directory = directory
        self._limits = limits
        self._anonymous_limits = anonymous_limits
        self._schema = schema._schema
        self._executor_class = schema.execution_context_class
        self._documents = Documents(self._schema)

    async def find(self, request: GraphQLRequest, authentication: Identity | Denied | None) -> Operation:
        """Returns the request's operation. Raises Refusal if there is none, and RequestFailed for a document that is
        invalid or too large."""
        note_identity(authentication)
        is_anonymous = authentication is None or isinstance(authentication, Denied)
        try:
            limits = self._anonymous_limits if is_anonymous else self._limits
            operation = await self._documents.operation_of(request, limits)
        except DocumentTooLarge as too_large:
            raise RequestFailed([request_error(str(too_large), INVALID_SYNTAX)]) from None
        except GraphQLSyntaxError as error:
            raise RequestFailed(formatted([error], INVALID_SYNTAX)) from None
        except InvalidDocument as invalid:
            raise RequestFailed(formatted(invalid.errors, INVALID_DOCUMENT)) from None
        note_operation(operation.type, operation.name, operation.trusted_name)
        return operation

    async def execute(self, operation: Operation, context: StreamContext) -> Result:
        """Returns the result of a query or mutation."""
        if self._directory is None or not isinstance(context.authentication, DirectoryToken):
            return await self._execute(operation, context)

        async def execute(services: Services) -> Result:
            return await self._execute(operation, StreamContext(services, context.authentication, context.hub))

        return await self._directory.run(execute)

    async def _execute(self, operation: Operation, context: StreamContext) -> Result:
        executor = self._executor(operation, context)
        if isinstance(executor, list):
            return Result(None, formatted(executor, DenialCode.BAD_USER_INPUT))
        return await _result(executor.execute_operation())

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
            await _deliver_events(executor, events, deliver)

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
    executor: BreadthFirstExecutor, events: AsyncGenerator[object, None], deliver: Deliver
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
        await deliver(result.encode())
        if record is not None:
            record.note_delivery(event)


async def _result(executed: Any) -> Result:
    result = executed if isinstance(executed, ExecutionResult) else await executed
    # The results of events that were executed together are formatted and encoded in the same turn of the event loop.
    await pause_if_due()
    errors = formatted(result.errors, DenialCode.BAD_USER_INPUT) if result.errors else ()
    return Result(result.data, errors)
