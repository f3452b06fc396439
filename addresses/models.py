"""An address as it was typed, what the check made of it, and who decided otherwise."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    """May it be posted?"""

    DELIVERABLE = "DELIVERABLE", _("deliverable")
    NEEDS_REVIEW = "NEEDS_REVIEW", _("needs review")
    UNDELIVERABLE = "UNDELIVERABLE", _("undeliverable")


class Address(models.Model):
    """One card's address. The typed fields are never overwritten; a correction is an AddressReview."""

    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+")
    alamat = models.CharField(max_length=250)
    rt_rw = models.CharField(max_length=40, blank=True, default="")
    dusun = models.CharField(max_length=100, blank=True, default="")
    desa_kelurahan = models.CharField(max_length=100, blank=True, default="")
    kecamatan = models.CharField(max_length=100, blank=True, default="")
    kabupaten = models.CharField(max_length=100, blank=True, default="")
    provinsi = models.CharField(max_length=100, blank=True, default="")
    kode_pos = models.CharField(max_length=10, blank=True, default="")

    rt = models.CharField(max_length=3, blank=True, default="")
    rw = models.CharField(max_length=3, blank=True, default="")
    verdict = models.CharField(max_length=13, choices=Verdict)
    next_action = models.CharField(max_length=8)
    village_code = models.CharField(max_length=13, blank=True, default="")
    match_level = models.CharField(max_length=8, default="NONE")
    postcode = models.CharField(max_length=5, blank=True, default="")
    confidence = models.FloatField(default=0)
    rule = models.CharField(max_length=40, blank=True, default="")
    reasons = models.CharField(
        max_length=400, blank=True, default="", help_text=_("codes, separated by spaces")
    )
    alternatives = models.JSONField(default=list)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    radius_m = models.PositiveIntegerField(null=True, blank=True)
    point_source = models.CharField(max_length=16, blank=True, default="")
    gazetteer = models.CharField(max_length=24, blank=True, default="")
    group_key = models.CharField(
        max_length=210, blank=True, default="", help_text=_("village / district as typed")
    )
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=[v.value for v in Verdict]), name="address_verdict_known"
            ),
            models.CheckConstraint(
                condition=~Q(verdict="DELIVERABLE") | ~Q(village_code=""),
                name="deliverable_address_has_village",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True, radius_m__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False, radius_m__isnull=False),
                name="address_point_has_radius",
            ),
        ]
        indexes = [
            # the review desk: an office's waiting addresses, grouped as they were typed
            models.Index(
                fields=["office", "group_key"],
                name="address_review_queue",
                condition=~Q(verdict="DELIVERABLE"),
            ),
        ]


class AddressReview(models.Model):
    """What a person decided about an address, and when. Append-only; the newest one counts."""

    class Decision(models.TextChoices):
        ACCEPTED = "ACCEPTED", _("candidate accepted")
        CORRECTED = "CORRECTED", _("field corrected")
        UNDELIVERABLE = "UNDELIVERABLE", _("marked undeliverable")
        PHONE_ASKED = "PHONE_ASKED", _("phone asked for")

    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="reviews")
    decision = models.CharField(max_length=13, choices=Decision)
    village_code = models.CharField(max_length=13, blank=True, default="")
    corrections = models.JSONField(default=dict, help_text=_("field → corrected text"))
    note = models.CharField(max_length=200, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["-decided_at", "-pk"]


class RegionAlias(models.Model):
    """An operator's own name for a region (old, local or often mistyped), on top of the shipped ones."""

    class State(models.TextChoices):
        SUGGESTED = "SUGGESTED", _("suggested")
        ACCEPTED = "ACCEPTED", _("accepted")
        REFUSED = "REFUSED", _("refused")

    name = models.CharField(max_length=100)
    parent_code = models.CharField(max_length=8, help_text=_("the region inside which the name is used"))
    region_code = models.CharField(max_length=13)
    state = models.CharField(max_length=10, choices=State, default=State.ACCEPTED)
    uses = models.PositiveIntegerField(default=0)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "region aliases"
        constraints = [
            models.UniqueConstraint(
                fields=["name", "parent_code", "region_code"], name="one_alias_per_name_and_region"
            )
        ]


class RegionPostcode(models.Model):
    """An operator's own postcode of a village, on top of the shipped ones."""

    village_code = models.CharField(max_length=13, unique=True)
    postcode = models.CharField(max_length=5)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(postcode__regex=r"^\d{5}$"), name="postcode_five_digits")
        ]


class GeocodeCache(models.Model):
    """An online geocoder's answer for a region text, so that it is asked once."""

    provider = models.CharField(max_length=24)
    query = models.CharField(max_length=200)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    label = models.CharField(max_length=200, blank=True, default="")
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "query"], name="one_answer_per_geocoder_query")
        ]


class GeocoderTurn(models.Model):
    """When an online geocoder may be asked next, by any worker."""

    provider = models.CharField(max_length=24, unique=True)
    next_at = models.DateTimeField()
