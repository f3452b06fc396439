"""Today's work of each role: numbers, each with the list behind it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry, Role, User
from addresses.services import waiting_addresses
from delivery.address_requests import DECIDE_WITHIN
from delivery.courier_files.rows import NAMES_TO_LOOK_AT
from delivery.expected_returns import expected_returns
from delivery.models import AddressRequest, CounterStay, CourierFile, CourierRow, Delivery
from delivery.scope import (
    address_requests_visible_to,
    appointments_visible_to,
    courier_files_visible_to,
    enquiries_visible_to,
    jobs_visible_to,
    post_offices_visible_to,
    returns_visible_to,
    stays_visible_to,
    transfer_cases_visible_to,
    transfers_visible_to,
    village_lists_visible_to,
    wishes_visible_to,
)
from delivery.silence import Patience, patience_with, silence_of, silent_items
from jobs.models import JobState
from offices.models import Closure, Office, Quota
from offices.quotas import places_left
from offices.services import local_day
from privacy.models import AccessRecord, Breach, DataRequest
from shipments.models import BacklogEntry, HandoverDifference, ShipmentState
from shipments.numbering import number_stock
from shipments.scope import shipments_visible_to
from web.access import office_of

SOON = timedelta(hours=24)
MOST_SIGNALS = 6


@dataclass(frozen=True, slots=True)
class Tile:
    """A number of today's work."""

    label: Promise
    number: int
    url: str
    icon: str
    tone: str = ""
    hint: Promise | str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """A sentence about what needs a supervisor's eye, with the list behind it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody of this role does most often."""

    label: Promise
    url: str
    icon: str


def tiles_of(user: User, at: datetime) -> list[Tile]:
    """Give the numbers of the user's role."""
    return list(_TILES[Role(user.role)](user, at))


def actions_of(user: User) -> list[Action]:
    """Give the main actions of the user's role."""
    return [Action(label, reverse(view), icon) for label, view, icon in _ACTIONS.get(Role(user.role), ())]


def _link(view: str, **query: str) -> str:
    address = reverse(view)
    return f"{address}?{urlencode(query)}" if query else address


def _attention(number: int, tone: str = "warn") -> str:
    return tone if number else ""


def _printing(user: User, at: datetime) -> Iterator[Tile]:
    office = office_of(user)
    shipments = shipments_visible_to(user)
    waiting = waiting_addresses(office_id=office.pk).count()
    yield Tile(_("addresses in review"), waiting, _link("web:review"), "geo-alt", _attention(waiting))
    yield _corrections(user, at)
    queued = BacklogEntry.objects.filter(office=office).count()
    yield Tile(
        _("cards ready to be posted"), queued, _link("web:backlog"), "inbox", "moving" if queued else ""
    )
    opened = shipments.filter(state=ShipmentState.OPEN).count()
    yield Tile(_("shipments to fill and close"), opened, _link("web:shipments", state="OPEN"), "box-seam")
    closed = shipments.filter(state=ShipmentState.CLOSED)
    unlabelled = closed.filter(label_prints__isnull=True).count()
    yield Tile(
        _("shipments without printed labels"),
        unlabelled,
        _link("web:shipments", state="CLOSED", labels="no"),
        "printer",
    )
    yield Tile(_("shipments to hand over"), closed.count(), _link("web:shipments", state="CLOSED"), "truck")
    stock = number_stock(office_id=office.pk)
    if stock.has_blocks:
        tone = "warn" if stock.is_low else ""
        yield Tile(_("item numbers left"), stock.left, _link("web:numbers"), "hash", tone)
    yield from _news(user, at)


def _corrections(user: User, at: datetime) -> Tile:
    """Residents' corrections, with those whose three days are over."""
    rows = address_requests_visible_to(user).filter(state=AddressRequest.State.OPEN)
    late = Q(asked_at__lt=at - DECIDE_WITHIN)
    found = rows.order_by().aggregate(number=Count("pk"), late=Count("pk", filter=late))
    tone = "bad" if found["late"] else _attention(found["number"])
    return Tile(_("corrections by residents"), found["number"], _link("web:corrections"), "pencil", tone)


