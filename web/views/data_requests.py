"""Requests of people about their own data: take them, see their clocks, answer them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from privacy.models import DataRequest
from privacy.services import answer_data_request, receive_data_request
from shipments.models import Card
from web.access import StaffRequest, office_of, requires
from web.forms import DataRequestForm
from web.lists import page_of


@requires(Operation.ANSWER_DATA_REQUESTS)
def request_list(request: StaffRequest) -> HttpResponse:
    """List the requests, the next due first, and take a new one."""
    office = office_of(request.user)
    form = DataRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if Card.objects.filter(office=office, reference=data["reference"]).exists():
            taken = receive_data_request(
                kind=data["kind"],
                office_id=office.pk,
                subject_key=data["reference"],
                text=data["text"],
                at=timezone.now(),
            )
            return redirect("web:data-request", request_id=taken.pk)
        form.add_error("reference", _("No card of this office has this reference. Check it with the person."))
    rows = DataRequest.objects.filter(office=office)
    if request.GET.get("state") == "open":
        rows = rows.filter(answered_at__isnull=True)
    page = page_of(request, rows.order_by("answered_at", "due_at", "pk"))
    context = {"form": form, "page": page, "now": timezone.now()}
    return render(request, "web/data_requests/list.html", context)


@requires(Operation.ANSWER_DATA_REQUESTS)
def request_page(request: StaffRequest, request_id: int) -> HttpResponse:
    """Show one request with its clock and its answer."""
    row = _request_of(request, request_id)
    return render(request, "web/data_requests/request.html", {"row": row, "now": timezone.now()})


@requires(Operation.ANSWER_DATA_REQUESTS)
@require_POST
def request_answer(request: StaffRequest, request_id: int) -> HttpResponse:
    """Answer a request once."""
    row = _request_of(request, request_id)
    text = request.POST.get("answer", "").strip()
    if not text:
        context = {"row": row, "now": timezone.now(), "refusal": _("Write what was answered.")}
        return render(request, "web/data_requests/request.html", context)
    if answer_data_request(request_id=row.pk, answer=text, actor_id=request.user.pk, at=timezone.now()):
        messages.success(request, _("The answer was written down."))
    else:
        messages.warning(request, _("Somebody answered this request already."))
    return redirect("web:data-request", request_id=row.pk)


def _request_of(request: StaffRequest, request_id: int) -> DataRequest:
    return get_object_or_404(DataRequest, pk=request_id, office=office_of(request.user))
