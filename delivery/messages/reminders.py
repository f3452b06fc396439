"""Remind people of cards that wait on a counter's shelf."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from delivery.messages.occasions import Occasion
from delivery.messages.outbox import queue
from delivery.models import CounterStay
from offices.models import HandoverPolicy, Office, days_of_reminders
from offices.services import local_day

# A run that was missed is made up for; who came before the reminders were switched on is left alone.
MADE_UP_FOR = timedelta(days=3)


def queue_reminders(*, at: datetime) -> int:
    """Write the reminders that are due at every counter; give how many are new. Safe to repeat."""
    policies = dict(HandoverPolicy.objects.values_list("office_id", "reminder_days"))
    waiting = CounterStay.objects.filter(live=True).values("counter_id")
    queued = 0
    for counter in Office.objects.filter(pk__in=waiting):
        days = policies.get(counter.registry_id, days_of_reminders())
        queued += sum(_remind(counter, number, day, at) for number, day in enumerate(sorted(days), start=1))
    return queued


def _remind(counter: Office, number: int, day: int, at: datetime) -> int:
    """Write the `number`th reminder of a stay to cards that arrived `day` days ago, by the counter's calendar."""
    today = local_day(office=counter, at=at)
    midnight = datetime.combine(today, datetime.min.time(), tzinfo=ZoneInfo(counter.time_zone))
    newest = midnight - timedelta(days=day - 1)
    stays = CounterStay.objects.filter(
        counter=counter,
        live=True,
        arrived_at__lt=newest,
        arrived_at__gte=newest - timedelta(days=1) - MADE_UP_FOR,
        hold_until__gte=today,
    )
    card_ids = list(stays.values_list("card_id", flat=True))
    return queue(card_ids=card_ids, occasion=Occasion.REMINDER, at=at, sequence=number)