def _news(user: User, at: datetime) -> Iterator[Tile]:
    """What came from the post and from residents."""
    unapplied = courier_files_visible_to(user).filter(state=CourierFile.State.PREVIEWED).count()
    yield Tile(
        _("courier files checked, not applied"), unapplied, _link("web:courier-files", state="PREVIEWED"),
        "file-earmark-spreadsheet", _attention(unapplied),
    )  # fmt: skip
    expected = expected_returns(offices=list(post_offices_visible_to(user)), at=at)
    late = expected.overdue.count()
    yield Tile(
        _("items coming back"), expected.rows.count(), _link("web:returns-expected"), "arrow-return-left",
        _attention(late), _("some are overdue") if late else "",
    )  # fmt: skip
    undecided = returns_visible_to(user).filter(decision="UNDECIDED").count()
    yield Tile(
        _("returns to decide"),
        undecided,
        _link("web:returns-decide"),
        "arrow-return-left",
        _attention(undecided),
    )
    yield _transfer_cases(user)
    asked = enquiries_visible_to(user).filter(answered_at__isnull=True).count()
    yield Tile(
        _("questions of residents"), asked, _link("web:enquiries"), "chat-left-text", _attention(asked)
    )
    wished = wishes_visible_to(user).filter(settled_at__isnull=True).count()
    yield Tile(_("wishes of residents"), wished, _link("web:wishes"), "arrow-repeat", _attention(wished))
    running = jobs_visible_to(user).filter(state__in=[JobState.QUEUED, JobState.RUNNING]).count()
    if running:
        yield Tile(_("jobs running"), running, _link("web:jobs"), "list-task", "moving")


def _transfer_cases(user: User) -> Tile:
    """What one side of a transfer did not find."""
    cases = transfer_cases_visible_to(user).filter(closed_at__isnull=True).count()
    return Tile(
        _("cards missing or extra in transfers"), cases, _link("web:transfer-cases"),
        "exclamation-circle-fill", _attention(cases, "bad"),
    )  # fmt: skip


def _supervisor(user: User, at: datetime) -> Iterator[Tile]:
    office = office_of(user)
    yield from _printing(user, at)
    contradicted = Delivery.objects.filter(card__office=office, contradictions__gt=0).count()
    yield Tile(
        _("cards with contradictions"), contradicted, _link("web:cards", contradictions="true"),
        "exclamation-triangle-fill", _attention(contradicted),
    )  # fmt: skip
    ours = Q(courier_file__office=office) | Q(courier_file__office__parent=office)
    texts = CourierRow.objects.filter(ours, outcome="UNMAPPED_TEXT")
    unknown = texts.values("status_text", "remark_text").distinct().count()
    yield Tile(_("texts not known"), unknown, _link("web:texts"), "translate", _attention(unknown))
    late = stays_visible_to(user).filter(live=True).exclude(follows="").count()
    yield Tile(
        _("kept longer than planned"), late, _link("web:shelf-overdue"), "clock-history", _attention(late)
    )
    listed = (
        returns_visible_to(user)
        .filter(decision="REGISTRY", signed_off_at__isnull=True, card__disposition="REGISTERED")
        .count()
    )
    yield Tile(
        _("entries to sign off"), listed, _link("web:returns-registry"), "clipboard-check", _attention(listed)
    )
    cases = HandoverDifference.objects.filter(
        handover__shipment__office=office, closed_at__isnull=True
    ).count()
    yield Tile(
        _("differences at handover"), cases, _link("web:shipments", differences="open"), "exclamation-circle-fill",
        _attention(cases, "bad"),
    )  # fmt: skip


def _patience(user: User, at: datetime) -> Patience:
    return patience_with(offices=list(post_offices_visible_to(user)), at=at)


def signals_of(user: User, at: datetime) -> list[Signal]:
    """Say to a supervisor which post offices give no news, those with the most silent items first."""
    if user.role != Role.SUPERVISOR or user.office_id is None:
        return []
    return [
        Signal(
            _("%(office)s: %(items)s items without news for %(days)s open days")
            % {
                "office": silence.office.name,
                "items": number_format(silence.items, force_grouping=True),
                "days": number_format(silence.service_days),
            },
            _link("web:silent", post_office=silence.office.code),
        )
        for silence in silence_of(patience=_patience(user, at))[:MOST_SIGNALS]
        if silence.items
    ]


def _partner(user: User, at: datetime) -> Iterator[Tile]:
    shipments = shipments_visible_to(user)
    coming = shipments.filter(state=ShipmentState.CLOSED).count()
    yield Tile(
        _("shipments that will be handed over"),
        coming,
        _link("web:shipments", state="CLOSED"),
        "box-seam-fill",
    )
    here = shipments.filter(state=ShipmentState.HANDED_OVER).count()
    yield Tile(
        _("shipments to count and confirm"),
        here,
        _link("web:shipments", state="HANDED_OVER"),
        "truck",
        _attention(here),
    )
    files = courier_files_visible_to(user)
    unapplied = files.filter(state=CourierFile.State.PREVIEWED).count()
    yield Tile(
        _("files checked, not applied"), unapplied, _link("web:courier-files", state="PREVIEWED"),
        "file-earmark-spreadsheet", _attention(unapplied),
    )  # fmt: skip
    silent = silent_items(patience=_patience(user, at)).count()
    yield Tile(_("silent items"), silent, _link("web:silent"), "hourglass-split", _attention(silent))
    rows = CourierRow.objects.filter(courier_file__in=files, outcome__in=NAMES_TO_LOOK_AT).count()
    yield Tile(
        _("rows to look at"), rows, _link("web:courier-files", rows="yes"), "list-check", _attention(rows)
    )
    cases = HandoverDifference.objects.filter(
        handover__shipment__in=shipments, closed_at__isnull=True
    ).count()
    yield Tile(
        _("open differences"), cases, _link("web:shipments", differences="open"), "exclamation-circle-fill",
        _attention(cases),
    )  # fmt: skip


