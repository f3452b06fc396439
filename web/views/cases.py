"""Differences at handover: each is a case with an owner until somebody says how it was settled."""

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Operation, may
from shipments.handover import assign_difference, close_difference
from shipments.models import HandoverDifference
from shipments.refusals import ShipmentRefused
from shipments.scope import shipments_visible_to
from web.access import StaffRequest, requires
from web.choosing import ticked
from web.filters import CaseFilter
from web.forms import SettleForm
from web.lists import page_of
from web.messages import tell_refusal


@requires(Operation.SEE_SHIPMENTS)
def case_list(request: StaffRequest) -> HttpResponse:
    """List the differences of the shipments that the user's office sends or receives; the open ones first."""
    found = CaseFilter(request.GET or {"state": "open"}, queryset=_cases(request))
    may_settle = may(request.user, Operation.HAND_OVER)
    context = {
        "filter": found,
        "page": page_of(request, found.qs),
        "may_settle": may_settle,
        "owners": _owners(request) if may_settle else [],
    }
    return render(request, "web/shipments/cases.html", context)


@requires(Operation.HAND_OVER)
@require_POST
def case_assign(request: StaffRequest, difference_id: int) -> HttpResponse:
    """Give a case to somebody of the office."""
    case = get_object_or_404(_cases(request), pk=difference_id)
    chosen = ticked(request, "owner")
    owner = _owners(request).filter(pk__in=chosen).first() if len(chosen) == 1 else None
    if owner is None:
        messages.error(request, _("Choose a person of this office."))
        return redirect("web:cases")
    try:
        assign_difference(
            difference_id=case.pk, owner_id=owner.pk, actor_id=request.user.pk, at=timezone.now()
        )
    except ShipmentRefused as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("The case belongs to %(owner)s now.") % {"owner": owner.username})
    return redirect("web:cases")


@requires(Operation.HAND_OVER)
@require_POST
def case_settle(request: StaffRequest, difference_id: int) -> HttpResponse:
    """Close a case by saying how it was settled."""
    case = get_object_or_404(_cases(request), pk=difference_id)
    form = SettleForm(request.POST)
    resolution = form.cleaned_data["resolution"] if form.is_valid() else ""
    try:
        close_difference(
            difference_id=case.pk, resolution=resolution, actor_id=request.user.pk, at=timezone.now()
        )
    except ShipmentRefused as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("The case was settled."))
    return redirect("web:cases")


def _cases(request: StaffRequest) -> QuerySet[HandoverDifference]:
    cases = HandoverDifference.objects.filter(handover__shipment__in=shipments_visible_to(request.user))
    shown = cases.select_related("handover__shipment__post_office", "item__card", "owner")
    return shown.defer("item__card__nik", "item__card__kk", "item__card__phone").order_by(
        F("closed_at").asc(nulls_first=True), "opened_at", "pk"
    )


def _owners(request: StaffRequest) -> QuerySet[User]:
    return User.objects.filter(office=request.user.office, is_active=True).order_by("username")
