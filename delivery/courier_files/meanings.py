"""What people have said that a courier's texts mean: at one registry office, or for all of them."""

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from django.db.models import Q, QuerySet

from delivery.couriers import Courier, Meaning
from delivery.models import StatusText
from delivery.refusals import Code, DeliveryRefused
from delivery.status import Action, Reason, Receiver, Status
from offices.models import Office

# What happens in our own hands is never a courier's to say.
SAID_BY_COURIERS = frozenset(
    status
    for status in Status
    if status
    not in {
        Status.RETURN_RECEIVED, Status.IN_TRANSFER, Status.READY_AT_COUNTER, Status.COLLECTED, Status.AT_VILLAGE,
        Status.GIVEN_BY_VILLAGE,
    }
)  # fmt: skip
# In the others nobody has taken the item, so that nobody can be named.
RECEIVED = frozenset({Status.DELIVERED, Status.RETURNED_TO_SENDER})
WordT = TypeVar("WordT", bound=StrEnum)


def meaning_said(*, status: str, reason: str = "", action: str = "", receiver: str = "") -> Meaning:
    """Read what a person says that a courier did, and who took the item.

    Refuses what is no word of ours, what only we can do, and a receiver where nobody has received it.
    """
    meaning = Meaning(
        _one_of(Status, status), _one_of(Reason, reason), _one_of(Action, action), _one_of(Receiver, receiver)
    )
    if meaning.status not in SAID_BY_COURIERS:
        raise DeliveryRefused(Code.MEANING_UNKNOWN, value=status, what=Status.__name__)
    if meaning.receiver and meaning.status not in RECEIVED:
        raise DeliveryRefused(Code.NOBODY_RECEIVED)
    return meaning


def _one_of(vocabulary: type[WordT], value: str) -> WordT:
    try:
        return vocabulary(value)
    except ValueError as error:
        raise DeliveryRefused(Code.MEANING_UNKNOWN, value=value, what=vocabulary.__name__) from error


def meanings_of(*, courier: Courier, office: Office) -> dict[tuple[str, str], Meaning]:
    """Give what counts for an office's files, by folded status and remark: its registry's word before everybody's."""
    own: dict[tuple[str, str], Meaning] = {}
    shared: dict[tuple[str, str], Meaning] = {}
    for text in _said(courier, office):
        meaning = Meaning(
            Status(text.status), Reason(text.reason), Action(text.action), Receiver(text.receiver)
        )
        (shared if text.office_id is None else own)[text.status_text, text.remark_text] = meaning
    return shared | own


def table_version(*, courier: Courier, office: Office) -> str:
    """Name the tables by which a file was read: the shipped one, and how many texts people have added."""
    return f"{courier.TABLE_VERSION}+{_said(courier, office).count()}"[:12]


def changed_since(moment: datetime, *, courier: Courier, office: Office) -> bool:
    """Say whether people have said since what a text means that counts for the office's files."""
    return _said(courier, office).filter(mapped_at__gte=moment).exists()


def _said(courier: Courier, office: Office) -> QuerySet[StatusText]:
    heard = Q(office_id=office.registry_id) | Q(office_id__isnull=True)
    return StatusText.objects.filter(heard, courier=courier.CODE)
