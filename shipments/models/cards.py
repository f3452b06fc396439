"""Printed cards, where they came from, and what keeps them from being posted."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.fields import EncryptedTextField


class Lane(models.IntegerChoices):
    """Who goes first in the backlog; a smaller number goes first."""

    URGENT = 10, _("urgent")
    VULNERABLE = 20, _("elderly or disabled")
    FIRST_CARD = 30, _("first card")
    PRINT_READY_RECORD = 40, _("print-ready record (PRR)")
    RESEND = 45, _("sent again")
    ORDINARY = 50, _("ordinary")


class LanePolicy(models.Model):
    """When a registry office works a lane off. Without a row a lane's own number is its rank."""

    office = models.ForeignKey(
        "offices.Office",
        on_delete=models.CASCADE,
        related_name="lane_policies",
        limit_choices_to={"kind": "REGISTRY"},
    )
    lane = models.PositiveSmallIntegerField(choices=Lane)
    rank = models.PositiveSmallIntegerField(
        help_text=_("a smaller one goes first; lanes of one rank go together, first printed first")
    )
    is_active = models.BooleanField(default=True, help_text=_("no: its cards go with the ordinary ones"))

    class Meta:
        ordering = ["office", "rank", "lane"]
        verbose_name_plural = "lane policies"
        constraints = [
            models.UniqueConstraint(fields=["office", "lane"], name="one_policy_per_office_and_lane"),
            models.CheckConstraint(
                condition=Q(lane__in=[lane.value for lane in Lane]), name="policy_lane_known"
            ),
            models.CheckConstraint(
                condition=Q(is_active=True) | ~Q(lane=Lane.ORDINARY.value), name="ordinary_lane_is_used"
            ),
        ]


class Disposition(models.TextChoices):
    """What a printed card is to us; only a registered card is on its way to somebody."""

    REGISTERED = "REGISTERED", _("registered")
    DAMAGED = "DAMAGED", _("damaged")
    DUPLICATE = "DUPLICATE", _("printed twice")
    WITHDRAWN = "WITHDRAWN", _("withdrawn")
    VOID = "VOID", _("void")
    DESTROYED = "DESTROYED", _("destroyed")


class Channel(models.TextChoices):
    """How the card is to reach its holder."""

    POST = "POST", _("by post")
    COUNTER = "COUNTER", _("at a counter")
    VILLAGE = "VILLAGE", _("by the village office")


class IntakeFile(models.Model):
    """One uploaded sheet of printed cards and how its rows ended."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        DONE = "DONE", _("done")
        REFUSED = "REFUSED", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="intake_files")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="intake/", blank=True)
    rejected = models.FileField(upload_to="intake/", blank=True, help_text=_("rejected rows, to correct"))
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    rows = models.PositiveIntegerField(default=0)
    outcomes = models.JSONField(default=dict)
    fault = models.JSONField(default=dict, help_text=_("code and parameters of the reason for a refusal"))
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    uploaded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-uploaded_at"]


class Card(models.Model):
    """One printed e-KTP. Every printed card is a row here for ever; what happens to it is told elsewhere."""

    office = models.ForeignKey(
        "offices.Office", on_delete=models.PROTECT, related_name="cards", db_index=False
    )
    reference = models.CharField(max_length=12, help_text=_("own reference with check character"))
    fingerprint = models.CharField(
        max_length=32, help_text=_("the printed row; the same row twice is one card")
    )
    nik = EncryptedTextField(purpose="card.nik")
    nik_index = models.CharField(max_length=32)
    kk = EncryptedTextField(purpose="card.kk", blank=True, default="")
    kk_index = models.CharField(max_length=32, blank=True, default="")
    phone = EncryptedTextField(purpose="card.phone", blank=True, default="")
    name = models.CharField(max_length=120)
    blank_serial = models.CharField(max_length=32, blank=True, default="")
    printed_on = models.DateField()
    lane = models.PositiveSmallIntegerField(choices=Lane, default=Lane.ORDINARY)
    channel = models.CharField(max_length=7, choices=Channel, default=Channel.POST)
    disposition = models.CharField(max_length=10, choices=Disposition, default=Disposition.REGISTERED)
    address = models.OneToOneField("addresses.Address", on_delete=models.PROTECT, related_name="card")
    intake_file = models.ForeignKey(
        IntakeFile, on_delete=models.PROTECT, related_name="cards", null=True, blank=True, db_index=False
    )
    intake_row = models.PositiveIntegerField(null=True, blank=True)
    access_version = models.PositiveSmallIntegerField(
        default=1, help_text=_("raised to void the PIN and the link")
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="card_reference_once"),
            models.UniqueConstraint(fields=["office", "fingerprint"], name="printed_row_once"),
            models.CheckConstraint(
                condition=Q(lane__in=[lane.value for lane in Lane]), name="card_lane_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=[c.value for c in Channel]), name="card_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(disposition__in=[d.value for d in Disposition]), name="card_disposition_known"
            ),
        ]
        indexes = [
            # search by NIK at a counter; tracking by NIK + family card; printed twice
            models.Index(fields=["nik_index"], name="card_nik"),
            # the ledger's small buckets and the lists behind them
            models.Index(
                fields=["office", "disposition"], name="card_aside", condition=~Q(disposition="REGISTERED")
            ),
            # print check by the serial of the blank card
            models.Index(fields=["blank_serial"], name="card_blank_serial", condition=~Q(blank_serial="")),
            # the list of one intake's cards
            models.Index(fields=["intake_file", "intake_row"], name="card_of_intake"),
        ]

    def __str__(self) -> str:
        return self.reference


class CirculatingCard(models.Model):
    """The one card in circulation for a NIK: a second print of it is found by this table's key."""

    nik_index = models.CharField(max_length=32, primary_key=True)
    card = models.OneToOneField(Card, on_delete=models.CASCADE, related_name="circulating")


