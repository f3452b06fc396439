"""Who looked at whose data, what people asked about their own, and where protecting it failed."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy.fields import EncryptedTextField


class AccessRecord(models.Model):
    """One opening, search or export of personal data (UU 27/2022 art. 31). Append-only."""

    class Action(models.TextChoices):
        OPEN = "OPEN", _("opened")
        SEARCH = "SEARCH", _("searched")
        EXPORT = "EXPORT", _("exported")

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    action = models.CharField(max_length=8, choices=Action)
    subject_kind = models.CharField(max_length=24)
    subject_key = models.CharField(max_length=64)
    records = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(records__gte=0), name="access_records_not_negative")
        ]
        indexes = [
            # "who looked at this card?", asked for a data request
            models.Index(fields=["subject_kind", "subject_key", "at"], name="access_of_subject"),
        ]


class DataRequest(models.Model):
    """A person's request about their own data, due three times 24 hours after it came (art. 30 and 32)."""

    class Kind(models.TextChoices):
        ACCESS = "ACCESS", _("copy of my data")
        CORRECTION = "CORRECTION", _("correction")
        ERASURE = "ERASURE", _("erasure")

    kind = models.CharField(max_length=12, choices=Kind)
    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=24, default="card")
    subject_key = models.CharField(max_length=64)
    text = EncryptedTextField(purpose="data_request.text", blank=True, default="")
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    answer = EncryptedTextField(purpose="data_request.answer", blank=True, default="")

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_at__gt=models.F("received_at")), name="data_request_due_after_receipt"
            ),
            models.CheckConstraint(
                condition=models.Q(answered_at__isnull=True, answered_by__isnull=True)
                | models.Q(answered_at__isnull=False, answered_by__isnull=False),
                name="data_request_answer_has_author",
            ),
        ]


class Breach(models.Model):
    """A failure to protect personal data. People and the authority are told within three times 24 hours (art. 46)."""

    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+")
    what = EncryptedTextField(purpose="breach.what")
    data_kinds = EncryptedTextField(purpose="breach.data_kinds", help_text=_("which personal data"))
    measures = EncryptedTextField(purpose="breach.measures", blank=True, default="")
    people = models.PositiveIntegerField()
    occurred_at = models.DateTimeField(null=True, blank=True)
    noticed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    authority_notified_at = models.DateTimeField(null=True, blank=True)
    people_notified_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-noticed_at", "-pk"]
        verbose_name_plural = "breaches"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_at__gt=models.F("noticed_at")), name="breach_due_after_notice"
            ),
            models.CheckConstraint(
                condition=models.Q(occurred_at__isnull=True)
                | models.Q(occurred_at__lte=models.F("noticed_at")),
                name="breach_noticed_after_it_happened",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(authority_notified_at__isnull=True)
                    | models.Q(authority_notified_at__gte=models.F("noticed_at"))
                )
                & (
                    models.Q(people_notified_at__isnull=True)
                    | models.Q(people_notified_at__gte=models.F("noticed_at"))
                ),
                name="breach_told_after_notice",
            ),
        ]

    @property
    def told_at(self) -> datetime | None:
        """When the last of both, people and authority, was told; None as long as one is not."""
        if self.authority_notified_at is None or self.people_notified_at is None:
            return None
        return max(self.authority_notified_at, self.people_notified_at)

    @property
    def told_in_time(self) -> bool:
        """Whether both were told before the clock ran out."""
        return self.told_at is not None and self.told_at <= self.due_at
