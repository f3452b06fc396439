"""Cards given to a village officer under a handover record, and the report of what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.services import record
from delivery import bulk, records
from delivery.desk import Fact, record_facts
from delivery.models import ReturnReceipt, TrackingEvent, VillageList, VillageListCard
from delivery.refusals import Code, DeliveryRefused
from delivery.scans import cards_by_id
from delivery.shelves import Arriving, put_on_shelf, take_off_shelf
from delivery.status import Receiver, Status
from delivery.taking_back import take_back
from delivery.tracking import void_events
from offices.models import Office
from offices.services import local_day, lock_offices
from shipments.cards import release_cards
from shipments.circulation import circulate_again

Result = VillageListCard.Result
_TAKEN_BACK = "result of a village list taken back"
# On this office's shelf, or taken in by it and on no other way (sent again, on the registry's own list).
_HERE = """
SELECT c.id, c.reference, d.item_id, a.village_code
FROM shipments_card c
JOIN addresses_address a ON a.id = c.address_id
JOIN delivery_delivery d ON d.card_id = c.id
LEFT JOIN delivery_counterstay s ON s.card_id = c.id AND s.live = TRUE
WHERE c.disposition = 'REGISTERED' AND {which}
  AND (d.status = 'READY_AT_COUNTER' AND s.counter_id = %s
       OR d.status = 'RETURN_RECEIVED' AND EXISTS (
          SELECT 1 FROM delivery_returnreceipt r
          WHERE r.id = (SELECT MAX(n.id) FROM delivery_returnreceipt n WHERE n.card_id = c.id)
            AND r.office_id = %s AND r.decision IN ('UNDECIDED', 'COUNTER', 'VILLAGE')))
ORDER BY c.name, c.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageResult:
    """What the officer reports of one card: given (to whom, by relation), not found, or brought back."""

    card_id: int
    result: str
    relation: str = ""
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageReport:
    """How a report changed the list."""

    given: int
    not_found: int
    returned: int
    unchanged: int
    still_out: int


@dataclass(frozen=True, slots=True)
class _Here:
    card_id: int
    reference: str
    item_id: int | None
    village_code: str


def make_village_list(
    *,
    office_id: int,
    village_code: str,
    card_ids: Sequence[int] | None,
    officer: str,
    return_by: date,
    actor_id: int | None,
    at: datetime,
) -> VillageList:
    """Give cards that wait at this office to a village's officer; None: all of the village's, by name.

    Raises NO_CARDS, CARD_NOT_HERE, RETURN_DATE_PASSED.
    """
    office = Office.objects.get(pk=office_id)
    today = local_day(office=office, at=at)
    if return_by < today:
        raise DeliveryRefused(Code.RETURN_DATE_PASSED, day=return_by)
    with transaction.atomic():
        lock_offices(office_ids=[office_id])
        cards = _cards_here(office, village_code, card_ids)
        if not cards:
            raise DeliveryRefused(Code.NO_CARDS)
        village_list = VillageList.objects.create(
            number=_next_number(office, today),
            office=office,
            village_code=village_code,
            officer=officer.strip()[:120],
            cards=len(cards),
            handed_at=at,
            handed_by_id=actor_id,
            return_by=return_by,
        )
        VillageListCard.objects.bulk_create(
            [
                VillageListCard(village_list=village_list, card_id=card.card_id, position=position)
                for position, card in enumerate(cards, start=1)
            ],
            batch_size=2_000,
        )
        take_off_shelf(card_ids=[card.card_id for card in cards])
        record_facts(
            status=Status.AT_VILLAGE,
            facts=[Fact(card.card_id, card.item_id) for card in cards],
            office=office,
            actor_id=actor_id,
            at=at,
        )
        _decide_receipts(cards, actor_id, at)
        _record("MAKE_VILLAGE_LIST", village_list, actor_id, at, cards=len(cards))
    return village_list


def _cards_here(office: Office, village_code: str, card_ids: Sequence[int] | None) -> list[_Here]:
    here = [office.pk, office.pk]
    if card_ids is None:
        sql, params = _HERE.format(which="a.village_code = %s"), [village_code, *here]
    else:
        sql, params = _HERE.format(which=bulk.among("c.id", "bigint")), [bulk.listed(card_ids), *here]
    records.lock_cards([row[0] for row in bulk.select(sql, params)])
    cards = [_Here(*row) for row in bulk.select(sql, params)]
    absent = set(card_ids or ()) - {card.card_id for card in cards}
    if absent:
        first = cards_by_id([min(absent)])
        known = first.get(min(absent))
        raise DeliveryRefused(
            Code.CARD_NOT_HERE,
            reference=known.reference if known is not None else "?",
            status=(known.status if known is not None else None) or "REGISTERED",
        )
    return cards


