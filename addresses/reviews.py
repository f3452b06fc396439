"""The review desk: addresses that wait, grouped as they were typed, and what a person decides about them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, F, Min, QuerySet

from addresses.checking import (
    CHECKED_FIELDS,
    REVIEWED,
    TYPED_LIMITS,
    checked_values,
    corrections_of,
    typed_input,
)
from addresses.gazetteer import Gazetteer, name_key
from addresses.models import Address, AddressReview, RegionAlias, Verdict
from addresses.names import plain
from addresses.outcome import Level, NextAction
from addresses.refusals import AddressRefused, Code
from addresses.regions import current_gazetteer, current_resolver
from addresses.reopening import CAME_BACK
from addresses.requests import RESIDENT_ASKS

SUGGEST_AFTER: Final = 3  # as many addresses decided alike make a name worth suggesting
CHUNK: Final = 2_000
# A person said that it cannot be delivered: it leaves the desk.
NOTHING_TO_DO: Final = "NONE"
_CANDIDATES: Final = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A village that a group of addresses could mean."""

    village_code: str
    village: str
    district: str
    addresses: int


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """Addresses typed alike in village and district."""

    group_key: str
    count: int
    sample_ids: tuple[int, ...]
    candidates: tuple[Candidate, ...]
    oldest: date


@dataclass(frozen=True, slots=True)
class Decided:
    """Which of the decided addresses may be posted now, and which still wait (or never will)."""

    deliverable_ids: tuple[int, ...]
    still_waiting_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AliasSuggestion:
    """A name that people have corrected alike again and again."""

    alias_id: int
    name: str
    parent_code: str
    region_code: str
    uses: int


def waiting_addresses(*, office_id: int) -> QuerySet[Address]:
    """The office's addresses that wait for a person at the desk; corrections by residents wait elsewhere."""
    waiting = Address.objects.filter(office_id=office_id).exclude(verdict=Verdict.DELIVERABLE)
    return waiting.exclude(next_action__in=[NOTHING_TO_DO, RESIDENT_ASKS])


def review_groups(
    *, office_id: int, limit: int = 50, offset: int = 0, since: str = "checked_at"
) -> list[ReviewGroup]:
    """The desk's work: the group that has waited longest first, of two alike the larger.

    `since` names the moment that counts, as a field seen from the address: the rooms above know older ones.
    """
    waiting = waiting_addresses(office_id=office_id)
    groups = (
        waiting.values("group_key")
        .annotate(count=Count("pk"), oldest=Min(since))
        .order_by("oldest", "-count", "group_key")[offset : offset + limit]
    )
    found = list(groups)
    members: dict[str, list[tuple[int, str, list[dict[str, Any]]]]] = defaultdict(list)
    rows = waiting.filter(group_key__in=[group["group_key"] for group in found]).order_by("pk")
    for key, pk, village_code, alternatives in rows.values_list(
        "group_key", "pk", "village_code", "alternatives"
    ):
        members[key].append((pk, village_code, alternatives))
    known = current_gazetteer()
    return [
        ReviewGroup(
            group_key=group["group_key"],
            count=group["count"],
            sample_ids=tuple(pk for pk, _, _ in members[group["group_key"]][:5]),
            candidates=_candidates(members[group["group_key"]], known),
            oldest=group["oldest"],
        )
        for group in found
    ]


def _candidates(
    members: Iterable[tuple[int, str, list[dict[str, Any]]]], known: Gazetteer
) -> tuple[Candidate, ...]:
    votes: Counter[str] = Counter()
    for _pk, village_code, alternatives in members:
        codes = dict.fromkeys([village_code, *(alternative["code"] for alternative in alternatives)])
        votes.update(code for code in codes if len(code) == 13 and code in known)
    return tuple(
        Candidate(code, known.name(code), known.name(code[:8]), count)
        for code, count in votes.most_common(_CANDIDATES)
    )


