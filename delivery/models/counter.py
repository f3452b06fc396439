"""Cards at a counter or with a village officer, appointments, and who took what."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.fields import EncryptedTextField


class CounterStay(models.Model):
    """A card on a counter's shelf. `live` is null once it has left."""

    card = models.ForeignKey(
        "shipments.Card", on_delete=models.PROTECT, related_name="counter_stays", db_index=False
    )
    counter = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="counter_stays")
    shelf = models.CharField(max_length=16, blank=True, default="")
    arrived_at = models.DateTimeField()
    hold_from = models.DateField(help_text=_("closed days from here on do not count"))
    hold_base = models.DateField(help_text=_("the last day without closures"))
    hold_until = models.DateField(help_text=_("the last day, closed days added"))
    follows = models.CharField(
        max_length=10, blank=True, default="", help_text=_("where it goes, once it was kept too long")
    )
    live = models.BooleanField(null=True, default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["card", "live"], name="card_on_one_shelf"),
            models.CheckConstraint(
                condition=Q(live__isnull=True) | Q(live=True), name="stay_live_true_or_null"
            ),
            models.CheckConstraint(
                condition=Q(follows__in=["", "VILLAGE", "REGISTRY"]), name="stay_follows_known"
            ),
        ]
        indexes = [
            # a counter's shelf by age
            models.Index(fields=["counter", "arrived_at"], name="shelf_by_age", condition=Q(live=True)),
        ]


class Appointment(models.Model):
    """A place of a day's quota at a counter, for one card; in a slot of the day, or at any time of it."""

    card = models.ForeignKey("shipments.Card", on_delete=models.PROTECT, related_name="appointments")
    counter = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="appointments")
    day = models.DateField()
    starts_at = models.TimeField(
        null=True, blank=True, help_text=_("the slot; empty: at any time of the day")
    )
    lane = models.CharField(max_length=8, default="ORDINARY")
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    closure = models.ForeignKey(
        "offices.Closure", on_delete=models.SET_NULL, related_name="+", null=True, blank=True,
        help_text=_("the closure that it gave way to"),
    )  # fmt: skip
    moved_from = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="moved_to", null=True, blank=True
    )

    class Meta:
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["card"],
                condition=Q(cancelled_at__isnull=True),
                name="one_standing_appointment_per_card",
            )
        ]
        indexes = [
            # today's appointments at a counter
            models.Index(fields=["counter", "day"], name="appointments_of_day"),
        ]


class Collection(models.Model):
    """Who took a card, with which document. One standing collection per card; a supervisor may undo it."""

    class Document(models.TextChoices):
        OLD_CARD = "OLD_CARD", _("old identity card")
        FAMILY_CARD = "FAMILY_CARD", _("family card (KK)")
        INTERIM_LETTER = "INTERIM_LETTER", _("interim letter (suket)")
        AUTHORITY_F107 = "AUTHORITY_F107", _("written authority F-1.07")
        OFFICER_LETTER = "OFFICER_LETTER", _("village officer's letter")
        PASSPORT_OR_LICENCE = "PASSPORT_OR_LICENCE", _("passport or driving licence")

    card = models.ForeignKey("shipments.Card", on_delete=models.PROTECT, related_name="collections")
    counter = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="collections")
    event = models.OneToOneField(
        "delivery.TrackingEvent", on_delete=models.PROTECT, related_name="collection"
    )
    relation = models.CharField(max_length=20)
    documents = models.JSONField(default=list)
    collector_name = EncryptedTextField(purpose="collection.collector_name", blank=True, default="")
    old_card_surrendered = models.BooleanField(default=False)
    nonce = models.CharField(
        max_length=64, unique=True, help_text=_("made by the counter's browser: repeat-safe")
    )
    collected_at = models.DateTimeField()
    collected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    undo_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-collected_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["card"], condition=Q(undone_at__isnull=True), name="card_collected_once"
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | ~Q(undo_reason=""), name="undone_collection_has_reason"
            ),
        ]
        indexes = [
            # today's collections at a counter
            models.Index(fields=["counter", "collected_at"], name="collections_of_counter"),
        ]


class VillageList(models.Model):
    """A bundle of cards given to a village officer under a handover record."""

    number = models.CharField(max_length=32, unique=True)
    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="village_lists")
    village_code = models.CharField(max_length=13)
    officer = models.CharField(max_length=120, help_text=_("name and position of the village's officer"))
    cards = models.PositiveIntegerField()
    handed_at = models.DateTimeField()
    handed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    return_by = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-handed_at"]
        constraints = [models.CheckConstraint(condition=Q(cards__gt=0), name="village_list_not_empty")]


class VillageListCard(models.Model):
    """A card on a village list and what became of it there."""

    class Result(models.TextChoices):
        OPEN = "OPEN", _("not reported yet")
        GIVEN = "GIVEN", _("given")
        NOT_FOUND = "NOT_FOUND", _("not found")
        RETURNED = "RETURNED", _("returned")

    village_list = models.ForeignKey(VillageList, on_delete=models.PROTECT, related_name="entries")
    card = models.ForeignKey("shipments.Card", on_delete=models.PROTECT, related_name="village_entries")
    position = models.PositiveIntegerField()
    result = models.CharField(max_length=9, choices=Result, default=Result.OPEN)
    relation = models.CharField(max_length=20, blank=True, default="")
    reported_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["village_list", "card"], name="card_once_per_village_list"),
            models.UniqueConstraint(
                fields=["card"],
                condition=Q(result__in=["OPEN", "NOT_FOUND"]),
                name="card_on_one_open_village_list",
            ),
            models.CheckConstraint(
                condition=Q(result="OPEN") | Q(reported_on__isnull=False), name="village_report_has_day"
            ),
        ]


class VillageListLink(models.Model):
    """A link with which a village officer reports on a list by phone: opened once, then bound to that browser.

    The token of the link and the secret of the browser are kept as keyed digests only.
    """

    village_list = models.ForeignKey(VillageList, on_delete=models.PROTECT, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    browser_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["village_list"],
                condition=Q(revoked_at__isnull=True),
                name="one_link_per_village_list",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="village_link_expires_later"
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True, browser_digest__isnull=True)
                | Q(opened_at__isnull=False, browser_digest__isnull=False),
                name="opened_village_link_has_browser",
            ),
        ]
