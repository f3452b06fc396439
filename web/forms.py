"""Forms: what may be typed, in words; what it means is decided by the services."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from addresses.models import AddressReview
from offices.models import AREA_CODE, Delegation, Office, Quota, Service
from shipments.models import AreaHold, Channel


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


class DelegationForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """Let another office do a service while one is closed."""

    class Meta:
        model = Delegation
        fields = ("office", "delegate", "service", "starts_on", "ends_on")
        labels = {
            "office": _("Office that is closed"),
            "delegate": _("Office that stands in"),
            "service": _("Service"),
        }
        field_classes = {"starts_on": DateField, "ends_on": DateField}

    def __init__(self, *args: Any, offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]
        self.fields["delegate"].queryset = offices  # type: ignore[attr-defined]
        self.fields["starts_on"].label, self.fields["ends_on"].label = _("First day"), _("Last day")

    def clean(self) -> dict[str, Any]:
        """Ask for two offices, and for days in their order."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("office") and data.get("office") == data.get("delegate"):
            self.add_error("delegate", _("Choose another office: an office cannot stand in for itself."))
        _check_order(self, data)
        return data


class QuotaForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """Say how many people an office takes a day."""

    class Meta:
        model = Quota
        fields = ("office", "lane", "per_day")
        labels = {"office": _("Office"), "lane": _("Lane"), "per_day": _("People a day")}

    def __init__(self, *args: Any, offices: QuerySet[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]

    def validate_unique(self) -> None:
        """A second quota of the same office and lane replaces the first."""


def _check_order(form: forms.BaseForm, data: dict[str, Any]) -> None:
    starts, ends = data.get("starts_on"), data.get("ends_on")
    if starts and ends and ends < starts:
        form.add_error("ends_on", _("The last day is before the first. Correct one of them."))
