"""The print check: staff scan printed cards and set aside what must not be posted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.services import record
from privacy.crypto import blind_index
from privacy.models import AccessRecord
from privacy.services import record_access
from shipments.backlog import enter_again
from shipments.dispositions import change_disposition, set_aside
from shipments.items import frozen_cards
from shipments.locks import lock_registry
from shipments.models import Card, CirculatingCard, Disposition, DispositionChange, PrintCheck
from shipments.numbers import NumberKind, Scanned, normalise
from shipments.refusals import Code, ShipmentRefused

_AFTER: Final[Mapping[str, Disposition]] = {
    PrintCheck.Finding.GOOD: Disposition.REGISTERED,
    PrintCheck.Finding.DAMAGED: Disposition.DAMAGED,
    PrintCheck.Finding.PRINTED_TWICE: Disposition.DUPLICATE,
    PrintCheck.Finding.ELSEWHERE: Disposition.WITHDRAWN,
}
SWAPPED: Final = "OTHER_PRINT_KEPT"
CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintFinding:
    """One scan: a reference, a blank card's serial or a NIK, and what was found (PrintCheck.Finding)."""

    scanned: str
    finding: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintChecked:
    """How a scan ended. With a refusal nothing has happened to that card."""

    scanned: str
    finding: str
    card_id: int | None = None
    reference: str = ""
    disposition: str = ""
    repeated: bool = False
    refusal: Code | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReprintRequest:
    """A damaged card whose holder has no other print: the printer is to print it again."""

    card_id: int
    reference: str
    reason: str
    found_at: datetime


def check_prints(
    *, office_id: int, findings: Sequence[PrintFinding], actor_id: int | None, at: datetime
) -> list[PrintChecked]:
    """Write down what was found at cards; one answer per scan, in order."""
    checked: list[PrintChecked] = []
    with transaction.atomic():
        lock_registry(office_id)
        for start in range(0, len(findings), CHUNK):
            checked += _check_some(office_id, findings[start : start + CHUNK], actor_id, at)
        record(
            actor_id=actor_id, office_id=office_id, operation="CHECK_PRINT", object_kind="cards",
            object_key=str(len(findings)), at=at, refused=sum(each.refusal is not None for each in checked),
        )  # fmt: skip
    return checked


def undo_last_print_check(*, office_id: int, actor_id: int | None, at: datetime) -> PrintChecked:
    """Undo the newest standing scan of this person in this office."""
    with transaction.atomic():
        lock_registry(office_id)
        standing = PrintCheck.objects.filter(
            card__office_id=office_id, checked_by_id=actor_id, undone_at__isnull=True
        )
        check = standing.select_related("card").defer("card__nik", "card__kk", "card__phone").first()
        if check is None:
            raise ShipmentRefused(Code.NOTHING_TO_UNDO)
        card = check.card
        _take_back(card, check, actor_id, at)
        PrintCheck.objects.filter(pk=check.pk).update(undone_at=at)
        replaced = (
            PrintCheck.objects.filter(card=card, undone_at=check.checked_at).exclude(pk=check.pk).first()
        )
        if replaced is not None:
            PrintCheck.objects.filter(pk=replaced.pk).update(undone_at=None)
        enter_again(office_id=office_id, card_ids=[card.pk], at=at)
        record(
            actor_id=actor_id, office_id=office_id, operation="UNDO_PRINT_CHECK", object_kind="card",
            object_key=card.reference, at=at, finding=check.finding,
        )  # fmt: skip
    return PrintChecked(
        scanned=card.reference, finding=check.finding, card_id=card.pk, reference=card.reference,
        disposition=card.disposition,
    )  # fmt: skip


