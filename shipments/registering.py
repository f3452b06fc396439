"""Turn printed rows into cards: once each, one circulating card per person, every address checked."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from addresses.outcome import AddressInput
from addresses.services import check_addresses, current_gazetteer, store_addresses
from jobs.bulk_rows import insert_rows, refresh_statistics, reserve_ids
from offices.models import Office
from privacy.crypto import INDEX_HEX_DIGITS, blind_index, keyed_digest
from shipments.intake import PrintedCardRow
from shipments.locks import lock_registry
from shipments.models import Card, Channel, CirculatingCard, Disposition, DispositionChange, Lane
from shipments.numbers import make_reference

CHUNK: Final = 4_000
MANY: Final = 10_000  # rows after which the planner is told
ATTEMPTS: Final = 3
PRINTED_TWICE_REASON: Final = "PRINTED_TWICE"
_CARD_FIELDS: Final = (
    "id", "office_id", "reference", "fingerprint", "nik", "nik_index", "kk", "kk_index", "phone", "name",
    "blank_serial", "printed_on", "lane", "channel", "disposition", "address_id", "intake_file_id", "intake_row",
    "access_version", "created_at",
)  # fmt: skip


class Outcome(StrEnum):
    """How a row of printed cards ends; they add up to the rows."""

    REGISTERED = "registered"
    PRINTED_TWICE = "printed_twice"
    ALREADY_KNOWN = "already_known"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class CardOutcome:
    """How one row ended; `verdict` of its address is empty for a card that was known before."""

    outcome: Outcome
    card_id: int
    reference: str
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Print:
    """One printed row with what it is recognised by; `again` when an earlier row is the very same card."""

    row: PrintedCardRow
    fingerprint: str
    nik_index: str
    again: bool


@dataclass(frozen=True, slots=True)
class _Known:
    card_id: int
    reference: str
    disposition: str
    intake: tuple[UUID | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What all chunks of one registration have in common.

    `firsts` gives for each person the earliest print among the new rows, which is the one that is kept.
    """

    office: Office
    regency: str
    at: datetime
    actor_id: int | None
    intake_file_id: UUID | None
    firsts: Mapping[str, str]


def fingerprints(rows: Iterable[PrintedCardRow], *, office_id: int) -> list[Print]:
    """Recognise rows: by the blank card's serial, or else as the n-th print of that person on that day."""
    prints = []
    seen: set[str] = set()
    ordinals: Counter[tuple[str, date]] = Counter()
    for row in rows:
        mark = row.blank_serial
        if not mark:
            ordinals[row.nik, row.printed_on] += 1
            mark = f"#{ordinals[row.nik, row.printed_on]}"
        text = f"{office_id}|{row.nik}|{row.printed_on.isoformat()}|{mark}"
        digest = keyed_digest(text, purpose="card.fingerprint").hex()[:INDEX_HEX_DIGITS]
        prints.append(Print(row, digest, blind_index(row.nik, purpose="card.nik"), digest in seen))
        seen.add(digest)
    return prints


def registration_of(
    prints: Sequence[Print],
    *,
    office: Office,
    at: datetime,
    actor_id: int | None,
    intake_file_id: UUID | None,
) -> Registration:
    """Prepare the registration of all rows of a file or a request."""
    known: set[str] = set()
    for chunk in chunks(prints):
        known.update(_known(office.pk, chunk))
    firsts: dict[str, tuple[date, str]] = {}
    for each in prints:
        if each.fingerprint not in known:
            first = firsts.get(each.nik_index)
            if first is None or each.row.printed_on < first[0]:
                firsts[each.nik_index] = (each.row.printed_on, each.fingerprint)
    gazetteer = current_gazetteer()
    regency = office.region_code[:5]
    return Registration(
        office=office,
        regency=gazetteer.name(regency) if regency in gazetteer else "",
        at=at,
        actor_id=actor_id,
        intake_file_id=intake_file_id,
        firsts={nik_index: fingerprint for nik_index, (_day, fingerprint) in firsts.items()},
    )


