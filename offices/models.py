"""Offices, what they serve, when they are closed, who stands in for them, and how many people they take a day."""

from datetime import time

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from offices.hours import ZONES, hours_said

AREA_CODE = RegexValidator(
    r"^\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?$", _("Write a region code such as 32.16.06.2003.")
)


def working_week() -> list[int]:
    """Monday to Friday, as Python counts weekdays."""
    return [0, 1, 2, 3, 4]


def documents_to_show() -> dict[str, list[list[str]]]:
    """What each collector shows: of every inner list one document. A start that each registry office changes."""
    return {
        "HOLDER": [["OLD_CARD", "FAMILY_CARD", "INTERIM_LETTER", "PASSPORT_OR_LICENCE"]],
        "SAME_FAMILY_CARD": [["FAMILY_CARD"]],
        "WRITTEN_AUTHORITY": [["AUTHORITY_F107"]],
        "VILLAGE_OFFICER": [["OFFICER_LETTER"]],
    }


def days_of_reminders() -> list[int]:
    """Days after arrival at the counter on which people are reminded."""
    return [7, 14]


class Service(models.TextChoices):
    """What an office does for an area."""

    POSTING = "POSTING", _("posting")  # the post office that delivers there
    RECEIVING = "RECEIVING", _("receiving")  # where what comes back is taken in
    PICKUP = "PICKUP", _("counter pickup")


class Office(models.Model):
    """A registry office, a counter, a post office or a village office."""

    class Kind(models.TextChoices):
        REGISTRY = "REGISTRY", _("registry office")
        COUNTER = "COUNTER", _("counter")
        POST_OFFICE = "POST_OFFICE", _("post office")
        VILLAGE = "VILLAGE", _("village office")

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="children",
        null=True,
        blank=True,
        help_text=_("the registry office that it works for"),
    )
    region_code = models.CharField(max_length=13, validators=[AREA_CODE])
    address = models.TextField(blank=True, default="")
    open_weekdays = models.JSONField(default=working_week, help_text=_("0 = Monday … 6 = Sunday"))
    opens_at = models.TimeField(default=time(8), help_text=_("from here on the day is cut into slots"))
    closes_at = models.TimeField(default=time(15))
    time_zone = models.CharField(
        max_length=16,
        default="Asia/Jakarta",
        choices=list(ZONES.items()),
    )
    latitude = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=4, null=True, blank=True)
    items_per_day = models.PositiveIntegerField(null=True, blank=True)
    service_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "a post office's open days until news of an item is overdue; empty: the registry's policy"
        ),
    )
    applies_status_files = models.BooleanField(
        default=False, help_text=_("its status files are applied without a person who looks at the preview")
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="office_code_not_empty"),
            models.CheckConstraint(
                condition=Q(kind="REGISTRY", parent__isnull=True)
                | (~Q(kind="REGISTRY") & Q(parent__isnull=False)),
                name="office_works_for_a_registry",
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="office_closes_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def registry_id(self) -> int:
        """Give the key of the registry office that this office is or works for."""
        return self.parent_id or self.pk

    @property
    def opening_hours(self) -> str:
        """Say in the active language when the office is open, as residents read it."""
        return hours_said(
            weekdays=self.open_weekdays,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            time_zone=self.time_zone,
        )


class AreaServed(models.Model):
    """An office serves a region for one service; the longest matching region code wins."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="areas")
    service = models.CharField(max_length=12, choices=Service)
    area_code = models.CharField(max_length=13, validators=[AREA_CODE])

    class Meta:
        verbose_name_plural = "areas served"
        constraints = [
            models.UniqueConstraint(fields=["service", "area_code"], name="one_office_per_service_and_area")
        ]


class Closure(models.Model):
    """An office, or every office of a region, does not do a service on these days (both days included)."""

    office = models.ForeignKey(
        Office, on_delete=models.CASCADE, related_name="closures", null=True, blank=True
    )
    area_code = models.CharField(max_length=13, validators=[AREA_CODE], blank=True, default="")
    service = models.CharField(
        max_length=12, choices=Service, blank=True, default="", help_text=_("empty: all")
    )
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.CharField(max_length=200)
    moves_cards = models.BooleanField(
        default=False, help_text=_("on the first day cards that wait there go to the counter that stands in")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="closure_ends_after_start"),
            models.CheckConstraint(
                condition=Q(office__isnull=False, area_code="") | (Q(office__isnull=True) & ~Q(area_code="")),
                name="closure_of_office_or_area",
            ),
        ]


class ExtraDay(models.Model):
    """A counter hands out cards on this day, although it is a holiday or none of its weekdays. Closures win."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="extra_days")
    day = models.DateField()
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["office", "day"], name="extra_day_once")]


