"""Offices that take nothing in on a day, neither returns nor transfers: closed for receiving or for all services."""

from datetime import datetime

from delivery.refusals import Code, DeliveryRefused
from offices.models import Office, Service
from offices.services import closure_of, load_routing, local_day


def check_receives(*, office: Office, at: datetime) -> None:
    """Raise RECEIVING_DELEGATED, naming who takes in instead, or RECEIVING_CLOSED while the office takes nothing in."""
    today = local_day(office=office, at=at)
    closure = closure_of(office=office, service=Service.RECEIVING, on=today)
    if closure is None:
        return
    told = {"office": office.name, "until": closure.ends_on, "reason": closure.reason}
    routing = load_routing(on=today, registry_id=office.registry_id)
    delegate_id = routing.stand_in(office_id=office.pk, service=Service.RECEIVING, on=today).office_id
    if delegate_id is None:
        raise DeliveryRefused(Code.RECEIVING_CLOSED, **told)
    raise DeliveryRefused(
        Code.RECEIVING_DELEGATED, **told, delegate=Office.objects.only("name").get(pk=delegate_id).name
    )
