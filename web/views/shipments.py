"""Shipments: the list, and one shipment from filling to its end."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Operation, may
from delivery.dispatch import hand_over_shipment
from labels.sheets import FORMATS
from offices.models import Office
from shipments.batching import cancel_shipment, close_shipment, fill_shipment, open_shipment, remove_items
from shipments.handover import close_difference
from shipments.label_runs import unfinished_parts
from shipments.models import Handover, HandoverDifference, Item, LabelRun, Shipment
from shipments.packing import pack_state
from shipments.scope import shipments_visible_to
from web import words
from web.access import StaffRequest, office_of, requires
from web.filters import ShipmentFilter
from web.forms import CancelForm, ChosenLabelsForm, HandoverForm, LabelForm, OpenShipmentForm
from web.lists import listing, page_of
from web.messages import REFUSALS, refusal_text, tell_refusal

SORTS = {"number": "number", "state": "state", "opened": "opened_at", "post": "post_office__code"}
ITEMS_A_PAGE = 100


@requires(Operation.SEE_SHIPMENTS)
def shipment_list(request: StaffRequest) -> HttpResponse:
    """List the shipments that the user's office sends or receives."""
    return list_page(request)


def list_page(request: StaffRequest, **extra: Any) -> HttpResponse:
    """Show the list; `extra` brings back what was chosen and why it was refused."""
    rows = shipments_visible_to(request.user).select_related("post_office")
    found = ShipmentFilter(request.GET, queryset=rows)
    counted = found.qs.annotate(live_items=Count("items", filter=Q(items__live=True)))
    shown = listing(request, counted, sorts=SORTS, default="-opened")
    context = {
        "filter": found,
        "page": shown.page,
        "sort": shown.sort,
        "may_manage": may(request.user, Operation.MANAGE_SHIPMENTS),
        "may_print": may(request.user, Operation.PRINT_LABELS),
        "label_form": ChosenLabelsForm(formats=FORMATS, initial=last_format(request.user)),
        **extra,
    }
    return render(request, "web/shipments/list.html", context)


def last_format(user: User) -> dict[str, str]:
    """The format that the user printed in last: a desk has one printer."""
    run = LabelRun.objects.filter(asked_by=user, office=user.office).first()
    return {"format": run.format} if run else {}


