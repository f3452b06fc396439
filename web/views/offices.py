"""When offices are closed, who stands in, and how many people they take."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role, User
from accounts.permissions import Operation, may
from accounts.services import record
from delivery.closures import (
    ClosureResult,
    WaitingCards,
    cards_at_counters_of,
    close_counters,
    counters_of_closure,
)
from delivery.courier_files.partners import SENDERS, let_apply
from delivery.extra_days import appointments_on_closed_days, open_extra_day, take_extra_day_back
from delivery.reopening import take_back_closure
from delivery.scope import closures_visible_to, may_close_region, offices_managed_by
from delivery.transfers import move_shelf
from delivery.waiting import override_places
from offices.delegating import delegate
from offices.models import Delegation, ExtraDay, Office, Quota, working_week
from offices.quotas import set_hours
from offices.services import policy_of
from web.access import StaffRequest, requires
from web.forms import ClosureForm, DelegationForm, ExtraDayForm, HoursForm, OverrideForm, QuotaForm
from web.lists import page_of
from web.messages import REFUSALS, refusal_text, tell_refusal


def _registry_offices(user: User) -> QuerySet[Office]:
    if user.role == Role.ADMINISTRATOR or user.office is None:
        return offices_managed_by(user)
    registry = user.office.registry_id
    return Office.objects.filter(Q(pk=registry) | Q(parent_id=registry), is_active=True)


@requires(Operation.SEE_OFFICES)
def office_list(request: StaffRequest) -> HttpResponse:
    """List the offices with what they serve."""
    offices = _registry_offices(request.user).prefetch_related("areas", "quotas").order_by("kind", "code")
    context = {
        "page": page_of(request, offices),
        "sends_files": SENDERS,
        "may_manage": may(request.user, Operation.MANAGE_OFFICES),
    }
    return render(request, "web/offices/list.html", context)


@requires(Operation.MANAGE_OFFICES)
@require_POST
def status_files(request: StaffRequest, office_id: int) -> HttpResponse:
    """Say whether an office's status files are applied without a person."""
    office = get_object_or_404(offices_managed_by(request.user), pk=office_id)
    applies = request.POST.get("applies") == "yes"
    try:
        let_apply(office=office, applies=applies, actor_id=request.user.pk, at=timezone.now())
    except REFUSALS as error:
        tell_refusal(request, error)
    return redirect("web:offices")


@requires(Operation.SEE_OFFICES)
def closure_list(request: StaffRequest) -> HttpResponse:
    """List closures, the latest first, and take a new one."""
    may_manage = may(request.user, Operation.MANAGE_OFFICES)
    form = ClosureForm(request.POST or None, offices=_registry_offices(request.user)) if may_manage else None
    refusal = ""
    if form is not None and form.is_valid():
        try:
            closed = _close(request, form.cleaned_data)
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            return redirect("web:closure", closure_id=closed.closure_id)
    closures = closures_visible_to(request.user).select_related("office")
    return render(
        request,
        "web/offices/closures.html",
        {"page": page_of(request, closures), "form": form, "today": timezone.localdate(), "refusal": refusal},
    )


def _close(request: StaffRequest, data: dict[str, Any]) -> ClosureResult:
    office: Office | None = data["office"]
    if office is None and not may_close_region(request.user, data["area_code"]):
        raise PermissionDenied
    closed = close_counters(
        office_id=office.pk if office else None,
        area_code=data["area_code"],
        service=data["service"],
        starts_on=data["starts_on"],
        ends_on=data["ends_on"],
        reason=data["reason"],
        cards=WaitingCards(data["cards"] or WaitingCards.HOLD),
        actor_id=request.user.pk,
        at=timezone.now(),
    )
    told = {
        "moved": number_format(closed.appointments_moved),
        "appointments": number_format(closed.appointments),
        "waiting": number_format(closed.waiting),
        "sent": number_format(closed.moved),
        "later": number_format(closed.to_move),
    }
    text = _(
        "The closure was written. Appointments moved to another day: %(moved)s of %(appointments)s; cards that wait "
        "there: %(waiting)s; cards sent to another counter now: %(sent)s, on the first day: %(later)s."
    )
    messages.success(request, text % told)
    return closed


@requires(Operation.SEE_OFFICES)
def closure_page(request: StaffRequest, closure_id: int) -> HttpResponse:
    """Show what waits at each counter that a closure is about, what it changed, and who stands in."""
    closure = get_object_or_404(closures_visible_to(request.user).select_related("office"), pk=closure_id)
    mine = set(_registry_offices(request.user).values_list("pk", flat=True))
    counters = [row for row in counters_of_closure(closure_id=closure.pk) if row.office.pk in mine]
    may_move = may(request.user, Operation.ROUTE_RETURNS)
    here = cards_at_counters_of(closure).filter(counter__in=mine).order_by("counter", "shelf", "pk")
    context = {
        "closure": closure,
        "counters": counters,
        # an administrator and a post office see counts, and no card
        "page": page_of(request, here if may_move else here.none()),
        "may_manage": may(request.user, Operation.MANAGE_OFFICES),
        "may_move": may_move,
        "today": timezone.localdate(),
    }
    return render(request, "web/offices/closure.html", context)