class DispositionChange(models.Model):
    """Why a card was set aside or taken back. Append-only."""

    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="disposition_changes")
    before = models.CharField(max_length=10, choices=Disposition)
    after = models.CharField(max_length=10, choices=Disposition)
    reason = models.CharField(max_length=200)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["changed_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(before=models.F("after")), name="disposition_differs")
        ]


class PrintCheck(models.Model):
    """What the print check found at one card; undone rather than deleted."""

    class Finding(models.TextChoices):
        GOOD = "GOOD", _("good")
        DAMAGED = "DAMAGED", _("damaged")
        PRINTED_TWICE = "PRINTED_TWICE", _("printed twice")
        ELSEWHERE = "ELSEWHERE", _("belongs to another office")

    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="print_checks")
    finding = models.CharField(max_length=13, choices=Finding)
    reason = models.CharField(max_length=200, blank=True, default="")
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    checked_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-checked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["card"], condition=Q(undone_at__isnull=True), name="one_standing_print_check_per_card"
            )
        ]


class AreaHold(models.Model):
    """Cards for an area, or of a list, wait, or are withdrawn from the post and given to another channel."""

    class Action(models.TextChoices):
        WAIT = "WAIT", _("wait")
        WITHDRAW = "WITHDRAW", _("withdraw to another channel")

    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="area_holds")
    village_code = models.CharField(
        max_length=13, blank=True, default="", help_text=_("empty: the cards of a list")
    )
    rws = models.JSONField(default=list, help_text=_("RW numbers of three digits; empty: the whole village"))
    action = models.CharField(max_length=8, choices=Action)
    channel = models.CharField(max_length=7, choices=Channel, blank=True, default="")
    reason = models.CharField(max_length=200)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="hold_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(action="WAIT", channel="")
                | (Q(action="WITHDRAW") & Q(channel__in=["COUNTER", "VILLAGE"])),
                name="withdrawal_names_a_channel",
            ),
        ]


class ListedCard(models.Model):
    """A card of a hold's list; it stays there, so that the hold catches the card whenever it would be posted."""

    hold = models.ForeignKey(AreaHold, on_delete=models.CASCADE, related_name="listed_cards")
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold", "card"], name="card_once_in_a_list")]


class HeldCard(models.Model):
    """A card that waits because of an area hold; the row goes when the hold is released."""

    card = models.OneToOneField(Card, on_delete=models.CASCADE, primary_key=True, related_name="held")
    hold = models.ForeignKey(AreaHold, on_delete=models.PROTECT, related_name="held_cards")


class BacklogEntry(models.Model):
    """A card that is ready to be posted. Narrow on purpose: rows come and go by the hundred thousand."""

    card = models.OneToOneField(Card, on_delete=models.CASCADE, primary_key=True, related_name="backlog")
    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+", db_index=False)
    lane = models.PositiveSmallIntegerField()
    printed_on = models.DateField()
    village_code = models.CharField(max_length=13)
    rw = models.CharField(max_length=3, blank=True, default="")

    class Meta:
        verbose_name_plural = "backlog entries"
        indexes = [
            # the queue in its order: lane, print date, intake order
            models.Index(fields=["office", "lane", "printed_on", "card"], name="backlog_order"),
        ]
