"""Filters of the lists, one a list."""

import django_filters as df
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry, User
from addresses.models import Verdict
from delivery.courier_files.rows import NAMES_TO_LOOK_AT
from delivery.ledger import cards_in_bucket
from delivery.models import (
    CounterStay,
    CourierFile,
    CourierRow,
    Message,
    ReturnReceipt,
    StrayItem,
    TransferDifference,
)
from delivery.scope import stays_visible_to
from jobs.models import Job, JobState
from offices.models import Office
from privacy.models import AccessRecord
from shipments.models import Card, Channel, HandoverDifference, IntakeFile, Lane, Shipment, ShipmentState
from shipments.numbers import normalise
from web import words

DAY = forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")
SELECT = forms.Select(attrs={"class": "form-select"})
TEXT = forms.TextInput(attrs={"class": "form-control"})
CHECK = forms.CheckboxInput(attrs={"class": "form-check-input"})


def choices_of(kind: str) -> list[tuple[str, Promise | str]]:
    """Give a table of words as the choices of a filter."""
    return [(code, word.label) for code, word in words.TABLES[kind].items()]


def counters_of(request: HttpRequest | None) -> QuerySet[Office]:
    """Give the counters whose shelves the user sees."""
    if request is None or not isinstance(request.user, User):
        return Office.objects.none()
    return Office.objects.filter(pk__in=stays_visible_to(request.user).values("counter_id")).order_by("code")


def _choice(field: str, label: object, choices: object) -> df.ChoiceFilter:
    return df.ChoiceFilter(
        field_name=field, label=label, choices=choices, widget=SELECT, empty_label=_("all")
    )


class CardFilter(df.FilterSet):  # type: ignore[misc]
    """Cards by number or name, place, address, lane and day."""

    q = df.CharFilter(method="search", label=_("Reference, item number or name"), widget=TEXT)
    bucket = df.ChoiceFilter(
        method="in_bucket",
        label=_("Where it is"),
        widget=SELECT,
        empty_label=_("all"),
        choices=choices_of("bucket"),
    )
    status = _choice("delivery__status", _("Status"), choices_of("delivery"))
    verdict = _choice("address__verdict", _("Address"), Verdict.choices)
    lane = _choice("lane", _("Lane"), Lane.choices)
    channel = _choice("channel", _("Way to the holder"), Channel.choices)
    printed_from = df.DateFilter("printed_on", lookup_expr="gte", label=_("Printed from"), widget=DAY)
    printed_to = df.DateFilter("printed_on", lookup_expr="lte", label=_("Printed to"), widget=DAY)
    intake = df.UUIDFilter("intake_file_id", widget=forms.HiddenInput)
    contradictions = df.BooleanFilter(
        method="contradicted", label=_("only with contradictions"), widget=CHECK
    )

    class Meta:
        model = Card
        fields: list[str] = []

    def search(self, rows: QuerySet[Card], _name: str, value: str) -> QuerySet[Card]:
        """Find references and item numbers, several at once; one word that is neither is looked for in names."""
        numbers = [normalise(part).value for part in value.split()]
        found = Q(reference__in=numbers) | Q(items__number__in=numbers)
        if not any(character.isdigit() for character in value):
            found = Q(name__icontains=value.strip())
        return rows.filter(pk__in=Card.objects.filter(found).values("pk"))

    def in_bucket(self, rows: QuerySet[Card], _name: str, value: str) -> QuerySet[Card]:
        """Keep the cards of one bucket of the ledger."""
        return rows.filter(pk__in=cards_in_bucket(office_id=None, bucket=value).values("pk"))

    def contradicted(self, rows: QuerySet[Card], _name: str, value: bool) -> QuerySet[Card]:
        """Keep the cards whose events contradict each other."""
        return rows.filter(delivery__contradictions__gt=0) if value else rows


