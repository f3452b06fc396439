"""Area holds: cards for an area wait, or go another way."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from shipments.backlog import fill_backlog
from shipments.holds import HoldResult, hold_area, hold_cards, release_hold
from shipments.models import AreaHold, ListedCard
from shipments.refusals import ShipmentRefused
from web.access import StaffRequest, office_of, requires
from web.forms import HoldForm, ListHoldForm
from web.lists import page_of
from web.messages import REFUSALS, refusal_text, tell_refusal
from web.villages import find_villages, village_name


@requires(Operation.HOLD_AREAS)
def hold_list(request: StaffRequest) -> HttpResponse:
    """List the office's holds, and begin a new one by choosing its village."""
    office = office_of(request.user)
    listed = ListedCard.objects.filter(hold=OuterRef("pk")).order_by().values("hold")
    holds = (
        AreaHold.objects.filter(office=office)
        .select_related("created_by")
        .annotate(cards=Count("held_cards"), listed=Subquery(listed.values(number=Count("pk"))))
    )
    page = page_of(request, holds.order_by("-created_at", "-pk"))
    find = request.GET.get("find", "")
    context = {
        "page": page,
        "rows": [
            (hold, village_name(hold.village_code) if hold.village_code else "") for hold in page.object_list
        ],
        "today": timezone.localdate(),
        "find": find,
        "found": find_villages(name=find, near=office.region_code),
    }
    return render(request, "web/holds/list.html", context)


@requires(Operation.HOLD_AREAS)
def hold_new(request: StaffRequest, village_code: str) -> HttpResponse:
    """Hold one village or some of its RW."""
    form = HoldForm(request.POST or None, initial={"starts_on": timezone.localdate(), "action": "WAIT"})
    refusal = ""
    if request.method == "POST" and form.is_valid():
        data: dict[str, Any] = form.cleaned_data
        try:
            result = hold_area(
                office_id=office_of(request.user).pk,
                village_code=village_code,
                rws=data["rws"],
                action=data["action"],
                channel=data["channel"],
                reason=data["reason"],
                starts_on=data["starts_on"],
                ends_on=data["ends_on"],
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            return _written(request, result)
    context = {"form": form, "refusal": refusal, "village": village_name(village_code), "code": village_code}
    return render(request, "web/holds/new.html", context)


@requires(Operation.HOLD_AREAS)
def hold_of_list(request: StaffRequest) -> HttpResponse:
    """Hold the cards of a list, wherever their holders live."""
    form = ListHoldForm(request.POST or None, initial={"starts_on": timezone.localdate(), "action": "WAIT"})
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            result = hold_cards(
                office_id=office_of(request.user).pk,
                actor_id=request.user.pk,
                at=timezone.now(),
                **form.cleaned_data,
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            return _written(request, result)
    return render(request, "web/holds/list_of_cards.html", {"form": form, "refusal": refusal})


def _written(request: StaffRequest, result: HoldResult) -> HttpResponse:
    caught = number_format(result.held + result.withdrawn)
    messages.success(request, _("The hold was written; it caught %(count)s cards.") % {"count": caught})
    return redirect("web:holds")


@requires(Operation.HOLD_AREAS)
@require_POST
def hold_release(request: StaffRequest, hold_id: int) -> HttpResponse:
    """End a hold; its cards may be posted again."""
    hold = get_object_or_404(AreaHold, pk=hold_id, office=office_of(request.user))
    now = timezone.now()
    try:
        freed = release_hold(hold_id=hold.pk, actor_id=request.user.pk, at=now)
        fill_backlog(office_id=hold.office_id, at=now)
    except ShipmentRefused as error:
        tell_refusal(request, error)
    else:
        messages.success(
            request,
            _("The hold was released: %(count)s cards wait no longer.") % {"count": number_format(freed)},
        )
    return redirect("web:holds")
