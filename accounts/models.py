"""Users with one role at one office, keys for their machines, and the record of what each did."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey


class Role(models.TextChoices):
    """What a user is there for; every permission follows from it."""

    PRINTING = "PRINTING", _("printing staff")
    PARTNER = "PARTNER", _("post-office partner")
    COUNTER = "COUNTER", _("counter staff")
    SUPERVISOR = "SUPERVISOR", _("supervisor")
    DATA_PROTECTION = "DATA_PROTECTION", _("data-protection officer")
    ADMINISTRATOR = "ADMINISTRATOR", _("administrator")


class User(AbstractUser):
    """A person who signs in. Belongs to one office and sees what that office handles."""

    role = models.CharField(_("role"), max_length=16, choices=Role)
    office = models.ForeignKey(
        "offices.Office", on_delete=models.PROTECT, related_name="users", null=True, blank=True
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="id")

    objects: ClassVar[UserManager["User"]] = UserManager()  # type: ignore[assignment]
    REQUIRED_FIELDS = ["role"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role="ADMINISTRATOR") | Q(office__isnull=False), name="user_belongs_to_an_office"
            ),
            models.CheckConstraint(condition=Q(role__in=[r.value for r in Role]), name="user_role_known"),
        ]


class ApiKey(AbstractAPIKey):
    """A hashed key with which a machine acts for one user, limited to some operations."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    operations = models.JSONField(default=list, help_text=_("empty: all that the user's role allows"))

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"


class AuditEntry(models.Model):
    """One thing that somebody did. Append-only; carries no personal data."""

    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    office = models.ForeignKey("offices.Office", on_delete=models.PROTECT, related_name="+", null=True)
    operation = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=24)
    object_key = models.CharField(max_length=64)
    details = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "audit entries"
        indexes = [
            # "what happened to this shipment, this file?", the history panel of its page
            models.Index(fields=["object_kind", "object_key"], name="audit_of_object"),
        ]