class ShipmentFilter(df.FilterSet):  # type: ignore[misc]
    """Shipments by number, state and post office."""

    q = df.CharFilter("number", lookup_expr="icontains", label=_("Number"), widget=TEXT)
    state = _choice("state", _("State"), ShipmentState.choices)
    labels = df.ChoiceFilter(
        method="with_labels",
        label=_("Labels"),
        widget=SELECT,
        empty_label=_("all"),
        choices=[("no", _("not printed"))],
    )
    differences = df.ChoiceFilter(
        method="with_differences",
        label=_("Differences"),
        widget=SELECT,
        empty_label=_("all"),
        choices=[("open", _("open"))],
    )
    post_office = df.CharFilter("post_office__code", label=_("Post office code"), widget=TEXT)

    class Meta:
        model = Shipment
        fields: list[str] = []

    def with_labels(self, rows: QuerySet[Shipment], _name: str, _value: str) -> QuerySet[Shipment]:
        """Keep the shipments whose labels were never printed."""
        return rows.filter(label_prints__isnull=True)

    def with_differences(self, rows: QuerySet[Shipment], _name: str, _value: str) -> QuerySet[Shipment]:
        """Keep the shipments with a difference that nobody has settled."""
        unsettled = HandoverDifference.objects.filter(closed_at__isnull=True)
        return rows.filter(pk__in=unsettled.values("handover__shipment_id"))


class CaseFilter(df.FilterSet):  # type: ignore[misc]
    """Differences at handover by state and kind."""

    state = df.ChoiceFilter(
        method="in_state",
        label=_("State"),
        widget=SELECT,
        empty_label=_("all"),
        choices=[("open", _("open")), ("settled", _("settled"))],
    )
    kind = _choice("kind", _("What"), HandoverDifference.Kind.choices)

    class Meta:
        model = HandoverDifference
        fields: list[str] = []

    def in_state(
        self, rows: QuerySet[HandoverDifference], _name: str, value: str
    ) -> QuerySet[HandoverDifference]:
        """Keep the open or the settled cases."""
        return rows.filter(closed_at__isnull=value == "open")


class IntakeFilter(df.FilterSet):  # type: ignore[misc]
    """Uploaded sheets by name and state."""

    q = df.CharFilter("name", lookup_expr="icontains", label=_("File name"), widget=TEXT)
    state = _choice("state", _("State"), IntakeFile.State.choices)

    class Meta:
        model = IntakeFile
        fields: list[str] = []


class CourierFileFilter(df.FilterSet):  # type: ignore[misc]
    """The courier's files by name and state."""

    q = df.CharFilter("name", lookup_expr="icontains", label=_("File name"), widget=TEXT)
    state = _choice("state", _("State"), CourierFile.State.choices)
    rows = df.ChoiceFilter(
        method="with_rows",
        label=_("Rows"),
        widget=SELECT,
        empty_label=_("all"),
        choices=[("yes", _("to look at"))],
    )

    class Meta:
        model = CourierFile
        fields: list[str] = []

    def with_rows(self, rows: QuerySet[CourierFile], _name: str, _value: str) -> QuerySet[CourierFile]:
        """Keep the files with rows that somebody must look at."""
        kept = CourierRow.objects.filter(outcome__in=NAMES_TO_LOOK_AT)
        return rows.filter(pk__in=kept.values("courier_file_id"))


class MessageFilter(df.FilterSet):  # type: ignore[misc]
    """Messages by card, occasion, state, way and day."""

    q = df.CharFilter("card__reference", lookup_expr="iexact", label=_("Reference of the card"), widget=TEXT)
    occasion = _choice("occasion", _("Occasion"), choices_of("occasion"))
    state = _choice("state", _("State"), choices_of("message"))
    channel = _choice("channel", _("Way"), choices_of("message_channel"))
    day = df.DateFilter("created_at", lookup_expr="date", label=_("Day"), widget=DAY)

    class Meta:
        model = Message
        fields: list[str] = []


class ReturnFilter(df.FilterSet):  # type: ignore[misc]
    """Returns by card, decision, reason, condition and day."""

    q = df.CharFilter("card__reference", lookup_expr="iexact", label=_("Reference of the card"), widget=TEXT)
    decision = _choice("decision", _("Decision"), choices_of("return_decision"))
    reason = _choice("reason", _("Reason"), choices_of("reason"))
    condition = _choice("condition", _("Condition"), choices_of("condition"))
    day = df.DateFilter("received_at", lookup_expr="date", label=_("Taken in"), widget=DAY)

    class Meta:
        model = ReturnReceipt
        fields: list[str] = []