def _counter(user: User, at: datetime) -> Iterator[Tile]:
    office = office_of(user)
    today = local_day(office=office, at=at)
    booked = appointments_visible_to(user).filter(day=today, cancelled_at__isnull=True).count()
    yield Tile(
        _("appointments today"), booked, _link("web:counter"), "calendar-check", "moving" if booked else ""
    )
    left = places_left(office_id=office.pk, lane=Quota.Lane.ORDINARY, day=today)
    yield Tile(_("places left today"), left, _link("web:counter"), "people")
    shelf = CounterStay.objects.filter(counter=office, live=True)
    yield Tile(_("cards on the shelf"), shelf.count(), _link("web:shelf"), "inboxes")
    overdue = shelf.filter(hold_until__lt=today).count()
    yield Tile(
        _("kept longer than planned"),
        overdue,
        _link("web:shelf-overdue"),
        "clock-history",
        _attention(overdue),
    )
    coming = transfers_visible_to(user).filter(to_office=office, closed_at__isnull=True).count()
    yield Tile(
        _("transfers to receive"), coming, _link("web:transfers"), "arrow-left-right", _attention(coming)
    )
    yield _transfer_cases(user)
    lists = village_lists_visible_to(user).filter(closed_at__isnull=True)
    late = lists.filter(return_by__lt=today).count()
    yield Tile(
        _("village lists not reported"),
        lists.count(),
        _link("web:village-lists"),
        "signpost-split",
        _attention(late),
    )
    asked = enquiries_visible_to(user).filter(answered_at__isnull=True).count()
    yield Tile(
        _("questions of residents"), asked, _link("web:enquiries"), "chat-left-text", _attention(asked)
    )


def _data_protection(user: User, at: datetime) -> Iterator[Tile]:
    office = office_of(user)
    waiting = DataRequest.objects.filter(office=office, answered_at__isnull=True)
    soon = waiting.filter(due_at__lte=at + SOON).count()
    yield Tile(
        _("data requests to answer"), waiting.count(), _link("web:data-requests", state="open"), "clipboard-check",
        _attention(soon, "bad"), _("some are due within a day") if soon else "",
    )  # fmt: skip
    untold = Breach.objects.filter(office=office).exclude(
        authority_notified_at__isnull=False, people_notified_at__isnull=False
    )
    number = untold.count()
    yield Tile(
        _("breaches to be told"), number, _link("web:breaches", state="open"), "shield-lock",
        _attention(number, "bad"),
    )  # fmt: skip
    today = local_day(office=office, at=at)
    ours = Q(actor__office=office) | Q(actor__office__parent=office)
    seen = AccessRecord.objects.filter(ours, at__date=today)
    for action, label, icon in (
        ("OPEN", _("openings of personal data today"), "eye"),
        ("SEARCH", _("searches by NIK today"), "search"),
        ("EXPORT", _("exports today"), "download"),
    ):
        number = seen.filter(action=action).count()
        yield Tile(label, number, _link("web:access-log", action=action, day=today.isoformat()), icon)


def _administrator(user: User, at: datetime) -> Iterator[Tile]:
    yield Tile(_("offices"), Office.objects.filter(is_active=True).count(), _link("web:offices"), "building")
    today = at.date()
    closed = Closure.objects.filter(starts_on__lte=today, ends_on__gte=today).count()
    yield Tile(_("closures today"), closed, _link("web:closures"), "calendar-x", _attention(closed))
    entries = AuditEntry.objects.filter(at__gte=at - SOON).count()
    yield Tile(_("audit entries of the last day"), entries, _link("web:audit"), "journal-text")


_TILES: Mapping[Role, Callable[[User, datetime], Iterator[Tile]]] = {
    Role.PRINTING: _printing,
    Role.SUPERVISOR: _supervisor,
    Role.PARTNER: _partner,
    Role.COUNTER: _counter,
    Role.DATA_PROTECTION: _data_protection,
    Role.ADMINISTRATOR: _administrator,
}
_ACTIONS: Mapping[Role, tuple[tuple[Promise, str, str], ...]] = {
    Role.PRINTING: (
        (_("Upload printed cards"), "web:intake", "cloud-upload"),
        (_("Print check"), "web:print-check", "upc-scan"),
    ),
    Role.PARTNER: ((_("Upload a status file"), "web:courier-files", "cloud-upload"),),
    Role.COUNTER: ((_("Hand out a card"), "web:counter", "upc-scan"),),
    Role.SUPERVISOR: ((_("Ledger"), "web:ledger", "journal-check"),),
    Role.DATA_PROTECTION: ((_("Data requests"), "web:data-requests", "clipboard-check"),),
}
