"""The outbox: one row per card, occasion and channel."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """A message to a resident, queued in the transaction that caused it and sent outside of it."""

    class Occasion(models.TextChoices):
        REGISTERED = "REGISTERED", _("registered")
        DISPATCHED = "DISPATCHED", _("dispatched")
        OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY", _("out for delivery")
        ATTEMPT_FAILED = "ATTEMPT_FAILED", _("attempt failed")
        READY_AT_COUNTER = "READY_AT_COUNTER", _("ready at the counter")
        REMINDER = "REMINDER", _("reminder")
        MOVED = "MOVED", _("moved to another counter")
        COLLECTED = "COLLECTED", _("collected")

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("waiting")
        SENT = "SENT", _("sent")
        FAILED = "FAILED", _("failed")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")

    card = models.ForeignKey(
        "shipments.Card", on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    occasion = models.CharField(max_length=16, choices=Occasion)
    sequence = models.PositiveSmallIntegerField(default=1, help_text=_("second reminder, second attempt…"))
    channel = models.CharField(max_length=12, default="CONSOLE")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    event = models.ForeignKey(
        "delivery.TrackingEvent", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=80, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["card", "occasion", "sequence", "channel"], name="message_once"),
            models.CheckConstraint(
                condition=~Q(state="SENT") | Q(sent_at__isnull=False), name="sent_message_has_time"
            ),
        ]
        indexes = [
            # the sender's queue
            models.Index(fields=["not_before"], name="message_queue", condition=Q(state="QUEUED")),
        ]