class RegistryListFilter(df.FilterSet):  # type: ignore[misc]
    """The registry's own list by state and reason."""

    state = df.ChoiceFilter(
        method="in_state",
        label=_("State"),
        widget=SELECT,
        empty_label=_("all"),
        choices=[("open", _("open")), ("signed", _("signed off"))],
    )
    reason = _choice("reason", _("Reason"), choices_of("reason"))

    class Meta:
        model = ReturnReceipt
        fields: list[str] = []

    def in_state(self, rows: QuerySet[ReturnReceipt], _name: str, value: str) -> QuerySet[ReturnReceipt]:
        """Keep what nobody has signed and what was not destroyed, or what somebody has signed."""
        if value == "signed":
            return rows.filter(signed_off_at__isnull=False)
        return rows.filter(signed_off_at__isnull=True, card__disposition="REGISTERED")


class OverdueFilter(df.FilterSet):  # type: ignore[misc]
    """What was kept too long by counter, shelf, village and what follows."""

    counter = df.ModelChoiceFilter(
        field_name="counter", label=_("Counter"), widget=SELECT, empty_label=_("all"), queryset=counters_of
    )
    shelf = df.CharFilter("shelf", lookup_expr="istartswith", label=_("Shelf"), widget=TEXT)
    village = df.CharFilter(
        "card__address__desa_kelurahan", lookup_expr="icontains", label=_("Village"), widget=TEXT
    )
    follows = _choice("follows", _("What follows"), choices_of("after_hold"))

    class Meta:
        model = CounterStay
        fields: list[str] = []


class StrayFilter(df.FilterSet):  # type: ignore[misc]
    """What was put aside by number and state."""

    q = df.CharFilter("scanned", lookup_expr="icontains", label=_("Number"), widget=TEXT)
    state = df.ChoiceFilter(
        method="in_state",
        label=_("State"),
        widget=SELECT,
        empty_label=_("all"),
        choices=[("open", _("open")), ("settled", _("settled"))],
    )

    class Meta:
        model = StrayItem
        fields: list[str] = []

    def in_state(self, rows: QuerySet[StrayItem], _name: str, value: str) -> QuerySet[StrayItem]:
        """Keep open or settled cases."""
        return rows.filter(settled_at__isnull=value == "open")


class TransferCaseFilter(df.FilterSet):  # type: ignore[misc]
    """What was missing or extra in transfers by state, kind and transfer."""

    state = df.ChoiceFilter(
        method="in_state",
        label=_("State"),
        widget=SELECT,
        empty_label=_("all"),
        choices=[("open", _("open")), ("settled", _("settled"))],
    )
    kind = _choice("kind", _("What"), TransferDifference.Kind.choices)
    number = df.CharFilter("transfer__number", lookup_expr="iexact", label=_("Transfer"), widget=TEXT)

    class Meta:
        model = TransferDifference
        fields: list[str] = []

    def in_state(
        self, rows: QuerySet[TransferDifference], _name: str, value: str
    ) -> QuerySet[TransferDifference]:
        """Keep open or settled cases."""
        return rows.filter(closed_at__isnull=value == "open")


class JobFilter(df.FilterSet):  # type: ignore[misc]
    """Jobs by state."""

    state = _choice("state", _("State"), JobState.choices)

    class Meta:
        model = Job
        fields: list[str] = []


class AuditFilter(df.FilterSet):  # type: ignore[misc]
    """Audit entries by operation, object, user and day."""

    operation = df.CharFilter("operation", lookup_expr="iexact", label=_("Operation"), widget=TEXT)
    key = df.CharFilter("object_key", lookup_expr="iexact", label=_("Number of the thing"), widget=TEXT)
    actor = df.CharFilter("actor__username", lookup_expr="iexact", label=_("User name"), widget=TEXT)
    day = df.DateFilter("at", lookup_expr="date", label=_("Day"), widget=DAY)

    class Meta:
        model = AuditEntry
        fields: list[str] = []


class AccessFilter(df.FilterSet):  # type: ignore[misc]
    """Records of access to personal data by kind, card, user and day."""

    action = _choice("action", _("What was done"), AccessRecord.Action.choices)
    key = df.CharFilter("subject_key", lookup_expr="iexact", label=_("Reference of the card"), widget=TEXT)
    actor = df.CharFilter("actor__username", lookup_expr="iexact", label=_("User name"), widget=TEXT)
    day = df.DateFilter("at", lookup_expr="date", label=_("Day"), widget=DAY)

    class Meta:
        model = AccessRecord
        fields: list[str] = []
