"""Shipments to post offices: their items, bags, numbers and the handover that both sides sign."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shipments.models.cards import Card


class ShipmentState(models.TextChoices):
    """open → closed → handed over → received; cancelled only before handover."""

    OPEN = "OPEN", _("open")
    CLOSED = "CLOSED", _("closed")
    HANDED_OVER = "HANDED_OVER", _("handed over")
    RECEIVED = "RECEIVED", _("received")
    CANCELLED = "CANCELLED", _("cancelled")


class Shipment(models.Model):
    """A batch of items for one post office. Immutable from closing on: its manifest is frozen by a hash."""

    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="shipments")
    post_office = models.ForeignKey(
        "offices.Office", on_delete=models.PROTECT, related_name="incoming_shipments"
    )
    number = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=11, choices=ShipmentState, default=ShipmentState.OPEN)
    item_count = models.PositiveIntegerField(default=0, help_text=_("frozen at closing"))
    manifest_sha256 = models.CharField(max_length=64, blank=True, default="")
    r7_number = models.CharField(max_length=40, blank=True, default="")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "CANCELLED"]) | (Q(item_count__gt=0) & ~Q(manifest_sha256="")),
                name="closed_shipment_is_frozen",
            ),
            models.CheckConstraint(
                condition=~Q(state="CANCELLED") | Q(cancelled_at__isnull=False),
                name="cancelled_shipment_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Bag(models.Model):
    """A bag (kantong) of a shipment."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="bags")
    sequence = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=32)

    class Meta:
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["shipment", "sequence"], name="bag_sequence_once")]


class NumberBlock(models.Model):
    """Item numbers that the post allotted to an office: an S10 serial range, or an uploaded list."""

    class Kind(models.TextChoices):
        S10 = "S10", _("UPU S10 range")
        LIST = "LIST", _("uploaded list")

    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="number_blocks")
    kind = models.CharField(max_length=4, choices=Kind)
    service_indicator = models.CharField(max_length=2, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="ID")
    first_serial = models.PositiveIntegerField(default=0)
    last_serial = models.PositiveIntegerField(default=0)
    next_serial = models.PositiveIntegerField(default=0)
    allotted_on = models.DateField()
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(next_serial__gte=F("first_serial"), next_serial__lte=F("last_serial") + 1),
                name="next_serial_inside_block",
            ),
            models.CheckConstraint(condition=Q(last_serial__lte=99_999_999), name="serial_has_eight_digits"),
            models.CheckConstraint(
                condition=~Q(kind="S10") | Q(service_indicator__regex=r"^[A-Z]{2}$"),
                name="s10_block_has_indicator",
            ),
        ]


class AllottedNumber(models.Model):
    """One number of an uploaded list, in the list's order; used numbers stay."""

    block = models.ForeignKey(NumberBlock, on_delete=models.PROTECT, related_name="numbers")
    position = models.PositiveIntegerField()
    number = models.CharField(max_length=24, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["block", "position"], name="list_position_once")]


class Item(models.Model):
    """A card in the mail, with the post's number. `live` is null once the item has ended.

    An item that was taken out of its shipment before the handover, or whose shipment was cancelled, has
    `taken_out_at`: it was never given to the post, and its number is void but kept.
    """

    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="items", db_index=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="items", db_index=False)
    bag = models.ForeignKey(Bag, on_delete=models.PROTECT, related_name="items", null=True, db_index=False)
    position = models.PositiveIntegerField()
    number = models.CharField(
        max_length=24, null=True, blank=True, help_text=_("empty until the post gives one")
    )
    live = models.BooleanField(null=True, default=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    taken_out_at = models.DateTimeField(null=True, blank=True)
    number_given_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when the post gave the number; the frozen manifest has none")
    )

    class Meta:
        ordering = ["shipment", "position"]
        constraints = [
            models.UniqueConstraint(fields=["card", "live"], name="card_in_one_live_shipment"),
            models.UniqueConstraint(fields=["shipment", "position"], name="item_position_once"),
            models.UniqueConstraint(fields=["number"], name="item_number_once"),
            models.CheckConstraint(
                condition=Q(live__isnull=True) | Q(live=True), name="item_live_is_true_or_null"
            ),
            models.CheckConstraint(
                condition=Q(taken_out_at__isnull=True) | Q(live__isnull=True),
                name="item_taken_out_is_not_live",
            ),
        ]


class LabelPrint(models.Model):
    """One printing of a shipment's labels; every one after the first has a reason."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="label_prints")
    run = models.ForeignKey(
        "shipments.LabelRun",
        on_delete=models.PROTECT,
        related_name="prints",
        null=True,
        blank=True,
        help_text=_("empty: printed by command"),
    )
    format = models.CharField(max_length=12)
    labels = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, blank=True, default="")
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    printed_at = models.DateTimeField()

    class Meta:
        ordering = ["-printed_at"]
        constraints = [models.UniqueConstraint(fields=["run", "shipment"], name="label_print_once_per_run")]


class Handover(models.Model):
    """The handover record (BAST): what we gave, what the post counted, who signed on both sides."""

    shipment = models.OneToOneField(Shipment, on_delete=models.PROTECT, related_name="handover")
    given = models.PositiveIntegerField()
    giver = models.CharField(max_length=120, help_text=_("name and position of our officer"))
    taker = models.CharField(max_length=120, help_text=_("name and position of the post's officer"))
    handed_over_at = models.DateTimeField()
    handed_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    received = models.PositiveIntegerField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(given__gt=0), name="handover_gives_something"),
            models.CheckConstraint(
                condition=Q(received__isnull=True, received_at__isnull=True)
                | Q(received__isnull=False, received_at__isnull=False),
                name="receipt_has_count_and_time",
            ),
        ]


class HandoverDifference(models.Model):
    """A difference between what we gave and what the post found: a case with an owner until it is closed."""

    class Kind(models.TextChoices):
        MISSING = "MISSING", _("missing")
        EXTRA = "EXTRA", _("extra")
        DAMAGED = "DAMAGED", _("damaged")

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField(max_length=7, choices=Kind)
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, related_name="differences", null=True, blank=True
    )
    scanned = models.CharField(
        max_length=40, blank=True, default="", help_text=_("what was scanned, when extra")
    )
    note = models.CharField(max_length=200, blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    resolution = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(closed_at__isnull=True), name="one_open_difference_per_item"
            ),
            models.CheckConstraint(
                condition=Q(kind="EXTRA") | Q(item__isnull=False), name="difference_names_an_item"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(resolution=""),
                name="closed_difference_has_resolution",
            ),
        ]
