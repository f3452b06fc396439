"""Many workers at once, on real connections of PostgreSQL: nothing is numbered, batched, closed or printed twice."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from jobs.models import Job
from jobs.services import run_job
from offices.models import HandoverPolicy, Office
from shipments import label_runs
from shipments.backlog import fill_backlog
from shipments.batching import batch_backlog, close_shipment, fill_shipment, open_shipment
from shipments.cards import create_cards
from shipments.handover import hand_over
from shipments.models import (
    BacklogEntry,
    Card,
    CirculatingCard,
    Disposition,
    Handover,
    Item,
    LabelPrint,
    LabelRun,
    NumberBlock,
    Shipment,
)
from shipments.numbering import add_number_list, add_s10_block, take_numbers
from shipments.refusals import Code, ShipmentRefused
from tests import factories
from tests.conftest import NOW
from tests.shipments.test_cards import printed

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("on_postgres"),
]
TODAY = date(2020, 5, 4)


def together(*works: Callable[[], object]) -> list[object]:
    """Do all at the same moment, each on its own connection; give what each gave or the exception it raised."""
    barrier = Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(place: int, work: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            results[place] = work()
        except Exception as error:  # noqa: BLE001 - what each worker raised is what the test looks at
            results[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.fixture
def offices() -> tuple[Office, Office]:
    registry = factories.make_office(code="3216", kind=Office.Kind.REGISTRY, region_code="32.16")
    post_office = factories.make_office(
        code="17510", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.06", serves=["32.16"]
    )
    HandoverPolicy.objects.create(office=registry, items_per_shipment=50, items_per_bag=20)
    return registry, post_office


def queued(registry: Office, number: int) -> list[Card]:
    cards = factories.make_cards(office=registry, number=number)
    fill_backlog(office_id=registry.pk, at=NOW)
    return cards


def test_numbers_taken_by_many_workers_have_no_gap_and_no_double(offices: tuple[Office, Office]) -> None:
    registry, _ = offices
    add_s10_block(office_id=registry.pk, service_indicator="RR", first_serial=0, last_serial=149, on=TODAY)
    add_number_list(office_id=registry.pk, numbers=[f"P20050400{n:05}" for n in range(50)], on=TODAY)

    def take() -> list[str] | list[None]:
        taken: list[str] = []
        for _ in range(8):
            with transaction.atomic():
                taken += take_numbers(office_id=registry.pk, count=5)  # type: ignore[arg-type]
        return taken

    results = together(*[take] * 5)  # the pool's eight connections, and one of ours
    numbers = [number for result in results for number in result]  # type: ignore[attr-defined]
    assert len(numbers) == len(set(numbers)) == 200
    assert [block.next_serial for block in NumberBlock.objects.order_by("pk")] == [150, 51]
    with pytest.raises(ShipmentRefused) as caught, transaction.atomic():
        take_numbers(office_id=registry.pk, count=1)
    assert caught.value.code is Code.NUMBERS_SHORT


def test_two_clerks_closing_at_once_close_once(offices: tuple[Office, Office]) -> None:
    registry, _ = offices
    queued(registry, 10)
    (shipment_id,) = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=NOW).shipment_ids

    def close() -> object:
        return close_shipment(shipment_id=shipment_id, actor_id=None, at=NOW)

    results = together(*[close] * 4)
    assert sum(isinstance(result, Shipment) for result in results) == 1
    refused = [result for result in results if isinstance(result, ShipmentRefused)]
    assert [refusal.code for refusal in refused] == [Code.WRONG_STATE] * 3


def test_batching_twice_at_once_posts_every_card_once(offices: tuple[Office, Office]) -> None:
    registry, _ = offices
    add_s10_block(office_id=registry.pk, service_indicator="RR", first_serial=0, last_serial=999, on=TODAY)
    queued(registry, 120)

    def batch() -> int:
        return batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=NOW).items

    assert sorted(together(*[batch] * 4)) == [0, 0, 0, 120]  # type: ignore[type-var]
    assert Item.objects.count() == 120
    serials = [int(str(number)[2:10]) for number in Item.objects.values_list("number", flat=True)]
    assert sorted(serials) == list(range(120))
    assert not BacklogEntry.objects.exists()


def test_same_cards_filled_into_two_shipments_at_once_land_in_one(offices: tuple[Office, Office]) -> None:
    registry, post_office = offices
    references = [card.reference for card in queued(registry, 20)]
    options = {"office_id": registry.pk, "post_office_id": post_office.pk, "actor_id": None, "at": NOW}
    shipments = [open_shipment(**options) for _ in range(2)]  # type: ignore[arg-type]

    def filling(shipment: Shipment) -> Callable[[], object]:
        return lambda: fill_shipment(shipment_id=shipment.pk, references=references, actor_id=None, at=NOW)

    results = together(*map(filling, shipments))
    assert [result for result in results if result == 20] == [20]
    (refused,) = [result for result in results if isinstance(result, ShipmentRefused)]
    assert refused.code is Code.NOT_IN_BACKLOG
    assert Item.objects.filter(live=True).count() == 20


def test_closing_and_filling_at_once_never_changes_a_closed_shipment(offices: tuple[Office, Office]) -> None:
    registry, _ = offices
    queued(registry, 10)
    (shipment_id,) = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=NOW).shipment_ids
    references = [card.reference for card in queued(registry, 5)]
    together(
        lambda: close_shipment(shipment_id=shipment_id, actor_id=None, at=NOW),
        lambda: fill_shipment(shipment_id=shipment_id, references=references, actor_id=None, at=NOW),
    )
    shipment = Shipment.objects.get(pk=shipment_id)
    assert shipment.item_count == Item.objects.filter(shipment=shipment, live=True).count()


def test_shipment_is_handed_over_once(offices: tuple[Office, Office]) -> None:
    registry, _ = offices
    queued(registry, 3)
    (shipment_id,) = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=NOW).shipment_ids
    close_shipment(shipment_id=shipment_id, actor_id=None, at=NOW)

    def give() -> object:
        return hand_over(shipment_id=shipment_id, given=3, giver="A, B", taker="C, D", actor_id=None, at=NOW)

    results = together(*[give] * 3)
    assert sum(isinstance(result, Handover) for result in results) == 1
    assert Handover.objects.count() == 1


def test_one_person_registered_at_two_offices_at_once_circulates_once(offices: tuple[Office, Office]) -> None:
    registry, _ = offices
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    rows = [printed(serial) for serial in range(1, 31)]

    def registering(office: Office) -> Callable[[], object]:
        return lambda: create_cards(rows=rows, office_id=office.pk, actor_id=None, at=NOW)

    results = together(registering(registry), registering(other))
    assert not [result for result in results if isinstance(result, Exception)]
    assert CirculatingCard.objects.count() == 30
    assert Card.objects.filter(disposition=Disposition.REGISTERED).count() == 30
    assert Card.objects.count() == 60


def test_same_rows_sent_twice_at_once_are_registered_once(
    offices: tuple[Office, Office], now: datetime
) -> None:
    registry, _ = offices
    rows = [printed(serial) for serial in range(1, 31)]

    def send() -> object:
        return create_cards(rows=rows, office_id=registry.pk, actor_id=None, at=now)

    results = together(*[send] * 3)
    assert not [result for result in results if isinstance(result, Exception)]
    assert Card.objects.count() == 30


def test_parts_drawn_by_many_workers_at_once_are_one_printing(
    offices: tuple[Office, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, _ = offices
    monkeypatch.setattr(label_runs, "LABELS_PER_PART", 5)
    queued(registry, 15)
    shipment_ids = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=NOW).shipment_ids
    run = label_runs.start_label_run(
        shipment_ids=shipment_ids, office_id=registry.pk, format="zpl203", actor_id=None, at=NOW
    )
    jobs = list(Job.objects.values_list("pk", flat=True))
    assert len(jobs) == 3
    together(*[partial(run_job, job_id) for job_id in jobs * 2])
    assert list(Job.objects.values_list("state", "attempts")) == [("SUCCEEDED", 1)] * 3
    assert LabelPrint.objects.get().labels == 15
    assert run.parts.exclude(file="").count() == 3


def test_two_clerks_asking_for_the_same_labels_at_once_get_one_run(offices: tuple[Office, Office]) -> None:
    registry, _ = offices
    queued(registry, 3)
    shipment_ids = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=NOW).shipment_ids

    def ask() -> object:
        return label_runs.start_label_run(
            shipment_ids=shipment_ids, office_id=registry.pk, format="zpl203", actor_id=None, at=NOW
        )

    results = together(*[ask] * 3)
    refused = [result for result in results if isinstance(result, ShipmentRefused)]
    assert [refusal.code for refusal in refused] == [Code.LABELS_IN_WORK] * 2
    assert (LabelRun.objects.count(), Job.objects.count()) == (1, 1)