class Delegation(models.Model):
    """While an office is closed for a service, its delegate does it (both days included)."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="delegations")
    delegate = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="delegated")
    service = models.CharField(max_length=12, choices=Service)
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="delegation_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(office=F("delegate")), name="delegation_to_another_office"),
        ]


class HandoverPolicy(models.Model):
    """A registry office's own rules where no national text gives them."""

    office = models.OneToOneField(Office, on_delete=models.CASCADE, related_name="policy")
    collectors = models.JSONField(
        default=list,
        help_text=_("who may collect: HOLDER, SAME_FAMILY_CARD, WRITTEN_AUTHORITY, VILLAGE_OFFICER"),
    )
    documents = models.JSONField(
        default=documents_to_show,
        help_text=_("collector → lists of documents; one of each list must be shown"),
    )
    old_card_required = models.BooleanField(default=True)
    hold_days = models.PositiveSmallIntegerField(default=30)
    reminder_days = models.JSONField(
        default=days_of_reminders, help_text=_("days after arrival at the counter")
    )
    slot_minutes = models.PositiveSmallIntegerField(
        default=60, help_text=_("length of a counter's slot, for which people book")
    )
    offer_minutes = models.PositiveSmallIntegerField(
        default=60, help_text=_("how long a place that became free is kept for the next on the waiting list")
    )
    silent_after_days = models.PositiveSmallIntegerField(
        default=8, help_text=_("open days of a post office until news of an item is overdue")
    )
    label_file_days = models.PositiveSmallIntegerField(
        default=7, help_text=_("days after which drawn labels are removed: they hold names and addresses")
    )
    items_per_shipment = models.PositiveIntegerField(default=2_000)
    items_per_bag = models.PositiveIntegerField(default=200)
    items_per_day = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "handover policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(hold_days__gte=1, items_per_shipment__gte=1, items_per_bag__gte=1),
                name="policy_numbers_positive",
            ),
            models.CheckConstraint(
                condition=Q(slot_minutes__gte=5, offer_minutes__gte=1), name="policy_minutes_positive"
            ),
        ]


class FollowUp(models.Model):
    """What follows when a card came back or was not collected; what is left empty, the registry office says."""

    class Follows(models.TextChoices):
        COUNTER = "COUNTER", _("counter pickup")
        SEND_AGAIN = "SEND_AGAIN", _("send again once, then counter pickup")
        VILLAGE = "VILLAGE", _("village list")
        REGISTRY = "REGISTRY", _("back to the registry")

    class AfterHold(models.TextChoices):
        VILLAGE = "VILLAGE", _("village list, then back to the registry")
        REGISTRY = "REGISTRY", _("back to the registry")

    office = models.OneToOneField(Office, on_delete=models.CASCADE, related_name="follow_up")
    attempts = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("a card that came back after fewer attempts is sent again")
    )
    days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text=_("not sent again when so many days have passed since it was first posted"),
    )
    follows = models.CharField(max_length=10, choices=Follows, blank=True, default="")
    hold_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("how long a counter keeps a card")
    )
    after_hold = models.CharField(max_length=10, choices=AfterHold, blank=True, default="")

    class Meta:
        ordering = ["office__code"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(attempts__isnull=True) | Q(attempts__gte=1))
                & (Q(days__isnull=True) | Q(days__gte=1))
                & (Q(hold_days__isnull=True) | Q(hold_days__gte=1)),
                name="follow_up_numbers_positive",
            ),
            models.CheckConstraint(
                condition=Q(follows__in=["", "COUNTER", "SEND_AGAIN", "VILLAGE", "REGISTRY"])
                & Q(after_hold__in=["", "VILLAGE", "REGISTRY"]),
                name="follow_up_known",
            ),
        ]


class Quota(models.Model):
    """How many people an office takes a day, on the ordinary and on the urgent lane."""

    class Lane(models.TextChoices):
        ORDINARY = "ORDINARY", _("ordinary")
        URGENT = "URGENT", _("urgent")

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="quotas")
    lane = models.CharField(max_length=8, choices=Lane)
    per_day = models.PositiveIntegerField(default=20)
    per_slot = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("empty: the day's places in equal parts, rounded up")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "lane"], name="one_quota_per_office_and_lane")
        ]


class QuotaDay(models.Model):
    """Places given out at one office on one day; the database refuses to give out more than there are."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="quota_days")
    lane = models.CharField(max_length=8, choices=Quota.Lane)
    day = models.DateField()
    places = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "lane", "day"], name="one_quota_day"),
            models.CheckConstraint(condition=Q(taken__lte=F("places")), name="quota_day_not_exceeded"),
        ]


class QuotaSlot(models.Model):
    """Places given out in one slot of a day, counted beside the day's own."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="quota_slots")
    lane = models.CharField(max_length=8, choices=Quota.Lane)
    day = models.DateField()
    starts_at = models.TimeField()
    places = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "lane", "day", "starts_at"], name="one_quota_slot"),
            models.CheckConstraint(condition=Q(taken__lte=F("places")), name="quota_slot_not_exceeded"),
        ]