def _next_number(office: Office, today: date) -> str:
    """Number the day's lists of an office, whose row is locked."""
    prefix = f"DD-{office.code}-{today:%Y%m%d}"
    number = VillageList.objects.filter(office=office, number__startswith=f"{prefix}-").count() + 1
    return f"{prefix}-{number:03}"


def _decide_receipts(cards: Sequence[_Here], actor_id: int | None, at: datetime) -> None:
    """A return that was waiting for a decision has found its way."""
    for start in range(0, len(cards), 5_000):
        chunk = [card.card_id for card in cards[start : start + 5_000]]
        waiting = ReturnReceipt.objects.filter(
            card_id__in=chunk, decision__in=[ReturnReceipt.Decision.UNDECIDED, ReturnReceipt.Decision.COUNTER]
        )
        waiting.update(decision=ReturnReceipt.Decision.VILLAGE, decided_at=at, decided_by_id=actor_id)


def report(
    *,
    village_list_id: int,
    results: Sequence[VillageResult],
    actor_id: int | None,
    at: datetime,
    link_id: int | None = None,
) -> VillageReport:
    """Write down what the officer reports; the same report twice changes nothing.

    What was not found may still be given or brought back later. The list closes when no card is out any more.
    `link_id` is the link by which the officer reports on a phone. Raises NOT_ON_LIST, REPORT_DAY_INVALID,
    ALREADY_REPORTED; then nothing of the report is written.
    """
    with transaction.atomic():
        village_list = lock_village_list(village_list_id)
        _refuse_days(village_list, results, at)
        records.lock_cards([result.card_id for result in results])
        entries = {
            entry.card_id: entry
            for entry in village_list.entries.select_related("card").filter(
                card_id__in=[result.card_id for result in results]
            )
        }
        news = [result for result in results if _is_news(village_list, entries, result)]
        _write_entries(entries, news)
        _move_cards(village_list, news, actor_id, at)
        still_out = village_list.entries.filter(result__in=[Result.OPEN, Result.NOT_FOUND]).count()
        if not still_out and village_list.closed_at is None:
            VillageList.objects.filter(pk=village_list.pk).update(closed_at=at)
        counts = {kind: sum(result.result == kind for result in news) for kind in Result}
        by_link = {"link": link_id} if link_id is not None else {}
        _record(
            "REPORT_VILLAGE_LIST", village_list, actor_id, at, news=len(news), still_out=still_out, **by_link
        )
    return VillageReport(
        given=counts[Result.GIVEN],
        not_found=counts[Result.NOT_FOUND],
        returned=counts[Result.RETURNED],
        unchanged=len(results) - len(news),
        still_out=still_out,
    )


def take_results_back(
    *,
    village_list_id: int,
    card_ids: Sequence[int],
    actor_id: int | None,
    at: datetime,
    link_id: int | None = None,
) -> int:
    """Put cards that were reported by mistake back to "not reported yet"; give how many were reported.

    Works while the list is open; the desk may reopen a list on the day on which it closed, the officer's link may
    not. Raises NOT_ON_LIST, LIST_CLOSED, ALREADY_REPORTED (a card that was brought back is on its way again),
    NIK_CIRCULATES; then nothing is taken back.
    """
    with transaction.atomic():
        village_list = lock_village_list(village_list_id)
        _refuse_closed(village_list, at, by_link=link_id is not None)
        records.lock_cards(card_ids)
        entries = list(village_list.entries.select_related("card").filter(card_id__in=card_ids))
        if len(entries) < len(set(card_ids)):
            raise DeliveryRefused(Code.NOT_ON_LIST, number=village_list.number)
        for entry in entries:
            if entry.result == Result.RETURNED:
                raise DeliveryRefused(
                    Code.ALREADY_REPORTED, reference=entry.card.reference, result=entry.get_result_display()
                )
        reported = [entry for entry in entries if entry.result != Result.OPEN]
        _take_events_back([e.card_id for e in reported if e.result == Result.GIVEN], actor_id, at)
        VillageListCard.objects.filter(pk__in=[entry.pk for entry in reported]).update(
            result=Result.OPEN, relation="", reported_on=None
        )
        if reported and village_list.closed_at is not None:
            VillageList.objects.filter(pk=village_list.pk).update(closed_at=None)
        by_link = {"link": link_id} if link_id is not None else {}
        _record("TAKE_BACK_VILLAGE_RESULTS", village_list, actor_id, at, cards=len(reported), **by_link)
    return len(reported)


