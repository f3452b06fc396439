"""People who wait for a place of a full day."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WaitingEntry(models.Model):
    """A card whose holder waits for a place of a full day; whoever came first is offered the first that is free."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        OFFERED = "OFFERED", _("offered a place")
        TAKEN = "TAKEN", _("took the place")
        EXPIRED = "EXPIRED", _("expired")
        LEFT = "LEFT", _("left the list")

    card = models.ForeignKey("shipments.Card", on_delete=models.PROTECT, related_name="waiting_entries")
    counter = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="waiting_entries")
    lane = models.CharField(max_length=8)
    day = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    joined_at = models.DateTimeField()
    offered_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["joined_at", "pk"]
        verbose_name_plural = "waiting entries"
        constraints = [
            models.UniqueConstraint(
                fields=["card"], condition=Q(state__in=["WAITING", "OFFERED"]), name="card_waits_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="OFFERED") | Q(offered_until__isnull=False), name="offer_has_an_end"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "OFFERED"], ended_at__isnull=True)
                | Q(state__in=["TAKEN", "EXPIRED", "LEFT"], ended_at__isnull=False),
                name="waiting_ends_once",
            ),
        ]
        indexes = [
            # who is next for a place of this day?
            models.Index(
                fields=["counter", "day", "lane"], name="waiting_of_day",
                condition=Q(state__in=["WAITING", "OFFERED"]),
            ),
        ]  # fmt: skip
