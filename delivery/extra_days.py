"""Days on which a counter hands out cards although it is a weekend or a holiday: opened by a supervisor, taken back."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Count

from accounts.services import record
from delivery.models import Appointment
from delivery.refusals import Code, DeliveryRefused
from delivery.waiting import end_waiting_of
from offices import services
from offices.models import ExtraDay, Office, Service


def open_extra_day(*, office_id: int, day: date, reason: str, actor_id: int | None, at: datetime) -> ExtraDay:
    """Open a counter on a day on which it would not work; appointments can be made for it at once. Twice is once.

    Raises REASON_MISSING, DAY_PASSED; of the offices: HANDS_OUT_NO_CARDS, OPEN_ANYWAY, CLOSED_THEN.
    """
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    with transaction.atomic():
        services.lock_offices(office_ids=[office_id])
        office = Office.objects.get(pk=office_id)
        if day < services.local_day(office=office, at=at):
            raise DeliveryRefused(Code.DAY_PASSED, day=day)
        extra = services.open_extra_day(office=office, day=day, reason=reason.strip()[:200])
        _audit("OPEN_EXTRA_DAY", extra, actor_id, at, reason=extra.reason)
    return extra


def take_extra_day_back(*, extra_day_id: int, actor_id: int | None, at: datetime) -> None:
    """Take an extra day back that is still to come and for which nobody has an appointment. Twice is once.

    Raises DAY_PASSED, EXTRA_DAY_BOOKED.
    """
    extra = ExtraDay.objects.select_related("office").filter(pk=extra_day_id).first()
    if extra is None:
        return
    if extra.day < services.local_day(office=extra.office, at=at):
        raise DeliveryRefused(Code.DAY_PASSED, day=extra.day)
    with transaction.atomic():
        services.lock_offices(office_ids=[extra.office_id])
        booked = Appointment.objects.filter(counter=extra.office, day=extra.day, cancelled_at__isnull=True)
        if appointments := booked.count():
            raise DeliveryRefused(Code.EXTRA_DAY_BOOKED, appointments=appointments, day=extra.day)
        end_waiting_of(counters=[extra.office_id], first=extra.day, last=extra.day, at=at)
        deleted, _by_model = ExtraDay.objects.filter(pk=extra.pk).delete()
        if deleted:
            _audit("TAKE_BACK_EXTRA_DAY", extra, actor_id, at)


def appointments_on_closed_days(*, counter_id: int, at: datetime) -> int:
    """Count appointments that stand on days on which the counter does not work, since its weekdays were changed."""
    office = Office.objects.get(pk=counter_id)
    standing = Appointment.objects.filter(
        counter=office, cancelled_at__isnull=True, day__gte=services.local_day(office=office, at=at)
    )
    days = standing.order_by().values_list("day").annotate(Count("pk"))
    return sum(
        number for day, number in days if not services.is_open(office=office, service=Service.PICKUP, on=day)
    )


def _audit(operation: str, extra: ExtraDay, actor_id: int | None, at: datetime, **details: str) -> None:
    record(
        actor_id=actor_id, office_id=extra.office_id, operation=operation, object_kind="extra_day",
        object_key=f"{extra.office.code} {extra.day}", at=at, **details,
    )  # fmt: skip
