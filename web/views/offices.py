"""When offices are closed, who stands in, and how many people they take."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role, User
from accounts.permissions import Operation, may
from accounts.services import record
from delivery.closures import close_counters
from offices.models import Closure, Delegation, Office, Quota
from web.access import StaffRequest, office_of, requires
from web.forms import ClosureForm, DelegationForm, QuotaForm
from web.lists import page_of
from web.messages import REFUSALS, refusal_text


def offices_of(user: User) -> QuerySet[Office]:
    """An administrator sets up every office; a supervisor the registry's own and those that work for it."""
    if user.role == Role.ADMINISTRATOR:
        return Office.objects.filter(is_active=True)
    return Office.objects.filter(Q(pk=user.office_id) | Q(parent_id=user.office_id), is_active=True)


def _registry_offices(user: User) -> QuerySet[Office]:
    if user.role == Role.ADMINISTRATOR or user.office is None:
        return offices_of(user)
    registry = user.office.parent_id or user.office_id
    return Office.objects.filter(Q(pk=registry) | Q(parent_id=registry), is_active=True)


@requires(Operation.SEE_OFFICES)
def office_list(request: StaffRequest) -> HttpResponse:
    """List the offices with what they serve."""
    offices = _registry_offices(request.user).prefetch_related("areas", "quotas").order_by("kind", "code")
    return render(request, "web/offices/list.html", {"page": page_of(request, offices)})


@requires(Operation.SEE_OFFICES)
def closure_list(request: StaffRequest) -> HttpResponse:
    """List closures, the latest first, and take a new one."""
    may_manage = may(request.user, Operation.MANAGE_OFFICES)
    offices = _registry_offices(request.user)
    form = ClosureForm(request.POST or None, offices=offices) if may_manage else None
    refusal = ""
    if form is not None and form.is_valid():
        data = form.cleaned_data
        office: Office | None = data["office"]
        if office is None and not _is_within(request.user, data["area_code"]):
            raise PermissionDenied
        try:
            closed = close_counters(
                office_id=office.pk if office else None,
                area_code=data["area_code"],
                service=data["service"],
                starts_on=data["starts_on"],
                ends_on=data["ends_on"],
                reason=data["reason"],
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            told = {
                "appointments": number_format(closed.appointments),
                "waiting": number_format(closed.waiting),
            }
            text = _(
                "The closure was written. Appointments taken back: %(appointments)s; cards waiting there: %(waiting)s."
            )
            messages.success(request, text % told)
            return redirect("web:closures")
    regions = set(offices.values_list("region_code", flat=True))
    around = {code[:length] for code in regions for length in (2, 5, 8, 13)}
    closures = Closure.objects.select_related("office").filter(
        Q(office__in=offices) | Q(area_code__in=around)
    )
    return render(
        request,
        "web/offices/closures.html",
        {"page": page_of(request, closures), "form": form, "today": timezone.localdate(), "refusal": refusal},
    )


@requires(Operation.MANAGE_OFFICES)
@require_POST
def closure_end(request: StaffRequest, closure_id: int) -> HttpResponse:
    """Take back a closure that has not ended."""
    closures = Closure.objects.filter(Q(office__in=offices_of(request.user)) | Q(office__isnull=True))
    closure = get_object_or_404(closures, pk=closure_id, ends_on__gte=timezone.localdate())
    if closure.office_id is None and not _is_within(request.user, closure.area_code):
        raise PermissionDenied
    _audit(request.user, "TAKE_BACK_CLOSURE", "closure", closure.pk)
    closure.delete()
    messages.success(request, _("The closure was taken back."))
    return redirect("web:closures")


@requires(Operation.MANAGE_OFFICES)
def delegation_list(request: StaffRequest) -> HttpResponse:
    """List who stands in for whom, and take a new one."""
    offices = offices_of(request.user)
    form = DelegationForm(request.POST or None, offices=offices)
    if request.method == "POST" and form.is_valid():
        delegation = form.save()
        _audit(request.user, "DELEGATE_OFFICE", "delegation", delegation.pk)
        messages.success(request, _("The delegation was written."))
        return redirect("web:delegations")
    rows = Delegation.objects.filter(office__in=offices).select_related("office", "delegate")
    context = {"page": page_of(request, rows), "form": form, "today": timezone.localdate()}
    return render(request, "web/offices/delegations.html", context)


@requires(Operation.MANAGE_OFFICES)
@require_POST
def delegation_end(request: StaffRequest, delegation_id: int) -> HttpResponse:
    """Take back a delegation that has not ended."""
    rows = Delegation.objects.filter(office__in=offices_of(request.user), ends_on__gte=timezone.localdate())
    delegation = get_object_or_404(rows, pk=delegation_id)
    _audit(request.user, "TAKE_BACK_DELEGATION", "delegation", delegation.pk)
    delegation.delete()
    messages.success(request, _("The delegation was taken back."))
    return redirect("web:delegations")


@requires(Operation.MANAGE_OFFICES)
def quota_list(request: StaffRequest) -> HttpResponse:
    """List how many people each office takes a day, and set it."""
    offices = offices_of(request.user)
    form = QuotaForm(request.POST or None, offices=offices)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        quota, _is_new = Quota.objects.update_or_create(
            office=data["office"], lane=data["lane"], defaults={"per_day": data["per_day"]}
        )
        _audit(request.user, "SET_QUOTA", "quota", quota.pk)
        messages.success(request, _("The quota was set. Days on which places were given out keep theirs."))
        return redirect("web:quotas")
    rows = Quota.objects.filter(office__in=offices).select_related("office").order_by("office__code", "lane")
    return render(request, "web/offices/quotas.html", {"page": page_of(request, rows), "form": form})


def _is_within(user: User, area_code: str) -> bool:
    """Say whether a region is the user's to close: an administrator's all, a supervisor's the office's own."""
    if user.role == Role.ADMINISTRATOR:
        return True
    own = office_of(user).region_code
    return area_code == own or area_code.startswith(f"{own}.")


def _audit(user: User, operation: str, kind: str, key: int) -> None:
    record(
        actor_id=user.pk,
        office_id=user.office_id,
        operation=operation,
        object_kind=kind,
        object_key=str(key),
        at=timezone.now(),
    )
