"""Where the token buckets are: in Redis, if the processes share one, or else in each process."""

from urllib.parse import urlsplit

from server.limits.memory_rates import MemoryRates
from server.limits.rates import RateLimiter
from server.limits.redis_rates import RedisRates


def rate_limiter(broadcast_url: str) -> RateLimiter:
    if urlsplit(broadcast_url).scheme in ("redis", "rediss"):
        return RedisRates(broadcast_url)
    return MemoryRates()