def decide(
    *,
    office_id: int,
    address_ids: Sequence[int],
    decision: str,
    actor_id: int | None,
    at: datetime,
    village_code: str = "",
    corrections: Mapping[str, str] | None = None,
    note: str = "",
) -> Decided:
    """Write down a person's decision about addresses of one office and act on it.

    ACCEPTED takes `village_code`, or each address's own candidate. CORRECTED checks the addresses again with the
    corrected fields, and takes `village_code` where one is given. PHONE_ASKED leaves them at the desk.
    """
    ids = list(dict.fromkeys(address_ids))
    fields = {name: text.strip() for name, text in (corrections or {}).items()}
    _refuse_bad_decision(decision, village_code, fields)
    deliverable: list[int] = []
    with transaction.atomic():
        for chunk in _chunks(ids):
            addresses = list(
                Address.objects.select_for_update().filter(office_id=office_id, pk__in=chunk).order_by("pk")
            )
            if len(addresses) != len(chunk):
                raise AddressRefused(Code.ADDRESS_UNKNOWN, count=len(chunk) - len(addresses))
            _apply(addresses, decision, village_code, fields, at)
            AddressReview.objects.bulk_create(
                AddressReview(
                    address=address, decision=decision, village_code=address.village_code, corrections=fields,
                    note=note.strip()[:200], decided_by_id=actor_id, decided_at=at,
                )
                for address in addresses
            )  # fmt: skip
            done = [address for address in addresses if address.verdict == Verdict.DELIVERABLE]
            deliverable += [address.pk for address in done]
            if decision in {AddressReview.Decision.ACCEPTED, AddressReview.Decision.CORRECTED}:
                _remember_names(done)
    released = set(deliverable)
    return Decided(tuple(deliverable), tuple(pk for pk in ids if pk not in released))


def recheck_waiting(*, office_id: int, at: datetime) -> Decided:
    """Check the desk's addresses again, after the gazetteer has learnt names; corrections stay in force."""
    resolver = current_resolver()
    deliverable: list[int] = []
    waiting: list[int] = []
    waiting_now = waiting_addresses(office_id=office_id).exclude(reasons=CAME_BACK)
    ids = list(waiting_now.order_by("pk").values_list("pk", flat=True))
    for chunk in _chunks(ids):
        with transaction.atomic():
            addresses = waiting_addresses(office_id=office_id).select_for_update().filter(pk__in=chunk)
            corrected = corrections_of(address_ids=chunk)
            changed = []
            for address in addresses.order_by("pk"):
                typed = typed_input(address, corrected.get(address.pk))
                check = resolver.check(typed)
                if check.verdict.value == Verdict.DELIVERABLE:
                    _set(address, checked_values(typed, check, at))
                    changed.append(address)
                else:
                    waiting.append(address.pk)
            Address.objects.bulk_update(changed, CHECKED_FIELDS, batch_size=200)
            deliverable += [address.pk for address in changed]
    return Decided(tuple(deliverable), tuple(waiting))


def alias_suggestions() -> list[AliasSuggestion]:
    """Names worth learning, the most used first."""
    suggested = RegionAlias.objects.filter(state=RegionAlias.State.SUGGESTED, uses__gte=SUGGEST_AFTER)
    return [
        AliasSuggestion(alias.pk, alias.name, alias.parent_code, alias.region_code, alias.uses)
        for alias in suggested.order_by("-uses", "name")
    ]


def decide_alias(*, alias_id: int, accept: bool, actor_id: int | None) -> None:
    """Let the gazetteer learn a suggested name, or never suggest it again."""
    state = RegionAlias.State.ACCEPTED if accept else RegionAlias.State.REFUSED
    with transaction.atomic():
        alias = RegionAlias.objects.select_for_update().filter(pk=alias_id).first()
        if alias is None:
            raise AddressRefused(Code.ALIAS_UNKNOWN)
        if alias.state != RegionAlias.State.SUGGESTED:
            raise AddressRefused(Code.ALIAS_DECIDED)
        alias.state, alias.decided_by_id = state, actor_id
        alias.save(update_fields=["state", "decided_by", "updated_at"])


