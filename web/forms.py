"""Forms: what may be typed, in words; what it means is decided by the services."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from addresses.models import AddressReview
from delivery.silence import MOST_DAYS
from delivery.status import COMING_BACK
from labels.sheets import LabelFormat
from offices.models import AREA_CODE, Office, Quota, Service
from privacy.models import DataRequest
from shipments.models import AreaHold, Channel
from shipments.numbers import normalise
from web import words


class Styled:
    """Give each field the look of the site."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
                css = "form-check-input"
            elif isinstance(widget, forms.Select):
                css = "form-select"
            else:
                css = "form-control"
            widget.attrs["class"] = f"{widget.attrs.get('class', '')} {css}".strip()


class DateField(forms.DateField):
    """A day, chosen from the browser's calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class UploadForm(Styled, forms.Form):
    """A spreadsheet."""

    file = forms.FileField(
        label=_("Spreadsheet"),
        help_text=_("Excel (.xlsx, .xls), OpenDocument (.ods) or CSV"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )

    def clean_file(self) -> UploadedFile:
        """Refuse what is larger than is read, before it is kept."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
            raise forms.ValidationError(
                _("The file is too large: at most %(limit)s MB are taken. Split it into smaller files."),
                params={"limit": limit},
            )
        return file


class ReviewForm(Styled, forms.Form):
    """A decision about addresses: accept a village, correct fields, or give up."""

    decision = forms.ChoiceField(choices=AddressReview.Decision.choices, label=_("Decision"))
    village_code = forms.CharField(required=False, max_length=13)
    everyone = forms.BooleanField(required=False, label=_("for all cards of this group"))
    desa_kelurahan = forms.CharField(label=_("Village"), required=False, max_length=100)
    kecamatan = forms.CharField(label=_("District"), required=False, max_length=100)
    kabupaten = forms.CharField(label=_("Regency or city"), required=False, max_length=100)
    kode_pos = forms.CharField(label=_("Postcode"), required=False, max_length=10)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    CORRECTABLE = ("desa_kelurahan", "kecamatan", "kabupaten", "kode_pos")

    def clean(self) -> dict[str, Any]:
        """Gather what was corrected."""
        data: dict[str, Any] = super().clean() or {}
        typed = {name: data.get(name, "").strip() for name in self.CORRECTABLE}
        data["corrections"] = {name: text for name, text in typed.items() if text}
        return data


class HoldForm(Styled, forms.Form):
    """Hold an area."""

    rws = forms.CharField(
        label=_("RW"), required=False, max_length=200, help_text=_("Such as 7, 8. Empty: the whole village.")
    )
    action = forms.ChoiceField(
        label=_("What happens to the cards"), choices=AreaHold.Action.choices, widget=forms.RadioSelect
    )
    channel = forms.ChoiceField(
        label=_("Other way"), required=False,
        choices=[("", _("none: the cards wait")), *[c for c in Channel.choices if c[0] != Channel.POST]],
    )  # fmt: skip
    starts_on = DateField(label=_("First day"))
    ends_on = DateField(label=_("Last day"), required=False, help_text=_("Empty: until it is released."))
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def clean_rws(self) -> list[str]:
        """Split what was typed into numbers."""
        return [part for part in self.cleaned_data["rws"].replace(",", " ").split() if part]