def reprint_requests(*, office_id: int) -> list[ReprintRequest]:
    """Cards found damaged, here or when they came back, whose holders wait for another print; the oldest first.

    A damaged card that was destroyed is still to be printed again.
    """
    damaged = DispositionChange.objects.filter(
        card__office_id=office_id,
        after=Disposition.DAMAGED,
        card__disposition__in=[Disposition.DAMAGED, Disposition.DESTROYED],
    )
    newer = DispositionChange.objects.filter(
        card_id=OuterRef("card_id"), pk__gt=OuterRef("pk"), after=Disposition.DAMAGED
    )
    rows = (
        damaged.exclude(Exists(newer))
        .order_by("changed_at", "pk")
        .values_list("card_id", "card__reference", "card__nik_index", "reason", "changed_at")
    )
    found = list(rows)
    circulating = set(
        CirculatingCard.objects.filter(nik_index__in=[row[2] for row in found]).values_list(
            "nik_index", flat=True
        )
    )
    return [
        ReprintRequest(pk, ref, reason, at) for pk, ref, nik, reason, at in found if nik not in circulating
    ]


def _check_some(
    office_id: int, findings: Sequence[PrintFinding], actor_id: int | None, at: datetime
) -> list[PrintChecked]:
    scans = [normalise(finding.scanned) for finding in findings]
    cards = _find(office_id, scans, [finding.scanned.strip() for finding in findings])
    frozen = frozen_cards(card_ids=[card.pk for group in cards.values() for card in group])
    _record_searches(scans, cards, actor_id, at)
    return [
        _check(finding, scan, cards.get(scan.value, []), frozen, actor_id, at)
        for finding, scan in zip(findings, scans, strict=True)
    ]


def _record_searches(
    scans: Sequence[Scanned], cards: Mapping[str, Sequence[Card]], actor_id: int | None, at: datetime
) -> None:
    """A card that is found by its holder's NIK was searched for, and so was one that is not here."""
    searched = [scan.value for scan in scans if scan.kind is NumberKind.NIK]
    found = [[card.reference for card in cards.get(value, ())] or [""] for value in searched]
    record_access(
        actor_id=actor_id,
        action=AccessRecord.Action.SEARCH,
        subject_kind="card",
        subject_keys=[reference for references in found for reference in references],
        at=at,
    )


def _find(office_id: int, scans: Sequence[Scanned], typed: Sequence[str]) -> dict[str, list[Card]]:
    """The cards that each scan may mean; of a person's prints the circulating one first."""
    by_nik = {
        blind_index(scan.value, purpose="card.nik"): scan.value
        for scan in scans
        if scan.kind is NumberKind.NIK
    }
    serials = {raw: scan.value for scan, raw in zip(scans, typed, strict=True)} | {
        s.value: s.value for s in scans
    }
    serials.pop("", None)
    cards = (
        Card.objects.filter(office_id=office_id).defer("nik", "kk", "phone").select_for_update(no_key=True)
    )
    found: dict[str, list[Card]] = {}
    for card in cards.filter(reference__in=[scan.value for scan in scans]).order_by("pk"):
        found.setdefault(card.reference, []).append(card)
    for card in cards.filter(~Q(blank_serial=""), blank_serial__in=list(serials)).order_by("pk"):
        found.setdefault(serials[card.blank_serial], []).append(card)
    for card in cards.filter(nik_index__in=list(by_nik)).order_by("pk"):
        found.setdefault(by_nik[card.nik_index], []).append(card)
    for group in found.values():
        group.sort(key=lambda card: (card.disposition != Disposition.REGISTERED, -card.pk))
    return found


def _check(
    finding: PrintFinding,
    scan: Scanned,
    cards: Sequence[Card],
    frozen: set[int],
    actor_id: int | None,
    at: datetime,
) -> PrintChecked:
    if finding.finding not in PrintCheck.Finding.values:
        return _refused(finding, Code.FINDING_UNKNOWN, known=", ".join(PrintCheck.Finding.values))
    if scan.kind is NumberKind.WRONG_CHECK and not cards:
        return _refused(finding, Code.SCAN_UNREADABLE)
    if not cards:
        return _refused(finding, Code.CARD_UNKNOWN)
    after = _AFTER[finding.finding]
    # A scan by NIK may mean either print of a person: the one that was set aside for just this comes first.
    card = next((card for card in cards if card.disposition == after), cards[0])
    refusal = _refusal(finding, card, after, frozen)
    if refusal is not None:
        return refusal
    standing = PrintCheck.objects.filter(card=card, undone_at__isnull=True).first()
    if standing is not None and standing.finding == finding.finding:
        return _answer(finding, card, repeated=True)
    if after is Disposition.DUPLICATE and card.disposition == Disposition.REGISTERED:
        if not _keep_other_print(card, actor_id, at):
            return _refused(finding, Code.ONLY_PRINT)
    elif card.disposition != after:
        reason = finding.reason.strip() or finding.finding
        set_aside(cards=[card], after=after, reason=reason, actor_id=actor_id, at=at)
        if finding.finding == PrintCheck.Finding.ELSEWHERE:
            # The other office will register it for itself.
            CirculatingCard.objects.filter(card=card).delete()
    if standing is not None:
        PrintCheck.objects.filter(pk=standing.pk).update(undone_at=at)
    PrintCheck.objects.create(
        card=card,
        finding=finding.finding,
        reason=finding.reason.strip()[:200],
        checked_by_id=actor_id,
        checked_at=at,
    )
    return _answer(finding, card)