def _refuse_closed(village_list: VillageList, at: datetime, *, by_link: bool) -> None:
    closed_at, office = village_list.closed_at, village_list.office
    if closed_at is None:
        return
    if by_link or local_day(office=office, at=closed_at) != local_day(office=office, at=at):
        raise DeliveryRefused(Code.LIST_CLOSED, number=village_list.number)


def _take_events_back(given: Sequence[int], actor_id: int | None, at: datetime) -> None:
    if other := circulate_again(card_ids=given):
        raise DeliveryRefused(Code.NIK_CIRCULATES, reference=min(other.values()))
    events = TrackingEvent.objects.filter(
        card_id__in=given, status=Status.GIVEN_BY_VILLAGE, voided_by__isnull=True
    )
    void_events(
        event_ids=list(events.values_list("pk", flat=True)),
        reason=_TAKEN_BACK,
        recorded_at=at,
        recorded_by_id=actor_id,
    )


def lock_village_list(village_list_id: int) -> VillageList:
    """Give a list whose row is locked until the transaction ends: reports of one list come one after the other."""
    return (
        VillageList.objects.select_for_update(of=("self",), no_key=True)
        .select_related("office")
        .get(pk=village_list_id)
    )


def _refuse_days(village_list: VillageList, results: Sequence[VillageResult], at: datetime) -> None:
    first = local_day(office=village_list.office, at=village_list.handed_at)
    last = local_day(office=village_list.office, at=at)
    for result in results:
        if not first <= result.on <= last:
            raise DeliveryRefused(Code.REPORT_DAY_INVALID, day=result.on)


def _is_news(village_list: VillageList, entries: dict[int, VillageListCard], result: VillageResult) -> bool:
    entry = entries.get(result.card_id)
    if entry is None or result.result not in (Result.GIVEN, Result.NOT_FOUND, Result.RETURNED):
        raise DeliveryRefused(Code.NOT_ON_LIST, number=village_list.number)
    if entry.result == result.result:
        return False
    if entry.result in (Result.GIVEN, Result.RETURNED):
        raise DeliveryRefused(
            Code.ALREADY_REPORTED, reference=entry.card.reference, result=entry.get_result_display()
        )
    return True


def _write_entries(entries: dict[int, VillageListCard], news: Sequence[VillageResult]) -> None:
    for result in news:
        entry = entries[result.card_id]
        entry.result = result.result
        entry.relation = result.relation[:20]
        entry.reported_on = result.on
    VillageListCard.objects.bulk_update(
        [entries[result.card_id] for result in news], ["result", "relation", "reported_on"], batch_size=500
    )


def _move_cards(
    village_list: VillageList, news: Sequence[VillageResult], actor_id: int | None, at: datetime
) -> None:
    office = village_list.office
    items: dict[int, int | None] = dict(
        bulk.select(
            f"SELECT card_id, item_id FROM delivery_delivery WHERE {bulk.among('card_id', 'bigint')}",
            [bulk.listed([result.card_id for result in news])],
        )
    )
    given = [result for result in news if result.result == Result.GIVEN]
    record_facts(
        status=Status.GIVEN_BY_VILLAGE,
        facts=[
            Fact(result.card_id, items[result.card_id], receiver=_receiver(result.relation))
            for result in given
        ],
        office=office,
        actor_id=actor_id,
        at=at,
    )
    release_cards(card_ids=[result.card_id for result in given])
    back = [Arriving(r.card_id, items[r.card_id]) for r in news if r.result == Result.RETURNED]
    if back and office.kind == Office.Kind.COUNTER:
        put_on_shelf(counter=office, cards=back, shelf="", actor_id=actor_id, at=at)
    elif back:
        # leftovers wait for a decision, as any return
        take_back(office=office, cards=back, actor_id=actor_id, at=at)


def _receiver(relation: str) -> Receiver:
    """Keep the relation that was reported; an unknown word is kept as "other"."""
    return Receiver(relation) if relation in set(Receiver) else Receiver.OTHER


def _record(
    operation: str, village_list: VillageList, actor_id: int | None, at: datetime, **details: int
) -> None:
    record(
        actor_id=actor_id,
        office_id=village_list.office_id,
        operation=operation,
        object_kind="village_list",
        object_key=village_list.number,
        at=at,
        **details,
    )