@requires(Operation.MANAGE_OFFICES)
@require_POST
def closure_end(request: StaffRequest, closure_id: int) -> HttpResponse:
    """Take back a closure that has not ended, with what it changed."""
    closure = get_object_or_404(closures_visible_to(request.user), pk=closure_id)
    if closure.office_id is None and not may_close_region(request.user, closure.area_code):
        raise PermissionDenied
    try:
        back = take_back_closure(
            closure_id=closure.pk, actor_id=request.user.pk, at=timezone.now(), today=timezone.localdate()
        )
    except REFUSALS as error:
        tell_refusal(request, error)
        return redirect("web:closures")
    told = {"appointments": number_format(back.appointments), "cards": number_format(back.cards)}
    text = _(
        "The closure was taken back. Appointments on their first day again: %(appointments)s; "
        "cards with their earlier last day: %(cards)s."
    )
    messages.success(request, text % told)
    return redirect("web:closures")


@requires(Operation.ROUTE_RETURNS)
@require_POST
def closure_move(request: StaffRequest, closure_id: int, office_id: int) -> HttpResponse:
    """Send the shelf of a counter of a closure to the office that stands in for it."""
    closure = get_object_or_404(closures_visible_to(request.user), pk=closure_id)
    mine = offices_managed_by(request.user).filter(pk=office_id)
    rows = {row.office.pk: row for row in counters_of_closure(closure_id=closure.pk)}
    row = rows.get(get_object_or_404(mine).pk)
    if row is None or row.delegate is None:
        raise Http404
    try:
        transfer = move_shelf(
            from_office_id=row.office.pk,
            to_office_id=row.delegate.pk,
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except REFUSALS as error:
        tell_refusal(request, error)
    else:
        text = _("%(cards)s cards are on their way to %(office)s.")
        messages.success(request, text % {"cards": number_format(transfer.sent), "office": row.delegate.name})
    return redirect("web:closure", closure_id=closure.pk)


@requires(Operation.MANAGE_OFFICES)
def delegation_list(request: StaffRequest) -> HttpResponse:
    """List who stands in for whom, and take a new one."""
    offices = offices_managed_by(request.user)
    form = DelegationForm(request.POST or None, offices=offices)
    if request.method == "POST" and form.is_valid():
        try:
            written = delegate(**form.cleaned_data)
        except REFUSALS as error:
            form.add_error(None, refusal_text(error))
        else:
            _audit(request.user, "DELEGATE_OFFICE", "delegation", written.pk)
            messages.success(request, _("The delegation was written."))
            return redirect("web:delegations")
    rows = Delegation.objects.filter(office__in=offices).select_related("office", "delegate")
    context = {"page": page_of(request, rows), "form": form, "today": timezone.localdate()}
    return render(request, "web/offices/delegations.html", context)


@requires(Operation.MANAGE_OFFICES)
@require_POST
def delegation_end(request: StaffRequest, delegation_id: int) -> HttpResponse:
    """Take back a delegation that has not ended."""
    rows = Delegation.objects.filter(
        office__in=offices_managed_by(request.user), ends_on__gte=timezone.localdate()
    )
    delegation = get_object_or_404(rows, pk=delegation_id)
    _audit(request.user, "TAKE_BACK_DELEGATION", "delegation", delegation.pk)
    delegation.delete()
    messages.success(request, _("The delegation was taken back."))
    return redirect("web:delegations")


@requires(Operation.MANAGE_OFFICES)
def quota_list(request: StaffRequest) -> HttpResponse:
    """List how many people each office takes a day, and set it."""
    form = QuotaForm(request.POST or None, offices=offices_managed_by(request.user))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        quota, _is_new = Quota.objects.update_or_create(
            office=data["office"],
            lane=data["lane"],
            defaults={"per_day": data["per_day"], "per_slot": data["per_slot"]},
        )
        _audit(request.user, "SET_QUOTA", "quota", quota.pk)
        messages.success(request, _("The quota was set. Days on which places were given out keep theirs."))
        return redirect("web:quotas")
    return _quota_page(request, form=form)


@requires(Operation.OVERRIDE_QUOTA)
@require_POST
def quota_override(request: StaffRequest) -> HttpResponse:
    """Add places to one day, or take free ones away, with a reason; who waits is offered them."""
    form = OverrideForm(request.POST, offices=offices_managed_by(request.user))
    if not form.is_valid():
        return _quota_page(request, override=form, status=422)
    data = form.cleaned_data
    try:
        places = override_places(
            office_id=data["office"].pk,
            lane=data["lane"],
            day=data["day"],
            places=data["places"],
            reason=data["reason"],
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except REFUSALS as error:
        form.add_error(None, refusal_text(error))
        return _quota_page(request, override=form, status=409)
    messages.success(request, _("The day has %(places)s places now.") % {"places": number_format(places)})
    return redirect("web:quotas")


@requires(Operation.MANAGE_OFFICES)
@require_POST
def quota_hours(request: StaffRequest) -> HttpResponse:
    """Set when an office is open, and how its day is cut into slots."""
    form = HoursForm(request.POST, offices=offices_managed_by(request.user))
    if not form.is_valid():
        return _quota_page(request, hours=form, status=422)
    set_hours(**form.cleaned_data)
    office: Office = form.cleaned_data["office"]
    _audit(request.user, "SET_HOURS", "office", office.pk)
    messages.success(request, _("The hours were set. Appointments that stand keep theirs."))
    if stranded := appointments_on_closed_days(counter_id=office.pk, at=timezone.now()):
        text = _(
            "%(appointments)s appointments stand on days on which %(office)s does not work any more. Write closures of "
            "these days, so that they move and people are told."
        )
        numbers = {"appointments": number_format(stranded), "office": office.name}
        messages.warning(request, text % numbers)
    return redirect("web:quotas")


@requires(Operation.MANAGE_OFFICES)
@require_POST
def extra_day(request: StaffRequest) -> HttpResponse:
    """Open a counter on a weekend or a holiday."""
    form = ExtraDayForm(request.POST, offices=offices_managed_by(request.user))
    if not form.is_valid():
        return _quota_page(request, extra=form, status=422)
    data = form.cleaned_data
    try:
        open_extra_day(
            office_id=data["office"].pk, day=data["day"], reason=data["reason"], actor_id=request.user.pk,
            at=timezone.now(),
        )  # fmt: skip
    except REFUSALS as error:
        form.add_error(None, refusal_text(error))
        return _quota_page(request, extra=form, status=409)
    messages.success(request, _("The extra day was written. It can be booked at once."))
    return redirect("web:quotas")


@requires(Operation.MANAGE_OFFICES)
@require_POST
def extra_day_end(request: StaffRequest, extra_day_id: int) -> HttpResponse:
    """Take an extra day back for which nobody has an appointment."""
    mine = ExtraDay.objects.filter(office__in=offices_managed_by(request.user))
    extra = get_object_or_404(mine, pk=extra_day_id)
    try:
        take_extra_day_back(extra_day_id=extra.pk, actor_id=request.user.pk, at=timezone.now())
    except REFUSALS as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("The extra day was taken back."))
    return redirect("web:quotas")


def _quota_page(
    request: StaffRequest,
    *,
    form: QuotaForm | None = None,
    override: OverrideForm | None = None,
    hours: HoursForm | None = None,
    extra: ExtraDayForm | None = None,
    status: int = 200,
) -> HttpResponse:
    offices = offices_managed_by(request.user)
    rows = Quota.objects.filter(office__in=offices).select_related("office").order_by("office__code", "lane")
    if override is None and may(request.user, Operation.OVERRIDE_QUOTA):
        override = OverrideForm(offices=offices)
    context = {
        "page": page_of(request, rows),
        "form": form or QuotaForm(offices=offices),
        "override": override,
        "hours": hours
        or HoursForm(offices=offices, initial=_hours_of(offices, request.GET.get("office", ""))),
        "extra": extra or ExtraDayForm(offices=offices),
        "extra_days": ExtraDay.objects.filter(office__in=offices, day__gte=timezone.localdate())
        .select_related("office")
        .order_by("day", "office__code"),
    }
    return render(request, "web/offices/quotas.html", context, status=status)


def _hours_of(offices: QuerySet[Office], code: str) -> dict[str, Any]:
    """Give the hours of an office for its form; without one the usual working week."""
    office = offices.filter(code=code).first() if code else None
    if office is None:
        return {"weekdays": working_week()}
    policy = policy_of(office=office)
    return {
        "office": office,
        "weekdays": office.open_weekdays,
        "opens_at": f"{office.opens_at:%H:%M}",
        "closes_at": f"{office.closes_at:%H:%M}",
        "slot_minutes": policy.slot_minutes,
        "offer_minutes": policy.offer_minutes,
    }


def _audit(user: User, operation: str, kind: str, key: int) -> None:
    record(
        actor_id=user.pk,
        office_id=user.office_id,
        operation=operation,
        object_kind=kind,
        object_key=str(key),
        at=timezone.now(),
    )
