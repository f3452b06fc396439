"""What residents ask, and the brake on those who guess."""

from django.conf import settings
from django.db import models
from django.db.models import Q
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
    # told that another one was named, then forgotten
    former_phone = EncryptedTextField(purpose="contact_choice.former_phone", blank=True, default="")
    former_email = EncryptedTextField(purpose="contact_choice.former_email", blank=True, default="")
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


class ResidentChoice(models.Model):
    """What a resident has said about a card: who will come, and where it is to go instead."""

    class Wish(models.TextChoices):
        NONE = "", _("nothing")
        RESEND = "RESEND", _("send it again")
        OTHER_COUNTER = "OTHER_COUNTER", _("another counter")

    class Outcome(models.TextChoices):
        NONE = "", _("not answered")
        GRANTED = "GRANTED", _("granted")
        DECLINED = "DECLINED", _("declined")

    class Door(models.TextChoices):
        PAGE = "PAGE", _("the resident's page")
        REPLY = "REPLY", _("a reply to a message")

    card = models.OneToOneField(
        "shipments.Card", on_delete=models.PROTECT, primary_key=True, related_name="resident_choice"
    )
    coming = models.CharField(
        max_length=20, blank=True, default="", help_text=_("who will come, as a relation")
    )
    wish = models.CharField(max_length=13, choices=Wish, blank=True, default="")
    counter = models.ForeignKey(
        "offices.Office", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    door = models.CharField(max_length=5, choices=Door, default=Door.PAGE)
    wished_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    outcome = models.CharField(
        max_length=8, choices=Outcome, blank=True, default="", help_text=_("what the office said to the wish")
    )
    answer = models.CharField(
        max_length=200, blank=True, default="", help_text=_("the office's words, for the holder")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(wish="") | Q(wished_at__isnull=False), name="wish_has_time"),
            models.CheckConstraint(
                condition=Q(counter__isnull=True) | Q(wish="OTHER_COUNTER"), name="wished_counter_has_wish"
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(settled_at__isnull=False), name="answered_wish_is_settled"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="DECLINED") | ~Q(answer=""), name="declined_wish_has_answer"
            ),
        ]
        indexes = [
            # wishes that wait for the office, the oldest first
            models.Index(
                fields=["wished_at"],
                name="wishes_open",
                condition=~Q(wish="") & Q(settled_at__isnull=True),
            ),
        ]


class AddressRequest(models.Model):
    """A resident's correction of an address: proposed by the holder, decided by the office within 3 × 24 hours."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("waiting")
        ACCEPTED = "ACCEPTED", _("accepted")
        DECLINED = "DECLINED", _("declined")

    card = models.ForeignKey("shipments.Card", on_delete=models.PROTECT, related_name="address_requests")
    fields = EncryptedTextField(purpose="address_request.fields", help_text=_("field → text, as JSON"))
    was_deliverable = models.BooleanField(help_text=_("what the address was before it went to review"))
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answer = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["card"], condition=Q(state="OPEN"), name="one_open_address_request_per_card"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at__isnull=True)
                | (~Q(state="OPEN") & Q(decided_at__isnull=False)),
                name="decided_address_request_has_time",
            ),
        ]
