"""What residents ask, and the brake on those who guess."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy.fields import EncryptedTextField


class LookupLimit(models.Model):
    """Lookups counted under one key (a record, a client address, or everybody), atomically."""

    key = models.CharField(max_length=40, primary_key=True)
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    locks = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)


class Enquiry(models.Model):
    """A resident's question about a card, and its answer."""

    card = models.ForeignKey("shipments.Card", on_delete=models.PROTECT, related_name="enquiries")
    text = EncryptedTextField(purpose="enquiry.text")
    asked_at = models.DateTimeField()
    answer = models.TextField(_("answer"), blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at"]
        verbose_name_plural = "enquiries"
