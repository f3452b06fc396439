"""What follows when a card could not be delivered or was not collected: the rule of each office."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Operation
from delivery.overdue import set_follow_up
from delivery.scope import offices_managed_by
from offices.follow_ups import rules_of
from offices.models import FollowUp, Office
from web.access import StaffRequest, requires
from web.forms import Styled
from web.lists import page_of


class FollowUpForm(Styled, forms.Form):
    """The rule of one office; a second word about it replaces the first."""

    office = forms.ModelChoiceField(Office.objects.none(), label=gettext_lazy("Office"))
    attempts = forms.IntegerField(
        label=gettext_lazy("Send again until so many attempts"), required=False, min_value=1, max_value=20
    )
    days = forms.IntegerField(
        label=gettext_lazy("and within so many days"), required=False, min_value=1, max_value=365
    )
    follows = forms.ChoiceField(
        label=gettext_lazy("Then"),
        required=False,
        choices=[("", gettext_lazy("as the registry office says")), *FollowUp.Follows.choices],
    )
    hold_days = forms.IntegerField(
        label=gettext_lazy("The counter keeps a card for days"), required=False, min_value=1, max_value=365
    )
    after_hold = forms.ChoiceField(
        label=gettext_lazy("After that"),
        required=False,
        choices=[("", gettext_lazy("as the registry office says")), *FollowUp.AfterHold.choices],
    )

    def __init__(self, *args: Any, offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]


@requires(Operation.MANAGE_OFFICES)
def follow_ups(request: StaffRequest) -> HttpResponse:
    """List the rule that holds at each office, and set one."""
    offices = offices_managed_by(request.user).exclude(kind=Office.Kind.VILLAGE)
    form = FollowUpForm(request.POST or None, offices=offices)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        set_follow_up(office_id=data.pop("office").pk, actor_id=request.user.pk, at=timezone.now(), **data)
        messages.success(request, _("The rule was set."))
        return redirect("web:follow-ups")
    page = page_of(request, offices.order_by("code"))
    rules = rules_of(offices=page.object_list)
    context = {
        "page": page,
        "rows": [(office, rules[office.pk]) for office in page.object_list],
        "form": form,
    }
    return render(request, "web/offices/follow_ups.html", context)