def _refusal(finding: PrintFinding, card: Card, after: Disposition, frozen: set[int]) -> PrintChecked | None:
    if finding.finding == PrintCheck.Finding.DAMAGED and not finding.reason.strip():
        return _refused(finding, Code.REASON_MISSING)
    if card.pk in frozen:
        return _refused(finding, Code.ALREADY_POSTED)
    if card.disposition not in {Disposition.REGISTERED, after}:
        return _refused(finding, Code.SET_ASIDE, disposition=card.disposition)
    return None


def _keep_other_print(card: Card, actor_id: int | None, at: datetime) -> bool:
    """Set this print aside and let the person's other one take its place; False when there is none."""
    others = Card.objects.select_for_update(no_key=True).filter(
        office_id=card.office_id, nik_index=card.nik_index, disposition=Disposition.DUPLICATE
    )
    other = others.exclude(pk=card.pk).defer("nik", "kk", "phone").order_by("printed_on", "pk").first()
    if other is None:
        return False
    set_aside(cards=[card], after=Disposition.DUPLICATE, reason=SWAPPED, actor_id=actor_id, at=at)
    change_disposition(cards=[other], after=Disposition.REGISTERED, reason=SWAPPED, actor_id=actor_id, at=at)
    CirculatingCard.objects.create(nik_index=other.nik_index, card=other)
    enter_again(office_id=card.office_id, card_ids=[other.pk], at=at)
    return True


def _take_back(card: Card, check: PrintCheck, actor_id: int | None, at: datetime) -> None:
    """Give the card the disposition that it had before this check."""
    change = DispositionChange.objects.filter(
        card=card, changed_at=check.checked_at, after=_AFTER[check.finding]
    ).first()
    if change is None or card.disposition != change.after:
        return
    if change.before == Disposition.REGISTERED:
        if change.reason == SWAPPED:
            _set_other_print_aside(card, actor_id, at)
        if CirculatingCard.objects.filter(nik_index=card.nik_index).exists():
            raise ShipmentRefused(Code.ANOTHER_PRINT_CIRCULATES, scanned=card.reference)
        CirculatingCard.objects.create(nik_index=card.nik_index, card=card)
    before = Disposition(change.before)
    change_disposition(cards=[card], after=before, reason="UNDONE", actor_id=actor_id, at=at)


def _set_other_print_aside(card: Card, actor_id: int | None, at: datetime) -> None:
    current = CirculatingCard.objects.filter(nik_index=card.nik_index).select_related("card").first()
    if current is None or current.card_id in frozen_cards(card_ids=[current.card_id]):
        return
    set_aside(cards=[current.card], after=Disposition.DUPLICATE, reason="UNDONE", actor_id=actor_id, at=at)


def _answer(finding: PrintFinding, card: Card, *, repeated: bool = False) -> PrintChecked:
    return PrintChecked(
        scanned=finding.scanned, finding=finding.finding, card_id=card.pk, reference=card.reference,
        disposition=card.disposition, repeated=repeated,
    )  # fmt: skip


def _refused(finding: PrintFinding, code: Code, **params: Any) -> PrintChecked:
    return PrintChecked(
        scanned=finding.scanned,
        finding=finding.finding,
        refusal=code,
        params={"scanned": finding.scanned, **params},
    )
