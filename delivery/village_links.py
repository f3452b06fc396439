"""The link of a village officer: made for one list, opened once, bound to that browser, reported through by phone.

Token and browser secret are random and kept as keyed digests only, so that no table and no backup opens a list. A
link that is unknown, used, revoked, expired or of a complete list gets one and the same answer. Wrong tokens count
against their sender as failed lookups do.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from accounts.services import record
from delivery import lookup_limits as limits
from delivery.models import VillageList, VillageListCard, VillageListLink
from delivery.refusals import Code, DeliveryRefused
from delivery.village_lists import VillageResult, lock_village_list, report, take_results_back
from privacy.crypto import keyed_digest
from privacy.services import record_export

_SECRET_BYTES = 24  # 192 bits
_TOKEN_PURPOSE = "village_link.token"  # noqa: S105 - names a purpose, holds no secret
_BROWSER_PURPOSE = "village_link.browser"
Result = VillageListCard.Result


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """A link that was just made: its address is told once and kept nowhere."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLink:
    """The secret that the browser keeps, and until when."""

    link_id: int
    secret: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedList:
    """A list as its officer's phone may see it: no NIK, no phone, no address."""

    list_id: int
    link_id: int
    number: str
    village_code: str
    office: str
    office_address: str
    time_zone: str
    handed_at: datetime
    return_by: date
    closed: bool
    cards: int
    out: int
    given: int
    not_found: int
    returned: int


def make_link(*, village_list_id: int, actor_id: int | None, at: datetime) -> NewLink:
    """Make the one link of a list; an earlier one, opened or not, ends. The names leave, so it is in the access log.

    It lives until the list's day of return is over, at most VILLAGE_LINK_DAYS. Raises LINK_NOT_POSSIBLE.
    """
    token = secrets.token_urlsafe(_SECRET_BYTES)
    with transaction.atomic():
        village_list = lock_village_list(village_list_id)
        if village_list.closed_at is not None or _ends(village_list) <= at:
            raise DeliveryRefused(Code.LINK_NOT_POSSIBLE, number=village_list.number)
        _not_revoked(village_list_id).update(revoked_at=at)
        link = VillageListLink.objects.create(
            village_list=village_list,
            digest=_digest(token, _TOKEN_PURPOSE),
            made_at=at,
            made_by_id=actor_id,
            expires_at=min(_ends(village_list), at + timedelta(days=settings.VILLAGE_LINK_DAYS)),
        )
        _record("MAKE_VILLAGE_LINK", link, village_list, actor_id, at)
        record_export(
            actor_id=actor_id,
            subject_kind="village_list",
            subject_key=village_list.number,
            records=village_list.cards,
            at=at,
        )
    return NewLink(url=f"{settings.PUBLIC_URL}/desa/{token}/", expires_at=link.expires_at)


def revoke_link(*, village_list_id: int, actor_id: int | None, at: datetime) -> bool:
    """End a list's link at once, on whatever phone it is open; False when there is none."""
    with transaction.atomic():
        village_list = lock_village_list(village_list_id)
        link = _not_revoked(village_list_id).first()
        if link is None:
            return False
        VillageListLink.objects.filter(pk=link.pk).update(revoked_at=at)
        _record("REVOKE_VILLAGE_LINK", link, village_list, actor_id, at)
    return True


def live_link(*, village_list_id: int, at: datetime) -> VillageListLink | None:
    """Give the link of a list that can be opened or is open."""
    return _not_revoked(village_list_id).filter(expires_at__gt=at).first()


def link_with(*, token: str) -> int | None:
    """Give the key of a link, whatever its state: the phone that opened it may follow it again."""
    found = VillageListLink.objects.filter(digest=_digest(token, _TOKEN_PURPOSE))
    return found.values_list("pk", flat=True).first()


def can_open(*, token: str, client: str, at: datetime) -> bool:
    """Say whether the link would open, without opening it: messengers fetch every address to draw a preview."""
    return _openable(token, client, at) is not None


def open_link(*, token: str, client: str, at: datetime) -> OpenedLink | None:
    """Open a link for the first and last time; None for whatever cannot be opened.

    Of two that open at once one wins: the row is taken only as long as nobody has.
    """
    link = _openable(token, client, at)
    if link is None:
        return None
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with transaction.atomic():
        village_list = lock_village_list(link.village_list_id)
        free = VillageListLink.objects.filter(pk=link.pk, opened_at__isnull=True, revoked_at__isnull=True)
        if village_list.closed_at is not None or not free.update(
            opened_at=at, browser_digest=_digest(secret, _BROWSER_PURPOSE)
        ):
            return None
        _record("OPEN_VILLAGE_LINK", link, village_list, None, at)
    return OpenedLink(link_id=link.pk, secret=secret, expires_at=link.expires_at)


