"""What a counter did while the network was down and that does not agree with what is known here."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class OfflineConflict(models.Model):
    """A confirmation without network that could not be recorded: a person looks at it, nothing is done twice."""

    counter = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="offline_conflicts")
    card = models.ForeignKey("shipments.Card", on_delete=models.PROTECT, related_name="offline_conflicts")
    nonce = models.CharField(max_length=64, unique=True)
    code = models.CharField(max_length=32)
    documents = models.JSONField(default=list)
    old_card_surrendered = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    reported_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    resolution = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-reported_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | ~Q(resolution=""),
                name="settled_conflict_has_resolution",
            ),
        ]
        indexes = [
            # what a counter has still to look at
            models.Index(fields=["counter"], name="conflicts_open", condition=Q(settled_at__isnull=True)),
        ]