@requires(Operation.MANAGE_SHIPMENTS)
def shipment_new(request: StaffRequest) -> HttpResponse:
    """Open an empty shipment to one post office."""
    office = office_of(request.user)
    post_offices = Office.objects.filter(parent=office, kind=Office.Kind.POST_OFFICE, is_active=True)
    form = OpenShipmentForm(request.POST or None, post_offices=post_offices)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            shipment = open_shipment(
                office_id=office.pk,
                post_office_id=form.cleaned_data["post_office"].pk,
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            return redirect("web:shipment", shipment_id=shipment.pk)
    return render(request, "web/shipments/new.html", {"form": form, "refusal": refusal})


@requires(Operation.SEE_SHIPMENTS)
def shipment_page(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Show one shipment with its items, its papers and what can be done next."""
    return _page(request, _shipment_of(request, shipment_id))


def _page(request: StaffRequest, shipment: Shipment, **extra: Any) -> HttpResponse:
    items = Item.objects.filter(shipment=shipment, taken_out_at__isnull=True)
    shown = items.select_related("card__delivery", "bag").defer("card__nik", "card__kk", "card__phone")
    prints = shipment.label_prints.select_related("printed_by")
    may_print = may(request.user, Operation.PRINT_LABELS)
    context = {
        "shipment": shipment,
        "page": page_of(request, shown.order_by("position"), per_page=ITEMS_A_PAGE),
        "bags": shipment.bags.annotate(cards=Count("items", filter=Q(items__live=True))).filter(cards__gt=0),
        "pack": pack_state(shipment_id=shipment.pk) if shipment.state == "OPEN" else None,
        "prints": prints,
        "handover": Handover.objects.filter(shipment=shipment).first(),
        "differences": HandoverDifference.objects.filter(handover__shipment=shipment)
        .select_related("item__card", "owner")
        .defer("item__card__nik", "item__card__kk", "item__card__phone"),
        "labels_in_work": unfinished_parts().filter(shipment=shipment).first() if may_print else None,
        "label_form": LabelForm(formats=FORMATS, initial=last_format(request.user) if may_print else None),
        "handover_form": HandoverForm(initial={"given": shipment.item_count}),
        "cancel_form": CancelForm(),
        "may_manage": may(request.user, Operation.MANAGE_SHIPMENTS),
        "may_print": may_print,
        "may_print_manifest": may(request.user, Operation.PRINT_MANIFEST),
        "may_hand_over": may(request.user, Operation.HAND_OVER),
        **extra,
    }
    return render(request, "web/shipments/shipment.html", context)


def _change(
    request: StaffRequest, shipment: Shipment, change: Callable[[], str], **kept: Any
) -> HttpResponse:
    """Do it and go back to the shipment; when refused, show the page again with why and with what was typed."""
    try:
        done = change()
    except REFUSALS as error:
        return _page(request, shipment, refusal=refusal_text(error), **kept)
    messages.success(request, done)
    return redirect("web:shipment", shipment_id=shipment.pk)


@requires(Operation.MANAGE_SHIPMENTS)
@require_POST
def fill(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Add cards of the queue by their references."""
    shipment = _shipment_of(request, shipment_id)
    typed = request.POST.get("references", "")

    def change() -> str:
        added = fill_shipment(
            shipment_id=shipment.pk, references=typed.split(), actor_id=request.user.pk, at=timezone.now()
        )
        return _("%(count)s cards were added.") % {"count": number_format(added)}

    return _change(request, shipment, change, typed_fill=typed)


@requires(Operation.MANAGE_SHIPMENTS)
@require_POST
def remove(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Take cards out by their references, back into the queue."""
    shipment = _shipment_of(request, shipment_id)
    typed = " ".join(request.POST.getlist("references"))

    def change() -> str:
        taken = remove_items(
            shipment_id=shipment.pk, references=typed.split(), actor_id=request.user.pk, at=timezone.now()
        )
        return _("%(count)s cards were taken out and wait again.") % {"count": number_format(taken)}

    return _change(request, shipment, change, typed_remove=typed)


@requires(Operation.MANAGE_SHIPMENTS)
def close(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Ask for confirmation, then close: items and manifest never change from then on."""
    shipment = _shipment_of(request, shipment_id)
    context: dict[str, Any] = {"shipment": shipment, "pack": pack_state(shipment_id=shipment.pk)}
    if request.method == "POST":
        try:
            close_shipment(
                shipment_id=shipment.pk,
                actor_id=request.user.pk,
                at=timezone.now(),
                despite_unpacked="despite_unpacked" in request.POST,
            )
        except REFUSALS as error:
            context["refusal"] = refusal_text(error)
        else:
            messages.success(request, _("The shipment is closed. Print the manifest and hand it over."))
            return redirect("web:shipment", shipment_id=shipment.pk)
    return render(request, "web/shipments/close.html", context)


@requires(Operation.MANAGE_SHIPMENTS)
@require_POST
def cancel(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Cancel before handover; the cards wait again."""
    shipment = _shipment_of(request, shipment_id)
    form = CancelForm(request.POST)

    def change() -> str:
        cancel_shipment(
            shipment_id=shipment.pk,
            reason=form.data.get("reason", ""),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
        return _("The shipment was cancelled; its cards wait again.")

    return _change(request, shipment, change, cancel_form=form)


@requires(Operation.HAND_OVER)
@require_POST
def hand_over(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Hand over to the post: both officers and the count."""
    shipment = _shipment_of(request, shipment_id)
    form = HandoverForm(request.POST)
    if not form.is_valid():
        return _page(request, shipment, handover_form=form)

    def change() -> str:
        data = form.cleaned_data
        hand_over_shipment(
            shipment_id=shipment.pk,
            given=data["given"],
            giver=f"{data['giver_name']}, {data['giver_position']}",
            taker=f"{data['taker_name']}, {data['taker_position']}",
            actor_id=request.user.pk,
            at=timezone.now(),
        )
        return _("The shipment was handed over. Print the handover record and let both sign.")

    return _change(request, shipment, change, handover_form=form)


@requires(Operation.HAND_OVER)
@require_POST
def settle(request: StaffRequest, shipment_id: int, difference_id: int) -> HttpResponse:
    """Close a case of a difference at handover."""
    shipment = _shipment_of(request, shipment_id)
    difference = get_object_or_404(HandoverDifference, pk=difference_id, handover__shipment=shipment)
    try:
        close_difference(
            difference_id=difference.pk,
            resolution=request.POST.get("resolution", ""),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except REFUSALS as error:
        tell_refusal(request, error)
    else:
        kind = words.word_of("difference", difference.kind).label
        messages.success(request, _("The case (%(kind)s) was settled.") % {"kind": kind})
    return redirect("web:shipment", shipment_id=shipment.pk)


def _shipment_of(request: StaffRequest, shipment_id: int) -> Shipment:
    rows = shipments_visible_to(request.user).select_related("post_office", "office")
    return get_object_or_404(rows, pk=shipment_id)
