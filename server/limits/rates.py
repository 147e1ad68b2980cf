"""How many operations a client may start: a token bucket for each agent, or for each address without a valid token."""

import math
from typing import NamedTuple, Protocol

from chat.errors import Denied
from chat.identity import AgentToken, Identity
from server.limits.settings import LimitSettings


class Rate(NamedTuple):
    """A bucket of `burst` operations that fills with `per_second`."""

    name: str
    per_second: float
    burst: int

    @property
    def policy(self) -> str:
        """The value of the header RateLimit-Policy.

        https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
        """
        return f'"{self.name}";q={self.burst};w={math.ceil(self.burst / self.per_second)}'


class Grant(NamedTuple):
    """The answer to a request for an operation."""

    rate: Rate
    allowed: bool
    debt: float
    """How many seconds the bucket takes to be full again."""

    @property
    def remaining(self) -> int:
        """How many further operations can start now."""
        return max(0, math.floor(self.rate.burst - self.debt * self.rate.per_second + 1e-6))

    @property
    def retry_after(self) -> float:
        """The number of seconds until the next operation can start. 0 if one can start now."""
        return max(0.0, self.debt - (self.rate.burst - 1) / self.rate.per_second)

    @property
    def state(self) -> str:
        """The value of the header RateLimit."""
        return f'"{self.rate.name}";r={self.remaining};t={math.ceil(self.debt)}'


class RateLimiter(Protocol):
    async def take(self, key: str, rate: Rate) -> Grant:
        """Takes an operation from the bucket of this key, unless the bucket is empty."""

    async def aclose(self) -> None: ...


class ClientRates(NamedTuple):
    """The rates of the clients, and their buckets."""

    limiter: RateLimiter
    agent: Rate
    address: Rate

    @classmethod
    def of(cls, settings: LimitSettings, limiter: RateLimiter) -> "ClientRates":
        return cls(
            limiter,
            Rate("agent", settings.operations_per_second, settings.operations_burst),
            Rate("address", settings.anonymous_operations_per_second, settings.anonymous_operations_burst),
        )

    async def take(self, authentication: Identity | Denied | None, address: str) -> Grant:
        """Takes an operation of the client. `address` counts only without a valid token."""
        match authentication:
            case AgentToken(account_id, agent_id):
                # Ids have no control characters, so the keys of two agents are never equal.
                return await self.limiter.take(f"agent\0{account_id}\0{agent_id}", self.agent)
            case None | Denied():
                return await self.limiter.take(f"address\0{address}", self.address)
            case directory:
                return await self.limiter.take(f"directory\0{directory.account_id}", self.agent)
