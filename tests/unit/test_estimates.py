"""Formulas and prices of estimates; tests/services/test_estimates.py holds them against a real server."""

import pytest

from bcn_core.estimate import Costs, Estimate, Moved, Pace, Requests, costs_of
from bcn_core.estimate.laws import BACKUP, LAWS, Law
from bcn_core.estimate.requests import of_a_copy, pages
from bcn_core.settings import PriceSettings

MIB = 1024**2
PACE = Pace(throughput=10**8, request_ms=20, at_once=8)


def estimate(requests: Requests, moved: Moved = Moved(), growth: int = 0) -> Estimate:  # noqa: B008 - frozen
    return Estimate("backup", 1, {}, requests, 0, 0, 0, 0, moved, growth)


def priced(found: Estimate, *, egress: bool = False) -> Costs:
    return costs_of(found, PriceSettings(), PACE, egress=egress)


@pytest.mark.parametrize(("objects", "requests"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (10**6, 1000)])
def test_a_listing_shows_a_thousand_objects_with_each_request(objects: int, requests: int) -> None:
    assert requests == pages(objects)


@pytest.mark.parametrize(
    ("size", "one_account", "asked"),
    [
        (0, False, Requests(get=1, put=1)),
        (16 * MIB, False, Requests(get=1, put=1)),
        (16 * MIB + 1, False, Requests(get=1, post=2, put=2)),
        (8 * MIB - 1, True, Requests(get=1, put=1)),
        (8 * MIB, True, Requests(head=1, post=2, copy=1)),
        (5 * 1024 * MIB + 1, True, Requests(get=1, post=2, put=321)),
    ],
)
def test_a_copy_asks_by_its_size_and_way(size: int, one_account: bool, asked: Requests) -> None:
    assert asked == of_a_copy(size, one_account=one_account)


def test_a_law_is_a_sum_of_terms() -> None:
    assert Requests(get=5 + 2 * 2, put=7 + 2 * 3, list=9 + 2 * 2, delete=1) == BACKUP.of(
        {"once": 1, "table captured": 2}
    )


def test_a_term_that_no_law_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        BACKUP.of({"table painted": 1})


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.title)
def test_every_term_of_a_law_asks_something(law: Law) -> None:
    assert [] == [term for term, asked in law.terms.items() if not asked.all]


def test_writing_and_listing_cost_more_than_reading() -> None:
    dear = priced(estimate(Requests(put=250, list=250, post=250, copy=250)))
    cheap = priced(estimate(Requests(get=500, head=500)))

    assert (0.005, 0.0004) == (round(dear.requests, 9), round(cheap.requests, 9))


def test_removing_costs_nothing_and_frees_storage() -> None:
    costs = priced(estimate(Requests(delete=1000), growth=-(10**12)))

    assert (0.0, -23.0) == (costs.once, round(costs.storage_month, 9))


def test_transfer_is_priced_only_where_bytes_leave() -> None:
    found = estimate(Requests(), Moved(read=10**9, written=10**9))

    assert (0.0, 0.09) == (priced(found).transfer, round(priced(found, egress=True).transfer, 9))


def test_time_is_bytes_by_throughput_and_requests_by_how_many_are_under_way() -> None:
    found = estimate(Requests(get=800), Moved(read=10**9, written=10**8, within=10**12))

    assert 12.0 == round(priced(found).seconds, 9)
