"""Token buckets in Redis, which all processes share."""

import asyncio
from collections.abc import Callable
from time import monotonic

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.limits.memory_rates import MemoryRates
from server.limits.rates import Grant, Rate

ANSWER_SECONDS = 0.05
"""How long Redis may take. After that, the process's own buckets answer."""

PAUSE_SECONDS = 1.0
"""How long Redis is not used after it failed, so that its failure does not delay every request."""

CONNECTIONS = 20
PREFIX = "internal_chat:rate:"

_TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local interval, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
local debt = math.max(0, full_at - now)
local after = debt + interval
if after > capacity + 0.000001 then
    return {0, tostring(debt)}
end
redis.call('SET', KEYS[1], string.format('%.6f', now + after), 'PX', math.ceil(after * 1000))
return {1, tostring(after)}
"""
"""Takes an operation with Redis's own clock. The key expires when the bucket is full."""

log = structlog.get_logger(__name__)


class RedisRates:
    """Implements `server.limits.rates.RateLimiter`. While Redis fails or is slow, the process's own buckets answer."""

    def __init__(self, url: str, clock: Callable[[], float] = monotonic) -> None:
        pool = BlockingConnectionPool.from_url(
            url, max_connections=CONNECTIONS, timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._take = self._redis.register_script(_TAKE)
        self._own = MemoryRates()
        self._clock = clock
        self._retry_at = 0.0

    async def take(self, key: str, rate: Rate) -> Grant:
        if self._clock() < self._retry_at:
            return self._own.take_now(key, rate)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                allowed, debt = await self._take(
                    keys=[PREFIX + key], args=[1 / rate.per_second, rate.burst / rate.per_second]
                )
        except (RedisError, OSError) as error:  # OSError includes TimeoutError.
            self._pause(error)
            return self._own.take_now(key, rate)
        return Grant(rate, bool(allowed), float(debt))

    async def aclose(self) -> None:
        await self._redis.aclose()

    def _pause(self, error: Exception) -> None:
        if self._clock() >= self._retry_at:
            log.warning("shared_rates_unavailable", reason=type(error).__name__)
        self._retry_at = self._clock() + PAUSE_SECONDS
