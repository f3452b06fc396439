"""Runs of labels: what somebody asked for, and the files that workers draw of it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shipments.models.shipments import Shipment


class LabelRun(models.Model):
    """One request for the labels of one or many shipments. Its key is random: it stands in the address of its page."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+", db_index=False)
    format = models.CharField(max_length=12)
    start = models.PositiveSmallIntegerField(default=1, help_text=_("first free cell of the first sheet"))
    right_mm = models.FloatField(default=0.0)
    down_mm = models.FloatField(default=0.0)
    reason = models.CharField(max_length=200, blank=True, default="")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [
            # an office's newest runs
            models.Index(fields=["office", "-asked_at"], name="label_run_of_office"),
        ]


class LabelPart(models.Model):
    """A stretch of a shipment's labels that one job draws into one file; its key is the file's name on disk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(LabelRun, on_delete=models.CASCADE, related_name="parts")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="label_parts")
    number = models.PositiveSmallIntegerField(help_text=_("counted from 1 within the shipment"))
    first_position = models.PositiveIntegerField()
    last_position = models.PositiveIntegerField()
    start = models.PositiveSmallIntegerField(default=1)
    job = models.OneToOneField("jobs.Job", on_delete=models.SET_NULL, related_name="+", null=True)
    labels = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to="labels/", blank=True, help_text=_("empty: not drawn yet, or removed"))
    drawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["run_id", "shipment_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "shipment", "number"], name="label_part_once"),
            models.CheckConstraint(
                condition=Q(drawn_at__isnull=False) | Q(file="", labels=0), name="label_file_has_time"
            ),
        ]
        indexes = [
            # the removal of old files
            models.Index(fields=["drawn_at"], name="label_file_kept", condition=~Q(file="")),
        ]
