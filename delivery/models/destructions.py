"""Lists of cards to destroy, each signed by two officers."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Destruction(models.Model):
    """A list of cards to destroy. Two officers sign; with the second signature the cards are destroyed."""

    class Kind(models.TextChoices):
        CARDS = "CARDS", _("printed cards")  # damaged, printed twice, void, never claimed
        OLD_CARDS = "OLD_CARDS", _("old cards handed in")

    number = models.CharField(max_length=32, unique=True)
    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="destructions")
    kind = models.CharField(max_length=9, choices=Kind)
    cards = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    first_signed_at = models.DateTimeField(null=True, blank=True)
    first_signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    second_signed_at = models.DateTimeField(null=True, blank=True)
    second_signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(cards__gt=0), name="destruction_not_empty"),
            models.CheckConstraint(
                condition=Q(kind__in=["CARDS", "OLD_CARDS"]), name="destruction_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(first_signed_at__isnull=True, first_signed_by__isnull=True)
                | Q(first_signed_at__isnull=False, first_signed_by__isnull=False),
                name="first_signature_names_its_officer",
            ),
            # the second only after the first, and never by the same officer
            models.CheckConstraint(
                condition=Q(second_signed_at__isnull=True, second_signed_by__isnull=True)
                | Q(
                    second_signed_at__isnull=False,
                    second_signed_by__isnull=False,
                    first_signed_by__isnull=False,
                )
                & ~Q(second_signed_by=F("first_signed_by")),
                name="destruction_signed_by_two_officers",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True)
                | Q(second_signed_at__isnull=True) & ~Q(cancel_reason=""),
                name="destroyed_list_is_not_cancelled",
            ),
        ]


class DestructionCard(models.Model):
    """A card on a list; for an old card, the collection at which it was handed in. `live` is null once taken off."""

    destruction = models.ForeignKey(Destruction, on_delete=models.PROTECT, related_name="entries")
    card = models.ForeignKey("shipments.Card", on_delete=models.PROTECT, related_name="destructions")
    collection = models.ForeignKey(
        "delivery.Collection",
        on_delete=models.PROTECT,
        related_name="destructions",
        null=True,
        db_index=False,
    )
    live = models.BooleanField(null=True, default=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["card"],
                condition=Q(collection__isnull=True, live=True),
                name="card_destroyed_once",
            ),
            models.UniqueConstraint(
                fields=["collection"], condition=Q(live=True), name="old_card_destroyed_once"
            ),
            models.CheckConstraint(
                condition=Q(live__isnull=True) | Q(live=True), name="destruction_live_true_or_null"
            ),
        ]
