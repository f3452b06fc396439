"""The outbox: one row per card, occasion and channel."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """A message to a resident, queued in the transaction that caused it and sent outside of it."""

    class Occasion(models.TextChoices):
        REGISTERED = "REGISTERED", _("registered")
        DISPATCHED = "DISPATCHED", _("dispatched")
        OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY", _("out for delivery")
        ATTEMPT_FAILED = "ATTEMPT_FAILED", _("attempt failed")
        READY_AT_COUNTER = "READY_AT_COUNTER", _("ready at the counter")
        REMINDER = "REMINDER", _("reminder")
        MOVED = "MOVED", _("moved to another counter")
        REOPENED = "REOPENED", _("the counter is open again")
        PLACE_OFFERED = "PLACE_OFFERED", _("a place became free")
        COLLECTED = "COLLECTED", _("collected")
        ENQUIRY_ANSWERED = "ENQUIRY_ANSWERED", _("question answered")
        ADDRESS_CHECKED = "ADDRESS_CHECKED", _("address correction decided")
        WISH_ANSWERED = "WISH_ANSWERED", _("wish answered")
        CONTACT_CHANGED = "CONTACT_CHANGED", _("phone or e-mail changed")
        REPLY_NOTED = "REPLY_NOTED", _("reply noted")
        REPLY_HELP = "REPLY_HELP", _("reply not understood")

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("waiting")
        SENT = "SENT", _("sent")
        DELIVERED = "DELIVERED", _("reached the phone")
        READ = "READ", _("read")
        FAILED = "FAILED", _("failed")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")

    card = models.ForeignKey(
        "shipments.Card", on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    occasion = models.CharField(max_length=16, choices=Occasion)
    sequence = models.PositiveSmallIntegerField(default=1, help_text=_("second reminder, second attempt…"))
    channel = models.CharField(max_length=12, default="CONSOLE")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    event = models.ForeignKey(
        "delivery.TrackingEvent", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=80, blank=True, default="")
    recipient_index = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text=_("blind index of the number it went to, for replies"),
    )
    failure = models.CharField(max_length=40, blank=True, default="", help_text=_("the provider's code"))
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["card", "occasion", "sequence", "channel"], name="message_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["SENT", "DELIVERED", "READ"]) | Q(sent_at__isnull=False),
                name="sent_message_has_time",
            ),
        ]
        indexes = [
            # the sender's queue
            models.Index(fields=["not_before"], name="message_queue", condition=Q(state="QUEUED")),
            # call-backs of the provider
            models.Index(fields=["provider_id"], name="message_at_provider", condition=~Q(provider_id="")),
            # whose reply is this?
            models.Index(
                fields=["recipient_index"], name="message_to_phone", condition=~Q(recipient_index="")
            ),
            # the staff's list, newest first
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
        ]


class MessagePace(models.Model):
    """How many messages all workers together gave a channel within the minute that began at `window`."""

    channel = models.CharField(max_length=12, primary_key=True)
    window = models.DateTimeField()
    sent = models.PositiveIntegerField(default=0)


class MessageReply(models.Model):
    """What a resident replied, as a meaning; the words are not kept. Its provider's number makes a repeat harmless."""

    class Meaning(models.TextChoices):
        COME = "COME", _("comes")
        PROXY = "PROXY", _("sends somebody")
        RESEND = "RESEND", _("wants it sent again")
        STOP = "STOP", _("wants no messages")
        START = "START", _("wants messages again")
        UNKNOWN = "UNKNOWN", _("not understood")

    channel = models.CharField(max_length=12)
    provider_id = models.CharField(max_length=80)
    sender_index = models.CharField(max_length=32)
    meaning = models.CharField(max_length=7, choices=Meaning)
    helped = models.BooleanField(default=False, help_text=_("was answered with what can be replied"))
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at"]
        verbose_name_plural = "message replies"
        constraints = [
            models.UniqueConstraint(fields=["channel", "provider_id"], name="reply_once"),
        ]
        indexes = [
            # was this phone helped today?
            models.Index(fields=["sender_index", "received_at"], name="replies_of_phone"),
        ]
