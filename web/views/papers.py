"""The papers of a shipment: manifest, handover record; and the page that a label printer is set up with."""

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from accounts.permissions import Operation
from labels.calibration import write_calibration
from labels.content import LabelError
from labels.sheets import FORMATS
from shipments.labelling import MANIFEST_WRITERS, handover_document, print_manifest
from shipments.models import Shipment
from shipments.scope import shipments_visible_to
from web.access import StaffRequest, requires
from web.forms import LabelForm
from web.lists import file_answer, temporary_file
from web.messages import REFUSALS, tell_refusal

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@requires(Operation.PRINT_LABELS)
def calibration(request: StaffRequest) -> HttpResponseBase:
    """Send the page that a printer is set up with, in the chosen format and moved as it is to be tried."""
    form = LabelForm(request.GET or None, formats=FORMATS)
    if not form.is_valid():
        return redirect("web:shipments")
    chosen, output = FORMATS[form.cleaned_data["format"]], temporary_file()
    try:
        write_calibration(output, format=chosen.key, offset_mm=form.offset())
    except LabelError as error:
        output.close()
        tell_refusal(request, error)
        return redirect("web:shipments")
    return file_answer(
        output, name=f"kalibrasi-{chosen.key}{chosen.suffix}", content_type=chosen.content_type
    )


@requires(Operation.PRINT_MANIFEST)
def manifest(request: StaffRequest, shipment_id: int, kind: str) -> HttpResponseBase:
    """Send the dispatch list as PDF, XLSX or CSV."""
    if kind not in MANIFEST_WRITERS:
        raise Http404
    shipment = _shipment_of(request, shipment_id)
    output = temporary_file()
    try:
        print_manifest(
            shipment_id=shipment.pk, format=kind, output=output, actor_id=request.user.pk, at=timezone.now()
        )
    except REFUSALS as error:
        output.close()
        return _refused(request, shipment, error)
    return file_answer(output, name=f"manifes-{shipment.number}.{kind}", content_type=TYPES[kind])


@requires(Operation.PRINT_MANIFEST)
def handover_record(request: StaffRequest, shipment_id: int) -> HttpResponseBase:
    """Send the handover record (BAST) as PDF."""
    shipment = _shipment_of(request, shipment_id)
    output = temporary_file()
    try:
        handover_document(shipment_id=shipment.pk, output=output)
    except REFUSALS as error:
        output.close()
        return _refused(request, shipment, error)
    return file_answer(output, name=f"BAST-{shipment.number}.pdf", content_type=TYPES["pdf"])


def _refused(request: StaffRequest, shipment: Shipment, error: Exception) -> HttpResponse:
    if isinstance(error, REFUSALS):
        tell_refusal(request, error)
    return redirect("web:shipment", shipment_id=shipment.pk)


def _shipment_of(request: StaffRequest, shipment_id: int) -> Shipment:
    return get_object_or_404(shipments_visible_to(request.user), pk=shipment_id)