def _refuse_bad_decision(decision: str, village_code: str, corrections: Mapping[str, str]) -> None:
    if decision not in AddressReview.Decision.values:
        raise AddressRefused(
            Code.DECISION_UNKNOWN, decision=decision, known=", ".join(AddressReview.Decision.values)
        )
    if village_code and (len(village_code) != 13 or village_code not in current_gazetteer()):
        raise AddressRefused(Code.VILLAGE_UNKNOWN, village=village_code)
    if decision == AddressReview.Decision.CORRECTED and not corrections:
        raise AddressRefused(Code.NOTHING_CORRECTED)
    for field, text in corrections.items():
        if field not in TYPED_LIMITS:
            raise AddressRefused(Code.FIELD_UNKNOWN, field=field, known=", ".join(TYPED_LIMITS))
        if len(text) > TYPED_LIMITS[field]:
            raise AddressRefused(Code.FIELD_TOO_LONG, field=field, limit=TYPED_LIMITS[field])


def _apply(
    addresses: Sequence[Address],
    decision: str,
    village_code: str,
    corrections: Mapping[str, str],
    at: datetime,
) -> None:
    if decision == AddressReview.Decision.PHONE_ASKED:
        return
    if decision == AddressReview.Decision.UNDELIVERABLE:
        for address in addresses:
            address.verdict, address.next_action, address.checked_at = (
                Verdict.UNDELIVERABLE,
                NOTHING_TO_DO,
                at,
            )
    else:
        if corrections:
            _check_again(addresses, corrections, at)
        known = current_gazetteer()
        for address in addresses:
            chosen = village_code or ("" if corrections else address.village_code)
            if not chosen and not corrections:
                raise AddressRefused(Code.VILLAGE_MISSING)
            if chosen:
                _choose(address, chosen, known, at)
    Address.objects.bulk_update(addresses, CHECKED_FIELDS, batch_size=200)


def _check_again(addresses: Sequence[Address], corrections: Mapping[str, str], at: datetime) -> None:
    resolver = current_resolver()
    before = corrections_of(address_ids=[address.pk for address in addresses])
    for address in addresses:
        typed = typed_input(address, {**before.get(address.pk, {}), **corrections})
        _set(address, checked_values(typed, resolver.check(typed), at))


def _set(address: Address, values: Sequence[Any]) -> None:
    for name, value in zip(CHECKED_FIELDS, values, strict=True):
        setattr(address, name, value)


def _choose(address: Address, code: str, known: Gazetteer, at: datetime) -> None:
    lat, lon, radius_m, source = known.place(code)
    address.verdict, address.next_action = Verdict.DELIVERABLE, NextAction.ACCEPT.value
    address.village_code, address.match_level = code, Level.VILLAGE.value
    address.postcode, address.confidence, address.rule = known.postcode(code), 1.0, REVIEWED
    address.latitude, address.longitude = round(lat, 4), round(lon, 4)
    address.radius_m, address.point_source = radius_m, source
    address.group_key, address.checked_at = "", at


def _remember_names(addresses: Iterable[Address]) -> None:
    """Count how often a typed name was taken for a village, so that it can be suggested as its other name."""
    known = current_gazetteer()
    uses: Counter[tuple[str, str, str]] = Counter()
    for address in addresses:
        name, code = plain(address.desa_kelurahan), address.village_code
        if not name or name_key(address.desa_kelurahan, Level.VILLAGE) == name_key(
            known.name(code), Level.VILLAGE
        ):
            continue
        parent = _typed_district(address, known)
        if parent:
            uses[name[:100], parent, code] += 1
    for (name, parent, code), count in uses.items():
        alias, is_new = RegionAlias.objects.get_or_create(
            name=name,
            parent_code=parent,
            region_code=code,
            defaults={"state": RegionAlias.State.SUGGESTED, "uses": count},
        )
        if not is_new:
            RegionAlias.objects.filter(pk=alias.pk).update(uses=F("uses") + count)


def _typed_district(address: Address, known: Gazetteer) -> str:
    """The district inside which the name was used: the village's own, or another of the regency, or ""."""
    regency = address.village_code[:5]
    key = name_key(address.kecamatan, Level.DISTRICT)
    codes = known.index(regency, Level.DISTRICT).today.get(key, ())
    if not key or address.village_code[:8] in codes:
        return address.village_code[:8]
    return codes[0] if len(codes) == 1 else ""


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    remaining = iter(ids)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
