"""The codes with which this server closes WebSockets.

Codes below 4000 are registered for every protocol (RFC 6455, 7.4), the others are those of graphql-transport-ws.
"""

from enum import IntEnum


class CloseCode(IntEnum):
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    ALREADY_EXISTS = 4409
    TOO_MANY_REQUESTS = 4429