def register(registration: Registration, prints: Sequence[Print]) -> list[CardOutcome]:
    """Write one chunk of cards in a transaction of its own; safe to repeat. One outcome per row, in order."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                lock_registry(registration.office.pk)
                return _register(registration, prints)
        except IntegrityError:
            # Another office has registered one of these people at this very moment: now it can be seen.
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def foresee(registration: Registration, prints: Sequence[Print]) -> list[CardOutcome]:
    """Tell what `register` would do, without writing."""
    known = _known(registration.office.pk, prints)
    outcomes, new = _sort_out(registration, prints, known, _circulating(prints))
    verdicts = check_addresses(inputs=[_input(registration, prints[place].row) for place, _ in new])
    for (place, outcome), check in zip(new, verdicts, strict=True):
        outcomes[place] = CardOutcome(outcome, 0, "", check.verdict.value)
    return [outcome for outcome in outcomes if outcome is not None]


def tell_planner(rows: int) -> None:
    """After many new rows, let PostgreSQL count its tables again."""
    if rows >= MANY:
        refresh_statistics(models=[Card, Card._meta.get_field("address").related_model, CirculatingCard])  # type: ignore[list-item]


def chunks(prints: Sequence[Print]) -> Iterator[list[Print]]:
    """The prints in chunks of one transaction each."""
    remaining = iter(prints)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def _register(registration: Registration, prints: Sequence[Print]) -> list[CardOutcome]:
    known = _known(registration.office.pk, prints)
    outcomes, new = _sort_out(registration, prints, known, _circulating(prints))
    added = [(prints[place], outcome) for place, outcome in new]
    ids = reserve_ids(model=Card, count=len(added))
    stored = store_addresses(
        office_id=registration.office.pk,
        inputs=[_input(registration, each.row) for each, _ in added],
        at=registration.at,
    )
    insert_rows(
        model=Card,
        fields=_CARD_FIELDS,
        rows=(
            _card_values(registration, each, outcome, card_id, address.id)
            for (each, outcome), card_id, address in zip(added, ids, stored, strict=True)
        ),
    )
    kept = [
        (each.nik_index, key) for (each, outcome), key in zip(added, ids, strict=True) if _is_kept(outcome)
    ]
    insert_rows(model=CirculatingCard, fields=("nik_index", "card_id"), rows=kept)
    _explain_duplicates(
        registration, [key for (_, outcome), key in zip(added, ids, strict=True) if not _is_kept(outcome)]
    )
    for (place, outcome), card_id, address in zip(new, ids, stored, strict=True):
        outcomes[place] = CardOutcome(outcome, card_id, make_reference(card_id), address.verdict.value)
    return [outcome for outcome in outcomes if outcome is not None]


def _is_kept(outcome: Outcome) -> bool:
    return outcome is Outcome.REGISTERED


def _sort_out(
    registration: Registration, prints: Sequence[Print], known: Mapping[str, _Known], circulating: set[str]
) -> tuple[list[CardOutcome | None], list[tuple[int, Outcome]]]:
    """Outcomes of the rows that are known, None for the others; and the places and outcomes of those others."""
    outcomes: list[CardOutcome | None] = []
    new: list[tuple[int, Outcome]] = []
    for place, each in enumerate(prints):
        before = known.get(each.fingerprint)
        if before is not None:
            mine = before.intake == (registration.intake_file_id, each.row.row_number)
            outcome = Outcome.ALREADY_KNOWN
            if mine and registration.intake_file_id is not None:
                # This very row was written before the work was interrupted.
                twice = before.disposition == Disposition.DUPLICATE
                outcome = Outcome.PRINTED_TWICE if twice else Outcome.REGISTERED
            outcomes.append(CardOutcome(outcome, before.card_id, before.reference))
        elif each.again:
            outcomes.append(CardOutcome(Outcome.ALREADY_KNOWN, 0, ""))
        else:
            outcomes.append(None)
            first = registration.firsts.get(each.nik_index) == each.fingerprint
            kept = first and each.nik_index not in circulating
            new.append((place, Outcome.REGISTERED if kept else Outcome.PRINTED_TWICE))
    return outcomes, new


def _known(office_id: int, prints: Sequence[Print]) -> dict[str, _Known]:
    rows = Card.objects.filter(office_id=office_id, fingerprint__in=[each.fingerprint for each in prints])
    return {
        fingerprint: _Known(card_id, reference, disposition, (intake_file_id, intake_row))
        for fingerprint, card_id, reference, disposition, intake_file_id, intake_row in rows.values_list(
            "fingerprint", "pk", "reference", "disposition", "intake_file_id", "intake_row"
        )
    }


def _circulating(prints: Sequence[Print]) -> set[str]:
    found = CirculatingCard.objects.filter(nik_index__in=[each.nik_index for each in prints])
    return set(found.values_list("nik_index", flat=True))


def _input(registration: Registration, row: PrintedCardRow) -> AddressInput:
    # A sheet without that column speaks of the office's own regency.
    return AddressInput(
        alamat=row.alamat,
        rt_rw=row.rt_rw,
        dusun=row.dusun,
        desa_kelurahan=row.desa_kelurahan,
        kecamatan=row.kecamatan,
        kabupaten=row.kabupaten or registration.regency,
        provinsi=row.provinsi,
        kode_pos=row.kode_pos,
    )


def _card_values(
    registration: Registration, each: Print, outcome: Outcome, card_id: int, address_id: int
) -> tuple[Any, ...]:
    row = each.row
    return (
        card_id,
        registration.office.pk,
        make_reference(card_id),
        each.fingerprint,
        row.nik,
        each.nik_index,
        row.kk,
        blind_index(row.kk, purpose="card.kk"),
        row.phone,
        row.name,
        row.blank_serial,
        row.printed_on,
        Lane[row.lane.name].value,
        Channel.POST.value,
        (Disposition.REGISTERED if _is_kept(outcome) else Disposition.DUPLICATE).value,
        address_id,
        registration.intake_file_id,
        row.row_number if registration.intake_file_id is not None else None,
        1,
        registration.at,
    )


def _explain_duplicates(registration: Registration, card_ids: Sequence[int]) -> None:
    DispositionChange.objects.bulk_create(
        [
            DispositionChange(
                card_id=card_id,
                before=Disposition.REGISTERED,
                after=Disposition.DUPLICATE,
                reason=PRINTED_TWICE_REASON,
                changed_by_id=registration.actor_id,
                changed_at=registration.at,
            )
            for card_id in card_ids
        ],
        batch_size=500,
    )
