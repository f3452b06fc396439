"""The courier's status files, the rows that people must look at, and the texts that people have mapped."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class CourierFile(models.Model):
    """One uploaded status file and how its rows ended."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        PREVIEWED = "PREVIEWED", _("checked, not applied")
        APPLIED = "APPLIED", _("applied")
        REFUSED = "REFUSED", _("refused")
        UNDONE = "UNDONE", _("undone")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey(
        "offices.Office",
        on_delete=models.PROTECT,
        related_name="courier_files",
        help_text=_("whose file it is"),
    )
    courier = models.CharField(max_length=12, default="POS")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="courier/", blank=True)
    result = models.FileField(upload_to="courier/", blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    table_version = models.CharField(
        max_length=12, blank=True, default="", help_text=_("of the texts' meaning")
    )
    rows = models.PositiveIntegerField(default=0)
    outcomes = models.JSONField(default=dict)
    fault = models.JSONField(default=dict)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    uploaded_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    repeats = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        help_text=_("the applied file with the same content"),
    )
    items_seen = models.BigIntegerField(default=0, help_text=_("key of the newest item when it was applied"))

    class Meta:
        ordering = ["-uploaded_at"]

    @property
    def has_own_result(self) -> bool:
        """Say whether a result workbook tells of this very file; of one that repeats another, the other's does."""
        return bool(self.result) and self.repeats_id is None


class FilePortion(models.Model):
    """Rows of a file in work that one worker takes at a time; gone when the file is at its end."""

    courier_file = models.ForeignKey(CourierFile, on_delete=models.CASCADE, related_name="portions")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    content = models.TextField(help_text=_("the rows' facts, as JSON"))
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    outcomes = models.TextField(default="", help_text=_("a letter for each row; empty: not done"))
    arrived = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["courier_file", "number"], name="one_portion_per_number")
        ]


class CourierRow(models.Model):
    """A row that changed nothing and that somebody must look at: unknown item, unmapped text…"""

    courier_file = models.ForeignKey(CourierFile, on_delete=models.CASCADE, related_name="kept_rows")
    row = models.PositiveIntegerField()
    outcome = models.CharField(max_length=20)
    number = models.CharField(max_length=40, blank=True, default="")
    status_text = models.CharField(max_length=120, blank=True, default="")
    remark_text = models.CharField(max_length=120, blank=True, default="")
    occurred_text = models.CharField(max_length=40, blank=True, default="")
    place = models.CharField(max_length=80, blank=True, default="")
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["courier_file", "row"]
        constraints = [models.UniqueConstraint(fields=["courier_file", "row"], name="one_outcome_per_row")]
        indexes = [
            # the queue of unmapped texts
            models.Index(
                fields=["status_text"], name="rows_unmapped", condition=models.Q(outcome="UNMAPPED_TEXT")
            ),
        ]


class GivenNumber(models.Model):
    """The file that gave an item the post's number, as long as the item has it by that file."""

    item = models.OneToOneField(
        "shipments.Item", on_delete=models.PROTECT, primary_key=True, related_name="number_giver"
    )
    courier_file = models.ForeignKey(CourierFile, on_delete=models.CASCADE, related_name="given_numbers")


class ColumnProfile(models.Model):
    """Which column is which in one layout of an office's files, said once by a person."""

    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+")
    courier = models.CharField(max_length=12, default="POS")
    fingerprint = models.CharField(max_length=32, help_text=_("of the header's titles, folded"))
    columns = models.JSONField(help_text=_("field → index of its column, from 0"))
    titles = models.JSONField(help_text=_("field → title of its column"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "courier", "fingerprint"], name="one_profile_per_layout"
            ),
            models.CheckConstraint(condition=~models.Q(fingerprint=""), name="profile_names_a_layout"),
        ]


class StatusText(models.Model):
    """What a text of a courier means, on top of the shipped table: at one registry office, or for all of them."""

    office = models.ForeignKey(
        "offices.Office",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text=_("the registry office that says so; empty: for all, where a registry says nothing else"),
    )
    courier = models.CharField(max_length=12, default="POS")
    status_text = models.CharField(max_length=120, help_text=_("folded: upper case, single spaces"))
    remark_text = models.CharField(max_length=120, blank=True, default="")
    status = models.CharField(max_length=20)
    reason = models.CharField(max_length=24, blank=True, default="")
    action = models.CharField(max_length=24, blank=True, default="")
    receiver = models.CharField(max_length=20, blank=True, default="")
    mapped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    mapped_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["office", "courier", "status_text", "remark_text"], name="one_meaning_per_text"
            ),
            models.UniqueConstraint(
                fields=["courier", "status_text", "remark_text"],
                condition=models.Q(office__isnull=True),
                name="one_shared_meaning_per_text",
            ),
        ]
