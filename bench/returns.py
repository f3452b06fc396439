"""Handing over, taking back, routing, shelving, announcing, closing over and looking up many cards, with seconds.

`python -m bench.returns [--handed-over 130402] [--returned 50000] [--database URL]`; `--returned 100000` closes a
province over 100,000 waiting cards. Works in a database of its own
that it makes and drops: a SQLite file, or on the PostgreSQL server of URL. On a busy machine, look at our own
processor time, in brackets.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from functools import partial
from typing import TYPE_CHECKING

from bench.own_database import measure_again_inside, own_database

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from delivery.access import Credentials
    from delivery.models import CounterStay

PRINTED_AT = datetime(2020, 4, 1, 3, 0, tzinfo=UTC)
HANDED_OVER_AT = datetime(2020, 5, 4, 2, 0, tzinfo=UTC)
RETURNED_AT = datetime(2020, 6, 3, 2, 0, tzinfo=UTC)
DISTRICTS = 23  # Kabupaten Bekasi
LOOKUPS = 3_000
AT_ONCE = 5_000
HOUR = clock(9)


def main() -> None:
    """Measure in a process of its own, whose settings name the database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--handed-over", type=int, default=130_402)
    parser.add_argument("--returned", type=int, default=50_000)
    parser.add_argument("--database", default="", help="postgres://user@host:port/name whose server is used")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        measure(handed_over=options.handed_over, returned=options.returned)
        return
    measure_again_inside("bench.returns", database=options.database)


def measure(*, handed_over: int, returned: int) -> None:
    """Fill a test database and time each step on it."""
    with own_database() as kind:
        registry_id, shipment_id = fill(handed_over)
        print(f"{kind}: {handed_over} cards handed over, {returned} of them come back")
        play(registry_id, shipment_id, handed_over, returned)
        print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def fill(number: int) -> tuple[int, int]:
    """Make an office with a counter in each district, and one closed shipment of all cards."""
    from offices.models import AreaServed, Office, Service
    from shipments.models import Item, Shipment, ShipmentState
    from tests import factories

    registry = factories.make_office(code="3216", kind=Office.Kind.REGISTRY, region_code="32.16")
    post = factories.make_office(
        code="17510", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16"
    )
    for district in range(1, DISTRICTS + 1):
        counter = factories.make_office(
            code=f"3216-{district:02}",
            kind=Office.Kind.COUNTER,
            parent=registry,
            region_code=f"32.16.{district:02}",
        )
        AreaServed.objects.create(office=counter, service=Service.PICKUP, area_code=f"32.16.{district:02}")
    shipment = Shipment.objects.create(
        office=registry, post_office=post, number="KIRIM-1", state=ShipmentState.CLOSED, item_count=number,
        manifest_sha256="0" * 64, opened_at=PRINTED_AT,
    )  # fmt: skip
    made = 0
    while made < number:
        village = f"32.16.{made // AT_ONCE % DISTRICTS + 1:02}.2001"
        size = min(AT_ONCE, number - made)
        cards = factories.make_cards(office=registry, number=size, village_code=village)
        Item.objects.bulk_create(
            [
                Item(card=card, shipment=shipment, position=made + place, number=f"RR{made + place:09}ID")
                for place, card in enumerate(cards, start=1)
            ],
            batch_size=AT_ONCE,
        )
        made += size
    return registry.pk, shipment.pk


