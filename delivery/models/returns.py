"""What came back, and its way to a counter."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ReturnReceipt(models.Model):
    """One item that came back and was taken in."""

    class Condition(models.TextChoices):
        FINE = "FINE", _("fine")
        DAMAGED = "DAMAGED", _("damaged")

    class Decision(models.TextChoices):
        UNDECIDED = "UNDECIDED", _("undecided")
        COUNTER = "COUNTER", _("counter pickup")
        SEND_AGAIN = "SEND_AGAIN", _("send again")
        ADDRESS = "ADDRESS", _("address at the review desk")  # sent again once it is good
        VILLAGE = "VILLAGE", _("village list")
        REGISTRY = "REGISTRY", _("back to the registry")  # deceased, moved away, never collected
        REPRINT = "REPRINT", _("reprint")

    card = models.ForeignKey("shipments.Card", on_delete=models.PROTECT, related_name="returns")
    item = models.OneToOneField(
        "shipments.Item", on_delete=models.PROTECT, related_name="return_receipt", null=True
    )
    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=24, blank=True, default="")
    condition = models.CharField(max_length=7, choices=Condition, default=Condition.FINE)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.UNDECIDED)
    counter = models.ForeignKey(
        "offices.Office", on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    signed_off_at = models.DateTimeField(null=True, blank=True)
    signed_off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_off_at__isnull=True, signed_off_by__isnull=True)
                | Q(signed_off_at__isnull=False, signed_off_by__isnull=False, decision="REGISTRY"),
                name="sign_off_names_its_officer",
            ),
        ]
        indexes = [
            # returns that wait for a decision
            models.Index(fields=["office"], name="returns_undecided", condition=Q(decision="UNDECIDED")),
            # the registry's open list, and cards whose address is being corrected
            models.Index(
                fields=["office", "decision"],
                name="returns_parked",
                condition=Q(decision__in=["REGISTRY", "ADDRESS"], signed_off_at__isnull=True),
            ),
        ]


class StrayItem(models.Model):
    """Something that came back and that nobody knows: kept aside, a case until somebody settles it."""

    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+")
    scanned = models.CharField(max_length=40)
    outcome = models.CharField(max_length=20)
    found_at = models.DateTimeField()
    found_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    resolution = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "scanned"], condition=Q(settled_at__isnull=True), name="stray_item_once"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | ~Q(resolution=""), name="settled_stray_has_resolution"
            ),
        ]


class Transfer(models.Model):
    """A batch of cards on the way from one office to another for one purpose, with both sides' counts."""

    class Purpose(models.TextChoices):
        PICKUP = "PICKUP", _("to be collected there")
        UNCLAIMED = "UNCLAIMED", _("nobody collected them")
        POST = "POST", _("to be posted again")  # as their holders wish

    number = models.CharField(max_length=32, unique=True)
    from_office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+")
    to_office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="transfers")
    purpose = models.CharField(max_length=9, choices=Purpose, default=Purpose.PICKUP)
    sent = models.PositiveIntegerField()
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    packed = models.PositiveIntegerField(null=True, blank=True, help_text=_("what the sender counted"))
    packed_at = models.DateTimeField(null=True, blank=True)
    packed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    received = models.PositiveIntegerField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when the receiver's count was complete")
    )

    class Meta:
        ordering = ["-sent_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_office=models.F("to_office")), name="transfer_between_offices"
            ),
            models.CheckConstraint(condition=Q(sent__gt=0), name="transfer_sends_something"),
            models.CheckConstraint(
                condition=Q(packed__isnull=True, packed_at__isnull=True)
                | Q(packed__lte=models.F("sent"), packed_at__isnull=False),
                name="transfer_packs_what_it_sends",
            ),
        ]


class TransferCard(models.Model):
    """A card in a transfer. `live` is null once it has arrived."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="cards")
    card = models.ForeignKey(
        "shipments.Card", on_delete=models.PROTECT, related_name="transfers", db_index=False
    )
    live = models.BooleanField(null=True, default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["card", "live"], name="card_in_one_live_transfer"),
            models.CheckConstraint(
                condition=Q(live__isnull=True) | Q(live=True), name="transfer_live_true_or_null"
            ),
        ]


class TransferDifference(models.Model):
    """A card that one side of a transfer did not find, or that came besides: a case until somebody settles it."""

    class Kind(models.TextChoices):
        NOT_PACKED = "NOT_PACKED", _("not there when it was packed")
        MISSING = "MISSING", _("missing")
        EXTRA = "EXTRA", _("extra")

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField(max_length=10, choices=Kind)
    card = models.ForeignKey(
        "shipments.Card", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    scanned = models.CharField(
        max_length=40, blank=True, default="", help_text=_("what was scanned, when extra")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    arrived = models.BooleanField(default=False, help_text=_("closed because the card came after all"))
    resolution = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["transfer", "card"], name="one_difference_per_card_of_a_transfer",
                condition=Q(closed_at__isnull=True, card__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["transfer", "scanned"], name="one_difference_per_extra_of_a_transfer",
                condition=Q(closed_at__isnull=True, card__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(kind="EXTRA", card__isnull=True) & ~Q(scanned="")
                | ~Q(kind="EXTRA") & Q(card__isnull=False),
                name="transfer_difference_names_something",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, arrived=False)
                | Q(closed_at__isnull=False) & (Q(arrived=True) | ~Q(resolution="")),
                name="closed_transfer_difference_says_why",
            ),
        ]  # fmt: skip
        indexes = [
            # open cases of a transfer: its pages, what is still expected, today's work
            models.Index(
                fields=["transfer"], name="transfer_differences_open", condition=Q(closed_at__isnull=True)
            ),
        ]