def opened_list(*, link_id: int, secret: str, client: str, at: datetime) -> OpenedList | None:
    """Give the list that is open in the browser with this secret; None once the link has ended."""
    link = _opened(link_id, secret, at)
    if link is None:
        _count_failure(client, at)
        return None
    village_list = link.village_list
    totals = village_list.entries.aggregate(
        out=Count("pk", filter=Q(result=Result.OPEN)),
        **{result.lower(): Count("pk", filter=Q(result=result)) for result in _TOLD},
    )
    return OpenedList(
        list_id=village_list.pk,
        link_id=link.pk,
        number=village_list.number,
        village_code=village_list.village_code,
        office=village_list.office.name,
        office_address=village_list.office.address,
        time_zone=village_list.office.time_zone,
        handed_at=village_list.handed_at,
        return_by=village_list.return_by,
        closed=village_list.closed_at is not None,
        cards=village_list.cards,
        **totals,
    )


_TOLD = (Result.GIVEN, Result.NOT_FOUND, Result.RETURNED)


def cards_on_phone(*, opened: OpenedList, only_out: bool) -> QuerySet[VillageListCard]:
    """Give the cards that the officer has or has given, by the list's order; of a complete list none.

    A card that is back at the office is not the officer's any more.
    """
    entries = VillageListCard.objects.filter(village_list_id=opened.list_id)
    entries = entries.none() if opened.closed else entries.exclude(result=Result.RETURNED)
    if only_out:
        entries = entries.exclude(result=Result.GIVEN)
    return (
        entries.select_related("card__address")
        .only(
            "position", "result", "relation", "reported_on", "card__name", "card__reference",
            "card__address__rt", "card__address__rw",
        )
        .order_by("position")
    )  # fmt: skip


def report_on_phone(
    *, link_id: int, secret: str, position: int, result: str, relation: str, on: date, at: datetime
) -> None:
    """Write down what became of one card, by the rule of the desk's report.

    The officer says given or not found; what is brought back the office counts itself. Raises LINK_UNKNOWN,
    NOT_ON_LIST, REPORT_DAY_INVALID, ALREADY_REPORTED.
    """
    with transaction.atomic():
        link, card_id = _card_of(link_id, secret, position, at)
        if result not in (Result.GIVEN, Result.NOT_FOUND):
            raise DeliveryRefused(Code.NOT_ON_LIST, number=link.village_list.number)
        report(
            village_list_id=link.village_list_id,
            results=[VillageResult(card_id=card_id, result=result, relation=relation, on=on)],
            actor_id=None,
            at=at,
            link_id=link.pk,
        )


def take_back_on_phone(*, link_id: int, secret: str, position: int, at: datetime) -> None:
    """Take the report of one card back while the list is open. Raises as `take_results_back`, and LINK_UNKNOWN."""
    with transaction.atomic():
        link, card_id = _card_of(link_id, secret, position, at)
        take_results_back(
            village_list_id=link.village_list_id, card_ids=[card_id], actor_id=None, at=at, link_id=link.pk
        )


def _card_of(link_id: int, secret: str, position: int, at: datetime) -> tuple[VillageListLink, int]:
    """Find a card by its place on the list that is open in this browser; the list stays locked."""
    link = _opened(link_id, secret, at)
    if link is None:
        raise DeliveryRefused(Code.LINK_UNKNOWN)
    lock_village_list(link.village_list_id)
    # revoked while we waited for the list?
    link = _opened(link_id, secret, at)
    if link is None:
        raise DeliveryRefused(Code.LINK_UNKNOWN)
    entry = link.village_list.entries.filter(position=position).first()
    if entry is None:
        raise DeliveryRefused(Code.NOT_ON_LIST, number=link.village_list.number)
    return link, entry.card_id


def _openable(token: str, client: str, at: datetime) -> VillageListLink | None:
    if limits.is_locked(key=limits.client_key(client), at=at):
        return None
    link = VillageListLink.objects.filter(
        digest=_digest(token, _TOKEN_PURPOSE),
        opened_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=at,
        village_list__closed_at__isnull=True,
    ).first()
    if link is None:
        _count_failure(client, at)
    return link


def _opened(link_id: int, secret: str, at: datetime) -> VillageListLink | None:
    found = VillageListLink.objects.filter(
        pk=link_id,
        browser_digest=_digest(secret, _BROWSER_PURPOSE),
        revoked_at__isnull=True,
        expires_at__gt=at,
    )
    return found.select_related("village_list__office").first()


def _count_failure(client: str, at: datetime) -> None:
    limits.count_failure(keys=[limits.client_key(client), limits.everybody_key()], at=at)


def _not_revoked(village_list_id: int) -> QuerySet[VillageListLink]:
    return VillageListLink.objects.filter(village_list_id=village_list_id, revoked_at__isnull=True)


def _ends(village_list: VillageList) -> datetime:
    """Give the midnight after the day of return, on the wall of the list's office."""
    zone = ZoneInfo(village_list.office.time_zone)
    return datetime.combine(village_list.return_by + timedelta(days=1), time.min, tzinfo=zone)


def _digest(secret: str, purpose: str) -> str:
    return keyed_digest(secret, purpose=purpose).hex()


def _record(
    operation: str, link: VillageListLink, village_list: VillageList, actor_id: int | None, at: datetime
) -> None:
    record(
        actor_id=actor_id,
        office_id=village_list.office_id,
        operation=operation,
        object_kind="village_list",
        object_key=village_list.number,
        at=at,
        link=link.pk,
    )
