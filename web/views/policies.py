"""The registry's handover policy: who may collect with which papers, how long cards wait, how they are packed."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Operation
from delivery.counter import Collector
from delivery.models import Collection
from delivery.policies import LIMITS, MOST_REMINDERS, PolicyTerms, set_policy, terms_of
from delivery.refusals import DeliveryRefused
from delivery.scope import offices_managed_by
from offices.models import Office
from web import words
from web.access import StaffRequest, requires
from web.forms import Styled
from web.messages import refusal_text

LEAST_LISTS = 2
REMINDERS_LENGTH = 60
# From a number of the policy to its label and its help, both lazy.
NUMBERS: Mapping[str, tuple[Any, Any]] = {
    "hold_days": (
        gettext_lazy("Days that a card waits at the counter"),
        gettext_lazy("An office may say otherwise under After a failed delivery."),
    ),
    "slot_minutes": (
        gettext_lazy("Minutes of a slot"),
        gettext_lazy("The counter's opening hours are cut into slots, for which people book."),
    ),
    "offer_minutes": (
        gettext_lazy("Minutes that a free place is kept"),
        gettext_lazy("for the next on the waiting list; then it goes to the one after."),
    ),
    "silent_after_days": (
        gettext_lazy("Open days until news of an item is overdue"),
        gettext_lazy("A post office may have its own service time under Silent items."),
    ),
    "label_file_days": (
        gettext_lazy("Days that drawn labels are kept"),
        gettext_lazy("They hold names and addresses: keep them no longer than you print."),
    ),
    "items_per_shipment": (gettext_lazy("Items of a shipment"), gettext_lazy("at most")),
    "items_per_bag": (gettext_lazy("Items of a bag"), gettext_lazy("at most, and no more than a shipment holds")),
    "items_per_day": (
        gettext_lazy("Items that are posted a day"),
        gettext_lazy("by all post offices together; empty: as many as there are"),
    ),
}  # fmt: skip


class PolicyForm(Styled, forms.Form):
    """The whole policy; for each collector some lists of papers, of which one each must be shown."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    collectors = forms.MultipleChoiceField(
        label=gettext_lazy("Who may collect"),
        choices=[(each.value, words.TABLES["relation"][each].label) for each in Collector],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The holder always may. Residents can name only those whom you allow."),
    )
    old_card_required = forms.BooleanField(
        label=gettext_lazy("The old card must be handed in, or an interim letter shown"), required=False
    )
    reminder_days = forms.CharField(
        label=gettext_lazy("Days on which people are reminded"),
        required=False,
        max_length=REMINDERS_LENGTH,
        validators=[
            RegexValidator(r"^[0-9]{1,3}([,; ]+[0-9]{1,3})*$", gettext_lazy("Write days such as 7, 14."))
        ],
        help_text=gettext_lazy("after the card has arrived at the counter, such as 7, 14; empty: never"),
    )

    def __init__(self, *args: Any, terms: PolicyTerms, **kwargs: Any) -> None:
        super().__init__(*args, initial=_initial(terms), **kwargs)
        for name, (label, help_text) in NUMBERS.items():
            least, most = LIMITS[name]
            self.fields[name] = forms.IntegerField(
                label=label, help_text=help_text, min_value=least, max_value=most, required=name != "items_per_day",
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "form-control form-short"}),
            )  # fmt: skip
        self.lists = {each.value: max(LEAST_LISTS, len(terms.documents.get(each, ()))) for each in Collector}
        for collector, number in self.lists.items():
            for place in range(number):
                self.fields[_papers(collector, place)] = forms.MultipleChoiceField(
                    label=gettext_lazy("One of these must be shown")
                    if place == 0
                    else gettext_lazy("and also one of these"),
                    choices=[
                        (code, words.TABLES["document"][code].label) for code in Collection.Document.values
                    ],
                    widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
                    required=False,
                )

    def papers(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Give each collector with the fields of the papers to show."""
        for collector, number in self.lists.items():
            yield collector, [self[_papers(collector, place)] for place in range(number)]

    def numbers(self) -> list[forms.BoundField]:
        """Give the fields of the numbers."""
        return [self[name] for name in NUMBERS]

    def terms(self) -> PolicyTerms:
        """Give what a valid form says."""
        data = self.cleaned_data
        days = data["reminder_days"].replace(",", " ").replace(";", " ").split()
        documents = {
            collector: tuple(
                tuple(chosen) for place in range(number) if (chosen := data[_papers(collector, place)])
            )
            for collector, number in self.lists.items()
        }
        return PolicyTerms(
            collectors=tuple(data["collectors"]),
            documents=documents,
            old_card_required=data["old_card_required"],
            reminder_days=tuple(sorted({int(day) for day in days})),
            **{name: data[name] for name in NUMBERS},
        )


def _papers(collector: str, place: int) -> str:
    return f"papers_{collector}_{place}"


def _initial(terms: PolicyTerms) -> dict[str, Any]:
    papers = {
        _papers(collector, place): list(one_of)
        for collector, lists in terms.documents.items()
        for place, one_of in enumerate(lists)
    }
    return {
        "seen": terms.version,
        "collectors": list(terms.collectors),
        "old_card_required": terms.old_card_required,
        "reminder_days": ", ".join(map(str, terms.reminder_days)),
        **{name: getattr(terms, name) for name in NUMBERS},
        **papers,
    }


@requires(Operation.MANAGE_OFFICES)
def policy(request: StaffRequest) -> HttpResponse:
    """Show the policy of a registry and change it; what has changed is in the audit."""
    registries = list(offices_managed_by(request.user).filter(kind=Office.Kind.REGISTRY).order_by("code"))
    asked = request.GET.get("office", "")
    registry = next((office for office in registries if not asked or office.code == asked), None)
    if registry is None:
        raise Http404
    form = PolicyForm(request.POST or None, terms=terms_of(registry=registry))
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                changed = set_policy(
                    registry_id=registry.pk,
                    terms=form.terms(),
                    seen=form.cleaned_data["seen"],
                    actor_id=request.user.pk,
                    at=timezone.now(),
                )
            except DeliveryRefused as error:
                refusal, status = refusal_text(error), 409
            else:
                told = _("The policy was changed.") if changed else _("Nothing has changed.")
                messages.success(request, told)
                return redirect(request.get_full_path())
    context = {
        "form": form,
        "refusal": refusal,
        "registry": registry,
        "registries": registries,
        "most_reminders": MOST_REMINDERS,
    }
    return render(request, "web/offices/policy.html", context, status=status)
