"""What an estimate costs by a table of prices, and how long it takes at a pace."""

from dataclasses import dataclass

from bcn_core.estimate.estimates import Estimate
from bcn_core.settings import PriceSettings

_GB = 10**9
_THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes: bytes per second, milliseconds for each request, and so many requests at once."""

    throughput: int
    request_ms: float
    at_once: int


@dataclass(frozen=True, slots=True)
class Costs:
    """Money in ``currency``; ``storage_month`` comes back every month, and is less than 0 when something is freed."""

    currency: str
    requests: float
    transfer: float
    once: float
    storage_month: float
    seconds: float


def costs_of(estimate: Estimate, prices: PriceSettings, pace: Pace, *, egress: bool) -> Costs:
    """Price an estimate. ``egress``: what is read leaves to the internet; else it stays in the store's region."""
    found = estimate.requests
    dear = found.put + found.list + found.post + found.copy
    requests = (dear * prices.put_per_1000 + (found.get + found.head) * prices.get_per_1000) / _THOUSAND
    transfer = estimate.moved.read / _GB * prices.transfer_per_gb if egress else 0.0
    through = max(estimate.moved.read, estimate.moved.written)
    return Costs(
        currency=prices.currency,
        requests=requests,
        transfer=transfer,
        once=requests + transfer,
        storage_month=estimate.growth / _GB * prices.storage_per_gb_month,
        seconds=through / pace.throughput + found.all * pace.request_ms / _THOUSAND / pace.at_once,
    )
