"""Who did what, and who looked at whose data."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.models import AuditEntry, Role
from accounts.permissions import Operation
from privacy.models import AccessRecord
from web.access import StaffRequest, office_of, requires
from web.filters import AccessFilter, AuditFilter
from web.lists import page_of


@requires(Operation.SEE_AUDIT)
def audit_list(request: StaffRequest) -> HttpResponse:
    """List what was done in the user's office and those that work for it; an administrator sees all."""
    entries = AuditEntry.objects.select_related("actor", "office")
    if request.user.role != Role.ADMINISTRATOR:
        office = office_of(request.user).pk
        entries = entries.filter(office_id=office) | entries.filter(office__parent_id=office)
    found = AuditFilter(request.GET, queryset=entries)
    page = page_of(request, found.qs.order_by("-at", "-pk"))
    return render(request, "web/logs/audit.html", {"filter": found, "page": page})


@requires(Operation.SEE_ACCESS_LOG)
def access_list(request: StaffRequest) -> HttpResponse:
    """List the openings, searches and exports of personal data by users of the registry and its offices."""
    office = office_of(request.user).pk
    records = AccessRecord.objects.select_related("actor__office")
    records = records.filter(actor__office_id=office) | records.filter(actor__office__parent_id=office)
    found = AccessFilter(request.GET, queryset=records)
    page = page_of(request, found.qs.order_by("-at", "-pk"))
    return render(request, "web/logs/access.html", {"filter": found, "page": page})