def play(registry_id: int, shipment_id: int, handed_over: int, returned: int) -> None:
    """Time the story's steps in their order."""
    from delivery.dispatch import hand_over_shipment
    from delivery.returns import ReturnScan, receive_returns, receive_transfer, route_returns, send_transfers
    from shipments.models import Card

    timed(
        "hand over: POSTED events and messages",
        handed_over,
        lambda: hand_over_shipment(
            shipment_id=shipment_id, given=handed_over, giver="a", taker="b", actor_id=None, at=HANDED_OVER_AT
        ),
    )
    references = list(Card.objects.order_by("pk").values_list("reference", flat=True)[:returned])
    scans = [ReturnScan(scanned=reference, reason="ABSENT") for reference in references]
    timed(
        "take back by scan",
        returned,
        lambda: receive_returns(office_id=registry_id, scans=scans, actor_id=None, at=RETURNED_AT),
    )
    routing = timed(
        "route to counters",
        returned,
        lambda: route_returns(office_id=registry_id, actor_id=None, at=RETURNED_AT),
    )
    later = RETURNED_AT + timedelta(hours=5)
    sending = timed(
        "send transfers",
        returned,
        lambda: send_transfers(office_id=registry_id, actor_id=None, at=RETURNED_AT),
    )
    from delivery.models import Transfer

    transfers = list(Transfer.objects.values_list("pk", flat=True))
    arriving = timed(
        "receive transfers: shelves and messages",
        returned,
        lambda: [
            receive_transfer(transfer_id=transfer, references=None, shelf="A1", actor_id=None, at=later)
            for transfer in transfers
        ],
    )
    print(f"  {'routed, sent, shelved and announced, altogether':<46} {routing + sending + arriving:8.2f} s")
    close_province(returned, later)
    look_up(later)


def close_province(waiting: int, at: datetime) -> None:
    """Time a closure of every counter of the province, with appointments on its days, and taking it back."""
    from delivery.closures import close_counters
    from delivery.models import Appointment, CounterStay
    from delivery.reopening import take_back_closure
    from offices.quotas import Taken, take_places

    first = at.date() + timedelta(days=5)  # a Monday
    booked = [
        Appointment(card_id=card_id, counter_id=counter_id, day=first, starts_at=HOUR, booked_at=at)
        for card_id, counter_id in _two_of_each_counter(CounterStay.objects.filter(live=True))
    ]
    take_places(taken=[Taken(each.counter_id, "ORDINARY", first, HOUR, 1) for each in booked])
    Appointment.objects.bulk_create(booked)
    closures: list[int] = []
    timed(
        "close the province for a week",
        waiting,
        lambda: closures.append(
            close_counters(
                area_code="32", starts_on=first, ends_on=first + timedelta(days=6), reason="x", actor_id=None, at=at
            ).closure_id
        ),
    )  # fmt: skip
    timed(
        "take the closure back",
        waiting,
        lambda: take_back_closure(closure_id=closures[0], actor_id=None, at=at, today=at.date()),
    )


def _two_of_each_counter(stays: QuerySet[CounterStay]) -> list[tuple[int, int]]:
    found: dict[int, list[int]] = {}
    for card_id, counter_id in stays.order_by("pk").values_list("card_id", "counter_id"):
        kept = found.setdefault(counter_id, [])
        if len(kept) < 2:
            kept.append(card_id)
    return [(card_id, counter_id) for counter_id, kept in found.items() for card_id in kept]


def look_up(at: datetime) -> None:
    """Time right lookups by link and by PIN, the check and the limiter included."""
    from delivery.access import LinkToken, NumberAndPin, link_token_of, pin_of
    from shipments.models import Card

    cards = list(Card.objects.only("reference", "access_version"))
    chosen = random.Random(1).sample(cards, LOOKUPS)
    by_link = [LinkToken(token=link_token_of(card)) for card in chosen]
    by_pin = [NumberAndPin(number=card.reference, pin=pin_of(card)) for card in chosen]
    asked: dict[str, Sequence[Credentials]] = {
        "look up by link": by_link,
        "look up by number and PIN": by_pin,
    }
    for what, credentials in asked.items():
        timed(what, LOOKUPS, partial(_ask, credentials, at))


def _ask(credentials: Sequence[Credentials], at: datetime) -> None:
    from delivery.access import public_lookup

    for one in credentials:
        public_lookup(credentials=one, client="203.0.113.1", at=at)


def timed(what: str, number: int, work: Callable[[], object]) -> float:
    """Run, print a line, give the seconds."""
    started, used = time.perf_counter(), time.process_time()
    work()
    seconds, used = time.perf_counter() - started, time.process_time() - used
    print(f"  {what:<46} {seconds:8.2f} s ({used:6.2f} s) {number / seconds:12,.0f} /s", flush=True)
    return seconds


if __name__ == "__main__":
    main()
