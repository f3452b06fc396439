"""Forms about the post's news: a file, its columns, a text's meaning, what it said by telephone."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from delivery.courier_files.mapping import SheetColumn
from delivery.courier_files.meanings import SAID_BY_COURIERS
from delivery.courier_files.rows import REQUIRED
from delivery.status import Receiver
from web import words
from web.forms import Styled, UploadForm


class CourierUploadForm(UploadForm):
    """A courier's status file, to check first or to apply at once."""

    what = forms.ChoiceField(
        label=_("What to do"),
        choices=[
            ("preview", _("check first, apply later")),
            ("apply", _("apply at once")),
            ("columns", _("say first what the columns hold")),
        ],
        initial="preview",
        widget=forms.RadioSelect,
    )


class ColumnsForm(Styled, forms.Form):
    """Which column of a sheet holds what: one choice for each thing that is read, from the sheet's own columns."""

    LABELS = {
        "number": _("Item number of the post"),
        "reference": _("Our reference"),
        "status": _("Status"),
        "remark": _("Remark"),
        "reason": _("Reason"),
        "date": _("Date and time"),
        "time": _("Time, where it has a column of its own"),
        "place": _("Place or office"),
        "received_by": _("Who received it"),
        "returned": _("Marked as a return"),
    }

    def __init__(self, *args: Any, columns: Iterable[SheetColumn], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = list(columns)
        names = [(column.index, f"{column.letters} · {column.title}") for column in listed]
        told = {column.field: column.index for column in listed}
        for field, label in self.LABELS.items():
            self.fields[field] = forms.TypedChoiceField(
                label=label,
                required=field in REQUIRED,
                choices=[("", _("not in this file")), *names],
                coerce=int,
                empty_value=None,
                initial=told.get(field, ""),
                widget=forms.Select(attrs={"class": "form-select"}),
            )

    def columns(self) -> dict[str, int]:
        """What was chosen: field → index of its column."""
        return {field: index for field, index in self.cleaned_data.items() if index is not None}


class StatusForm(Styled, forms.Form):
    """What the post did: status, reason, action, and who received it, in words."""

    status = forms.ChoiceField(label=_("Meaning"))
    reason = forms.ChoiceField(label=_("Reason"), required=False)
    action = forms.ChoiceField(label=_("What the post did"), required=False)
    receiver = forms.ChoiceField(label=_("Who received it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        meanings = [
            (code, word.label) for code, word in words.TABLES["delivery"].items() if code in SAID_BY_COURIERS
        ]
        none = [("", _("none"))]
        self.fields["status"].choices = [("", _("choose")), *meanings]  # type: ignore[attr-defined]
        reasons = ((code, word.label) for code, word in words.TABLES["reason"].items())
        self.fields["reason"].choices = [*none, *reasons]  # type: ignore[attr-defined]
        actions = ((code, word.label) for code, word in words.TABLES["action"].items())
        self.fields["action"].choices = [*none, *actions]  # type: ignore[attr-defined]
        receivers = ((code, words.word_of("relation", code).label) for code in Receiver if code)
        self.fields["receiver"].choices = [*none, *receivers]  # type: ignore[attr-defined]


class MeaningForm(StatusForm):
    """What a courier's text means."""

    courier = forms.CharField(max_length=12, widget=forms.HiddenInput)
    status_text = forms.CharField(max_length=120, widget=forms.HiddenInput)
    remark_text = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)


class HandEventForm(StatusForm):
    """What the post said of the items that are scanned next."""

    occurred_at = forms.DateTimeField(
        label=_("When it happened"), required=False, help_text=_("Empty: now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    place = forms.CharField(label=_("Place or office"), required=False, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].label = _("Status")
