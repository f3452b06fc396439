"""Messages to residents: which occasion, which words, which way, and the outbox between them."""

from delivery.messages.outbox import (
    queue,
    queue_changes,
    queue_registered,
    send_elsewhere,
    withdraw,
    withdraw_about,
    withdraw_all,
)
from delivery.messages.sending import Sent, send_queued

__all__ = [
    "Sent",
    "queue",
    "queue_changes",
    "queue_registered",
    "send_elsewhere",
    "send_queued",
    "withdraw",
    "withdraw_about",
    "withdraw_all",
]
