"""Cards: find them, list them, take the list away, look at one."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.contrib import messages
from django.db.models import F, FilteredRelation, Prefetch, Q, QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, may
from addresses.services import printed_lines, region_line
from delivery.choices import set_channel
from delivery.scope import cards_in_scope
from delivery.tracking import timeline
from privacy.crypto import blind_index
from privacy.models import AccessRecord
from privacy.services import record_access, record_export
from shipments.items import FROZEN
from shipments.models import Card, Disposition, Item
from shipments.numbers import NumberKind, normalise
from shipments.refusals import ShipmentRefused
from spreadsheets.cells import Cell
from spreadsheets.writing import Column
from web import words
from web.access import StaffRequest, requires
from web.filters import CardFilter
from web.forms import ChannelForm
from web.lists import csv_answer, listing
from web.messages import tell_refusal

SORTS = {
    "reference": "reference",
    "name": "name",
    "printed": "printed_on",
    "lane": "lane",
    "since": "delivery__since",
}
# a list never opens what is sealed
_SEALED = ("nik", "kk", "phone")


@requires(Operation.SEE_CARDS)
def card_list(request: StaffRequest) -> HttpResponse:
    """List the cards that the user's office handles."""
    if normalise(request.GET.get("q", "")).kind is NumberKind.NIK:
        messages.warning(
            request, _("Look for a NIK with the search field: an address of a page must not hold it.")
        )
        return redirect("web:cards")
    found = CardFilter(request.GET, queryset=cards_in_scope(request.user), request=request)
    shown = listing(request, _with_places(found.qs), sorts=SORTS, default="-printed")
    context = {"filter": found, "page": shown.page, "sort": shown.sort}
    return render(request, "web/cards/list.html", context)


def _with_places(cards: QuerySet[Card]) -> QuerySet[Card]:
    live = Item.objects.filter(live=True).select_related("shipment__post_office")
    return (
        cards.select_related("delivery", "address", "backlog", "held")
        .defer(*_SEALED)
        .prefetch_related(Prefetch("items", queryset=live, to_attr="live_items"))
    )


@requires(Operation.SEE_CARDS)
@require_POST
def card_search(request: StaffRequest) -> HttpResponse:
    """Find by what was scanned or typed. A NIK comes by POST only, and the search is recorded."""
    asked = normalise(request.POST.get("q", ""))
    cards = cards_in_scope(request.user)
    if asked.kind is NumberKind.NIK and may(request.user, Operation.SEE_PERSONAL_DATA):
        found = cards.filter(nik_index=blind_index(asked.value, purpose="card.nik"))
        references = list(found.order_by("pk").values_list("reference", flat=True))
        record_access(
            actor_id=request.user.pk,
            action=AccessRecord.Action.SEARCH,
            subject_kind="card",
            subject_keys=references or [""],
            at=timezone.now(),
        )
    else:
        matching = Q(reference=asked.value) | Q(items__number=asked.value)
        references = list(cards.filter(matching).distinct().values_list("reference", flat=True))
    if len(references) == 1:
        return redirect("web:card", reference=references[0])
    if not references and asked.kind is NumberKind.NIK:
        messages.warning(request, _("No card here belongs to this NIK. It may not be printed yet."))
        return redirect("web:cards")
    query = " ".join(references) or request.POST.get("q", "").strip()
    return redirect(f"{reverse('web:cards')}?{urlencode({'q': query})}")


@requires(Operation.SEE_CARDS)
def card_page(request: StaffRequest, reference: str) -> HttpResponse:
    """Show one card: where it is, what happened to it, how its address was understood."""
    card = _card_of(request, reference)
    items = list(card.items.select_related("shipment__post_office", "bag").order_by("-pk"))
    context = {
        "card": card,
        "items": items,
        "live_items": [item for item in items if item.live],
        "timeline": timeline(card_id=card.pk)[::-1],
        "lines": [
            *printed_lines(card.address),
            f"{region_line(card.address)} {card.address.postcode}".strip(),
        ],
        "reasons": card.address.reasons.split(),
        "reviews": card.address.reviews.select_related("decided_by"),
        "changes": card.disposition_changes.select_related("changed_by"),
        "checks": card.print_checks.select_related("checked_by"),
        "may_open": may(request.user, Operation.SEE_PERSONAL_DATA),
        "channel_form": _channel_form(request, card, items),
    }
    return render(request, "web/cards/card.html", context)


