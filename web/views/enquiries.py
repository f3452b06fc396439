"""Residents' questions: the oldest first, with the clock of their answer."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Operation
from delivery.enquiries import answer, due_at, waiting_enquiries
from delivery.models import Enquiry
from delivery.refusals import DeliveryRefused
from web.access import StaffRequest, registry_of, requires
from web.forms import Styled
from web.lists import page_of
from web.messages import refusal_text


class AnswerForm(Styled, forms.Form):
    """What the office answers."""

    text = forms.CharField(label=_("Answer"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))


@requires(Operation.ANSWER_ENQUIRIES)
def enquiries(request: StaffRequest) -> HttpResponse:
    """List the questions that wait."""
    page = page_of(request, waiting_enquiries(office_id=registry_of(request.user)))
    rows = [(enquiry, due_at(enquiry)) for enquiry in page.object_list]
    return render(request, "web/enquiries/list.html", {"page": page, "rows": rows, "now": timezone.now()})


@requires(Operation.ANSWER_ENQUIRIES)
def enquiry(request: StaffRequest, enquiry_id: int) -> HttpResponse:
    """Show one question and take its answer."""
    row = get_object_or_404(
        Enquiry.objects.filter(card__office_id=registry_of(request.user)).select_related("card"),
        pk=enquiry_id,
    )
    form = AnswerForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            answer(
                enquiry_id=row.pk, text=form.cleaned_data["text"], actor_id=request.user.pk, at=timezone.now()
            )
        except DeliveryRefused as error:
            refusal = refusal_text(error)
        else:
            return redirect("web:enquiries")
    context = {"enquiry": row, "due": due_at(row), "form": form, "refusal": refusal}
    return render(request, "web/enquiries/enquiry.html", context, status=409 if refusal else 200)
