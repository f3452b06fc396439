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


class ContactChoice(models.Model):
    """How a resident wants to be reached about a card; without one, the phone on the card is used."""

    card = models.OneToOneField(
        "shipments.Card", on_delete=models.PROTECT, primary_key=True, related_name="contact_choice"
    )
    phone = EncryptedTextField(purpose="contact_choice.phone", blank=True, default="")
    email = EncryptedTextField(purpose="contact_choice.email", blank=True, default="")
    language = models.CharField(max_length=2, default="id")
    opted_out_at = models.DateTimeField(null=True, blank=True)
    chosen_at = models.DateTimeField()


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