@requires(Operation.MANAGE_SHIPMENTS)
@require_POST
def card_channel(request: StaffRequest, reference: str) -> HttpResponse:
    """Let a card go by post, counter or village office, as its holder or the office chooses."""
    card = _card_of(request, reference)
    try:
        set_channel(
            office_id=card.office_id,
            references=[card.reference],
            channel=request.POST.get("channel", ""),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except ShipmentRefused as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("The way to the holder was changed."))
    return redirect("web:card", reference=card.reference)


@requires(Operation.SEE_PERSONAL_DATA)
@require_POST
def card_open(request: StaffRequest, reference: str) -> HttpResponse:
    """Show the NIK, family card number and phone of one card; that it was opened is recorded."""
    card = _card_of(request, reference)
    record_access(
        actor_id=request.user.pk,
        action=AccessRecord.Action.OPEN,
        subject_kind="card",
        subject_keys=[card.reference],
        at=timezone.now(),
    )
    response = render(request, "web/cards/personal.html", {"card": card, "is_open": True})
    response["Cache-Control"] = "no-store"
    return response


@requires(Operation.SEE_CARDS)
def card_export(request: StaffRequest) -> FileResponse:
    """Send the filtered list as CSV, without NIK, family card and phone; that it left is recorded."""
    cards = CardFilter(request.GET, queryset=cards_in_scope(request.user), request=request).qs
    now = timezone.now()
    record_export(
        actor_id=request.user.pk, subject_kind="card", subject_key="list", records=cards.count(), at=now
    )
    columns = [
        Column(_("Reference"), 14), Column(_("Item number"), 18), Column(_("Name"), 32),
        Column(_("Printed on"), 14, "date"), Column(_("Lane"), 18), Column(_("Registered as"), 16),
        Column(_("Status"), 24), Column(_("Since"), 18, "date"), Column(_("Village code"), 16),
        Column(_("Village"), 24), Column(_("District"), 24), Column(_("Post office"), 12),
    ]  # fmt: skip
    return csv_answer(name=f"kartu-{now:%Y%m%d}", columns=columns, rows=_exported(cards))


def _exported(cards: QuerySet[Card]) -> Iterator[list[Cell]]:
    rows = cards.annotate(
        live_item=FilteredRelation("items", condition=Q(items__live=True)),
        post_office=F("live_item__shipment__post_office__code"),
    ).order_by("pk")
    fields = (
        "reference", "live_item__number", "name", "printed_on", "lane", "disposition", "delivery__status",
        "delivery__since", "address__village_code", "address__desa_kelurahan", "address__kecamatan", "post_office",
    )  # fmt: skip
    for row in rows.values_list(*fields).iterator(chunk_size=2_000):
        reference, number, name, printed, lane, disposition, status, since, code, village, district, post = (
            row
        )
        yield [
            reference, number or "", name, printed, _word("lane", lane), _word("disposition", disposition),
            _word("delivery", status) if status else "", _local(since), code, village, district, post or "",
        ]  # fmt: skip


def _word(kind: str, code: object) -> str:
    return str(words.word_of(kind, str(code)).label)


def _local(moment: datetime | None) -> datetime | None:
    return None if moment is None else timezone.localtime(moment).replace(tzinfo=None)


def _channel_form(request: StaffRequest, card: Card, items: Sequence[Item]) -> ChannelForm | None:
    """The choice of the way, as long as there is one: before the shipment is closed."""
    is_given_away = any(item.live and item.shipment.state in FROZEN for item in items)
    is_free = card.disposition == Disposition.REGISTERED and not hasattr(card, "delivery")
    if not is_free or is_given_away or not may(request.user, Operation.MANAGE_SHIPMENTS):
        return None
    return ChannelForm(initial={"channel": card.channel})


def _card_of(request: StaffRequest, reference: str) -> Card:
    cards = cards_in_scope(request.user).select_related(
        "address", "delivery", "held__hold", "backlog", "office", "intake_file"
    )
    return get_object_or_404(cards, reference=reference)