class ListHoldForm(HoldForm):
    """Hold the cards of a list."""

    rws = None  # type: ignore[assignment]
    references = forms.CharField(
        label=_("References"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Scan or type one a line."),
    )
    field_order = ("references",)

    def clean_references(self) -> list[str]:
        """Read them as a scanner would."""
        return [normalise(part).value for part in self.cleaned_data["references"].split()]


class ChannelForm(Styled, forms.Form):
    """The way that a card is to go."""

    channel = forms.ChoiceField(label=_("Way to the holder"), choices=Channel.choices)


class CapacityForm(Styled, forms.Form):
    """How many items more (or fewer) a day offices would take: one field an office, empty for no change."""

    def __init__(self, *args: Any, offices: Iterable[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for office in offices:
            label = _("More cards a day: %(office)s") % {"office": office.name}
            self.fields[self.key(office.pk)] = forms.IntegerField(
                label=label,
                required=False,
                min_value=-1_000_000,
                max_value=1_000_000,
                widget=forms.NumberInput(attrs={"class": "form-control", "aria-label": label}),
            )

    @staticmethod
    def key(office_id: int) -> str:
        """The field's name for an office."""
        return f"extra_{office_id}"

    def extra(self) -> dict[int, int]:
        """What was asked about, by office."""
        typed = {name.removeprefix("extra_"): number for name, number in self.cleaned_data.items()}
        return {int(pk): number for pk, number in typed.items() if number}


class OpenShipmentForm(Styled, forms.Form):
    """Choose the post office of a new shipment."""

    post_office = forms.ModelChoiceField(Office.objects.none(), label=_("Post office"))

    def __init__(self, *args: Any, post_offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["post_office"].queryset = post_offices  # type: ignore[attr-defined]


class LabelForm(Styled, forms.Form):
    """How labels are printed."""

    format = forms.ChoiceField(label=_("Format"))
    start = forms.IntegerField(
        label=_("First free cell"),
        required=False,
        min_value=1,
        initial=1,
        help_text=_("On a sheet that was begun."),
    )
    right_mm = forms.FloatField(
        label=_("Move right (mm)"), required=False, initial=0, help_text=_("As the calibration page showed.")
    )
    down_mm = forms.FloatField(label=_("Move down (mm)"), required=False, initial=0)
    reason = forms.CharField(
        label=_("Reason for printing again"),
        required=False,
        max_length=200,
        help_text=_("From the second time on."),
    )

    def __init__(self, *args: Any, formats: Mapping[str, LabelFormat], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="label_%s", **kwargs)
        self.fields["format"].choices = [(key, words.word_of("label_format", key).label) for key in formats]  # type: ignore[attr-defined]

    def offset(self) -> tuple[float, float]:
        """By how much everything is moved right and down."""
        return self.cleaned_data["right_mm"] or 0.0, self.cleaned_data["down_mm"] or 0.0


class ChosenLabelsForm(LabelForm):
    """How the labels of several shipments are printed: each begins on a sheet of its own."""

    start = None  # type: ignore[assignment]


class SilentForm(Styled, forms.Form):
    """Which silent items are listed."""

    post_office = forms.ChoiceField(label=_("Post office"), required=False)
    days = forms.IntegerField(
        label=_("Silent for open days"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, post_offices: Iterable[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(office.code, str(office)) for office in post_offices]
        self.fields["post_office"].choices = [("", _("all")), *named]  # type: ignore[attr-defined]

    def asked(self) -> tuple[str, int | None]:
        """The post office's code and the days, empty where nothing that can be read was typed."""
        self.is_valid()
        return self.cleaned_data.get("post_office") or "", self.cleaned_data.get("days")


class ExpectedForm(Styled, forms.Form):
    """Which items that are coming back are listed."""

    post_office = forms.ChoiceField(label=_("Post office"), required=False)
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("all")),
            *((code, words.TABLES["delivery"][code].label) for code in sorted(COMING_BACK)),
        ],
    )
    overdue = forms.BooleanField(label=_("overdue only"), required=False)

    def __init__(self, *args: Any, post_offices: Iterable[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(office.code, str(office)) for office in post_offices]
        self.fields["post_office"].choices = [("", _("all")), *named]  # type: ignore[attr-defined]

    def asked(self) -> tuple[str, str, bool]:
        """The post office's code, the status and whether only what is overdue, empty where nothing can be read."""
        self.is_valid()
        data = self.cleaned_data
        return data.get("post_office") or "", data.get("status") or "", bool(data.get("overdue"))


class SettleForm(Styled, forms.Form):
    """How a difference was settled."""

    resolution = forms.CharField(label=_("How it was settled"), max_length=200)


class HandoverForm(Styled, forms.Form):
    """The handover to the post: what was counted and who signs."""

    given = forms.IntegerField(label=_("Items counted"), min_value=0)
    giver_name = forms.CharField(label=_("Our officer"), max_length=70)
    giver_position = forms.CharField(label=_("Position of our officer"), max_length=45)
    taker_name = forms.CharField(label=_("Officer of the post"), max_length=70)
    taker_position = forms.CharField(label=_("Position of the post's officer"), max_length=45)


class CancelForm(Styled, forms.Form):
    """Why a shipment is cancelled."""

    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="cancel_%s", **kwargs)


class S10BlockForm(Styled, forms.Form):
    """A range of UPU S10 serials."""

    service_indicator = forms.CharField(label=_("Letters"), max_length=2, help_text=_("Such as RR."))
    first_serial = forms.IntegerField(label=_("First serial"), min_value=0, max_value=99_999_999)
    last_serial = forms.IntegerField(label=_("Last serial"), min_value=0, max_value=99_999_999)

    def clean_service_indicator(self) -> str:
        """Letters are capital."""
        return str(self.cleaned_data["service_indicator"]).upper()


class NumberListForm(Styled, forms.Form):
    """A list of numbers, pasted from the post's letter or sheet."""

    numbers = forms.CharField(
        label=_("Numbers"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line, in the order of the list."),
    )


class DataRequestForm(Styled, forms.Form):
    """A person's request about their own data."""

    kind = forms.ChoiceField(label=_("What is asked for"), choices=DataRequest.Kind.choices)
    reference = forms.CharField(label=_("Reference of the card"), max_length=12)
    text = forms.CharField(
        label=_("What the person said"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_reference(self) -> str:
        """Read it as a scanner would."""
        return normalise(self.cleaned_data["reference"]).value


class ClosureForm(Styled, forms.Form):
    """Close one office, or every office of a region, for some days."""

    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"), required=False)
    area_code = forms.CharField(
        label=_("Region code"), required=False, max_length=13, validators=[AREA_CODE],
        help_text=_("Instead of an office: every office of the region, such as 32.16."),
    )  # fmt: skip
    service = forms.ChoiceField(
        label=_("Service"), required=False, choices=[("", _("all services")), *Service.choices]
    )
    starts_on = DateField(label=_("First day"))
    ends_on = DateField(label=_("Last day"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    cards = forms.ChoiceField(
        label=_("Cards that wait there"),
        choices=[
            ("HOLD", _("stay there and are kept longer")),
            ("MOVE", _("go to the counter that stands in, on the first day")),
        ],
        initial="HOLD",
        required=False,
    )

    def __init__(self, *args: Any, offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for an office or a region, and for days in their order."""
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("office")) == bool(data.get("area_code")):
            self.add_error("office", _("Choose either an office or a region."))
        _check_order(self, data)
        return data


class DelegationForm(Styled, forms.Form):
    """Let another office do a service while one is closed."""

    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office that is closed"))
    delegate = forms.ModelChoiceField(Office.objects.none(), label=_("Office that stands in"))
    service = forms.ChoiceField(label=_("Service"), choices=Service.choices)
    starts_on = DateField(label=_("First day"))
    ends_on = DateField(label=_("Last day"))

    def __init__(self, *args: Any, offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may = offices.exclude(kind=Office.Kind.VILLAGE)
        self.fields["office"].queryset = self.fields["delegate"].queryset = may  # type: ignore[attr-defined]


class QuotaForm(Styled, forms.Form):
    """Say how many people an office takes a day; a second word about an office and lane replaces the first."""

    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"))
    lane = forms.ChoiceField(label=_("Lane"), choices=Quota.Lane.choices)
    per_day = forms.IntegerField(label=_("People a day"), min_value=0, max_value=100_000)
    per_slot = forms.IntegerField(
        label=_("People a slot"), required=False, min_value=0, max_value=100_000,
        help_text=_("Empty: the day's places in equal parts."),
    )  # fmt: skip

    def __init__(self, *args: Any, offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]


class HoursForm(Styled, forms.Form):
    """When an office is open, and how its day is cut."""

    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"))
    opens_at = forms.TimeField(label=_("Opens at"), widget=forms.TimeInput(attrs={"type": "time"}))
    closes_at = forms.TimeField(label=_("Closes at"), widget=forms.TimeInput(attrs={"type": "time"}))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Open on"), coerce=int, choices=list(WEEKDAYS.items()), widget=forms.CheckboxSelectMultiple
    )
    slot_minutes = forms.IntegerField(
        label=_("Minutes a slot"), min_value=5, max_value=1_440, initial=60,
        help_text=_("For all counters of the registry office."),
    )  # fmt: skip
    offer_minutes = forms.IntegerField(
        label=_("Minutes for which a free place is kept"), min_value=1, max_value=10_080, initial=60,
        help_text=_("For all counters of the registry office."),
    )  # fmt: skip

    def __init__(self, *args: Any, offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="hours_%s", **kwargs)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for hours in their order."""
        data: dict[str, Any] = super().clean() or {}
        opens, closes = data.get("opens_at"), data.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("The office closes before it opens. Correct one of them."))
        return data


class OverrideForm(Styled, forms.Form):
    """Add places to one day of one office, or take free ones away."""

    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"))
    lane = forms.ChoiceField(label=_("Lane"), choices=Quota.Lane.choices, initial="URGENT")
    day = DateField(label=_("Day"))
    places = forms.IntegerField(
        label=_("Places more"), min_value=-10_000, max_value=10_000, help_text=_("With a minus: fewer.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="override_%s", **kwargs)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]


class ExtraDayForm(Styled, forms.Form):
    """Open a counter on a weekend or a holiday."""

    office = forms.ModelChoiceField(Office.objects.none(), label=_("Counter"))
    day = DateField(label=_("Day"))
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="extra_%s", **kwargs)
        counters = offices.filter(kind=Office.Kind.COUNTER)
        self.fields["office"].queryset = counters  # type: ignore[attr-defined]


def _check_order(form: forms.BaseForm, data: dict[str, Any]) -> None:
    starts, ends = data.get("starts_on"), data.get("ends_on")
    if starts and ends and ends < starts:
        form.add_error("ends_on", _("The last day is before the first. Correct one of them."))
