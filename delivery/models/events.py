"""The event log, which is the truth, and the state folded from it, which is a cache."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from delivery import status as vocabulary


class TrackingEvent(models.Model):
    """One fact about a card. Append-only by trigger. A correction is a new event that voids another."""

    class Source(models.TextChoices):
        DESK = "DESK", _("our desk")
        COURIER_FILE = "FILE", _("courier file")
        API = "API", _("API")

    card = models.ForeignKey(
        "shipments.Card", on_delete=models.PROTECT, related_name="events", db_index=False
    )
    item = models.ForeignKey(
        "shipments.Item", on_delete=models.PROTECT, related_name="events", null=True, db_index=False
    )
    status = models.CharField(
        max_length=20, choices=[(s.value, s.value) for s in vocabulary.Status], blank=True
    )
    reason = models.CharField(max_length=24, blank=True, default="")
    action = models.CharField(max_length=24, blank=True, default="")
    receiver = models.CharField(max_length=20, blank=True, default="")
    occurred_at = models.DateTimeField()
    place = models.CharField(max_length=80, blank=True, default="")
    source = models.CharField(max_length=4, choices=Source)
    courier_file = models.ForeignKey(
        "delivery.CourierFile", on_delete=models.PROTECT, related_name="events", null=True, db_index=False
    )
    source_row = models.PositiveIntegerField(null=True)
    fingerprint = models.CharField(max_length=32)
    voids = models.OneToOneField("self", on_delete=models.PROTECT, related_name="voided_by", null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )

    class Meta:
        ordering = ["occurred_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], name="event_once"),
            models.CheckConstraint(
                condition=Q(voids__isnull=True) & ~Q(status="") | Q(voids__isnull=False, status=""),
                name="event_has_status_or_voids",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["", *(s.value for s in vocabulary.Status)]), name="event_status_known"
            ),
        ]
        indexes = [
            # a card's history: its page, and folding it whole
            models.Index(fields=["card", "occurred_at"], name="event_of_card"),
            # undo of an applied file
            models.Index(
                fields=["courier_file"], name="event_of_file", condition=Q(courier_file__isnull=False)
            ),
        ]


class HandEvent(models.Model):
    """An event that a person of an office recorded by hand, so that the last one can be undone."""

    event = models.OneToOneField(TrackingEvent, on_delete=models.PROTECT, related_name="by_hand")
    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+", db_index=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    recorded_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        indexes = [
            # a person's last ones: the page's list, and undo
            models.Index(fields=["office", "recorded_by", "-recorded_at"], name="hand_events_of_person"),
        ]


class Delivery(models.Model):
    """A card's state, as `fold` gives it, for every card with events; `manage.py refold` checks it."""

    card = models.OneToOneField(
        "shipments.Card", on_delete=models.PROTECT, primary_key=True, related_name="delivery"
    )
    item = models.ForeignKey(
        "shipments.Item", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    status = models.CharField(max_length=20, choices=[(s.value, s.value) for s in vocabulary.Status])
    reason = models.CharField(max_length=24, blank=True, default="")
    action = models.CharField(max_length=24, blank=True, default="")
    receiver = models.CharField(max_length=20, blank=True, default="")
    since = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    contradictions = models.PositiveSmallIntegerField(default=0)
    last_event_at = models.DateTimeField()
    last_rank = models.PositiveSmallIntegerField()
    last_fingerprint = models.CharField(max_length=32)
    # rises whenever anything is recorded of the card: compared before what was reckoned beforehand is written
    version = models.BigIntegerField(db_default=0)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in vocabulary.Status]), name="delivery_status_known"
            )
        ]
        indexes = [
            # what still moves: silent items, returns to receive, cards at a counter
            models.Index(
                fields=["status", "since"],
                name="delivery_unfinished",
                condition=~Q(status__in=[s.value for s in sorted(vocabulary.FINAL)]),
            ),
            # the supervisor's list of contradictions
            models.Index(fields=["card"], name="delivery_contradicted", condition=Q(contradictions__gt=0)),
        ]
