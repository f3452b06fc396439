"""Residents' questions: the oldest first, with the clock of their answer."""

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.permissions import Operation
from delivery.enquiries import answer, due_at
from delivery.models import Enquiry
from delivery.refusals import DeliveryRefused
from delivery.scope import enquiries_visible_to
from web.access import StaffRequest, requires
from web.forms import Styled
from web.lists import page_of
from web.messages import refusal_text


class AnswerForm(Styled, forms.Form):
    """What the office answers."""

    text = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=1000,
        help_text=gettext_lazy("Plain and short. Write no NIK, address or phone number."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@requires(Operation.ANSWER_ENQUIRIES)
def enquiries(request: StaffRequest) -> HttpResponse:
    """List the questions that wait."""
    waiting = _seen_by(request.user).filter(answered_at__isnull=True).order_by("asked_at", "pk")
    page = page_of(request, waiting)
    rows = [(enquiry, due_at(enquiry)) for enquiry in page.object_list]
    return render(request, "web/enquiries/list.html", {"page": page, "rows": rows, "now": timezone.now()})


@requires(Operation.ANSWER_ENQUIRIES)
def enquiry(request: StaffRequest, enquiry_id: int) -> HttpResponse:
    """Show one question and take its answer."""
    row = get_object_or_404(_seen_by(request.user), pk=enquiry_id)
    form = AnswerForm(request.POST or None)
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                answer(
                    enquiry_id=row.pk,
                    text=form.cleaned_data["text"],
                    actor_id=request.user.pk,
                    at=timezone.now(),
                )
            except DeliveryRefused as error:
                refusal, status = refusal_text(error), 409
            else:
                messages.success(request, _("The answer is kept with the card."))
                return redirect("web:enquiries")
    due = due_at(row)
    context = {"enquiry": row, "due": due, "form": form, "refusal": refusal, "late": due < timezone.now()}
    return render(request, "web/enquiries/enquiry.html", context, status=status)


def _seen_by(user: User) -> QuerySet[Enquiry]:
    return enquiries_visible_to(user).select_related("card").defer("card__nik", "card__kk", "card__phone")
