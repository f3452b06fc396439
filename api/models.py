"""What was answered to a request that may be repeated."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from privacy.fields import EncryptedTextField


class IdempotencyKey(models.Model):
    """One answered POST under its sender's key. Written in the transaction of the work itself.

    `status` is 0 only inside that transaction: nobody else ever sees a row without an answer.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    location = models.CharField(max_length=200, blank=True, default="")
    # answers name residents
    answer = EncryptedTextField(purpose="idempotency_key.answer", blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_user"),
            models.CheckConstraint(
                condition=Q(status=0) | Q(status__gte=200, status__lt=300), name="only_success_is_kept"
            ),
        ]
        indexes = [
            # forgetting a user's old keys
            models.Index(fields=["user", "created_at"], name="idempotency_keys_by_age"),
        ]
