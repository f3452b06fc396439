"""Item numbers that the post allotted: blocks and lists, and how many are left."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import Operation
from shipments.models import NumberBlock
from shipments.numbering import add_number_list, add_s10_block, number_stock
from web.access import StaffRequest, office_of, requires
from web.forms import NumberListForm, S10BlockForm
from web.lists import page_of
from web.messages import REFUSALS, refusal_text


@requires(Operation.MANAGE_SHIPMENTS)
def numbers(request: StaffRequest) -> HttpResponse:
    """List the blocks, and take a new range or list."""
    office = office_of(request.user)
    which = request.POST.get("which", "")
    block_form = S10BlockForm(request.POST if which == "block" else None)
    list_form = NumberListForm(request.POST if which == "list" else None)
    refusal = ""
    try:
        if which == "block" and block_form.is_valid():
            data = block_form.cleaned_data
            add_s10_block(
                office_id=office.pk,
                service_indicator=data["service_indicator"],
                first_serial=data["first_serial"],
                last_serial=data["last_serial"],
                on=timezone.localdate(),
            )
        elif which == "list" and list_form.is_valid():
            add_number_list(
                office_id=office.pk,
                numbers=list_form.cleaned_data["numbers"].split(),
                on=timezone.localdate(),
            )
        else:
            which = ""
    except REFUSALS as error:
        refusal = refusal_text(error)
    else:
        if which:
            messages.success(request, _("The numbers were entered."))
            return redirect("web:numbers")
    context = {
        "stock": number_stock(office_id=office.pk),
        "page": page_of(request, NumberBlock.objects.filter(office=office).order_by("-pk")),
        "block_form": block_form,
        "list_form": list_form,
        "refusal": refusal,
    }
    return render(request, "web/shipments/numbers.html", context)
