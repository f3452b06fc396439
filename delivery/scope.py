"""Which cards, files, returns, lists and transfers a user may see: those that the user's office handles."""

from django.db.models import Q, QuerySet

from accounts.models import Role, User
from delivery.models import (
    AddressRequest,
    Appointment,
    Collection,
    ColumnProfile,
    CounterStay,
    CourierFile,
    Destruction,
    Enquiry,
    Message,
    OfflineConflict,
    ResidentChoice,
    ReturnReceipt,
    StatusText,
    StrayItem,
    Transfer,
    TransferCard,
    TransferDifference,
    VillageList,
    VillageListCard,
    WaitingEntry,
)
from jobs.models import Job
from offices.models import Closure, Office
from shipments.models import Card, Item
from shipments.scope import SEEN_BY_PARTNER

_REGISTRY = frozenset({Role.PRINTING, Role.SUPERVISOR})


def cards_in_scope(user: User) -> QuerySet[Card]:
    """Give a registry its own cards, a counter those that came to it, a partner those that it was to deliver."""
    if user.office_id is None or not user.is_active:
        return Card.objects.none()
    if user.role in _REGISTRY:
        return Card.objects.filter(office_id=user.office_id)
    if user.role == Role.COUNTER:
        return Card.objects.filter(_came_to_counter(user.office_id))
    if user.role == Role.PARTNER:
        items = Item.objects.filter(
            shipment__post_office_id=user.office_id, shipment__state__in=SEEN_BY_PARTNER
        )
        return Card.objects.filter(pk__in=items.values("card_id"))
    return Card.objects.none()


def _came_to_counter(counter_id: int) -> Q:
    """On its shelf now or once, on the way to it, taken in by it, or given out from it."""
    return (
        Q(pk__in=CounterStay.objects.filter(counter_id=counter_id).values("card_id"))
        | Q(pk__in=TransferCard.objects.filter(transfer__to_office_id=counter_id).values("card_id"))
        | Q(pk__in=Collection.objects.filter(counter_id=counter_id).values("card_id"))
        | Q(pk__in=ReturnReceipt.objects.filter(office_id=counter_id).values("card_id"))
        | Q(pk__in=VillageListCard.objects.filter(village_list__office_id=counter_id).values("card_id"))
    )


def courier_files_visible_to(user: User) -> QuerySet[CourierFile]:
    """Give a registry its own files and those of its post offices, a partner its own office's."""
    if user.office_id is None or not user.is_active:
        return CourierFile.objects.none()
    if user.role in _REGISTRY:
        return CourierFile.objects.filter(_own_or_working_for_us("office", user.office_id))
    if user.role == Role.PARTNER:
        return CourierFile.objects.filter(office_id=user.office_id)
    return CourierFile.objects.none()


def jobs_visible_to(user: User) -> QuerySet[Job]:
    """Give the user's own jobs, those of the user's office, and those of the status files that the user sees."""
    seen = Q(owner_id=user.pk) | Q(pk__in=courier_files_visible_to(user).values("job"))
    if user.office_id is not None:
        seen |= Q(office_id=user.office_id)
    return Job.objects.filter(seen).select_related("owner")


def column_profiles_visible_to(user: User) -> QuerySet[ColumnProfile]:
    """Give a registry the layouts of its own files and of those of its post offices, a partner its own office's."""
    if user.office_id is None or not user.is_active:
        return ColumnProfile.objects.none()
    if user.role in _REGISTRY:
        return ColumnProfile.objects.filter(_own_or_working_for_us("office", user.office_id))
    if user.role == Role.PARTNER:
        return ColumnProfile.objects.filter(office_id=user.office_id)
    return ColumnProfile.objects.none()


def status_texts_visible_to(user: User) -> QuerySet[StatusText]:
    """Give a registry the meanings that it has said and those said for all; an administrator those said for all."""
    if not user.is_active:
        return StatusText.objects.none()
    shared = StatusText.objects.filter(office_id__isnull=True)
    if user.role == Role.ADMINISTRATOR:
        return shared
    if user.role in _REGISTRY and user.office_id is not None:
        return shared | StatusText.objects.filter(office_id=user.office_id)
    return StatusText.objects.none()


def post_offices_visible_to(user: User) -> QuerySet[Office]:
    """Give a registry the post offices that work for it, a partner its own."""
    if user.office_id is None or not user.is_active:
        return Office.objects.none()
    offices = Office.objects.filter(kind=Office.Kind.POST_OFFICE).order_by("code")
    if user.role in _REGISTRY:
        return offices.filter(parent_id=user.office_id)
    if user.role == Role.PARTNER:
        return offices.filter(pk=user.office_id)
    return Office.objects.none()


def returns_visible_to(user: User) -> QuerySet[ReturnReceipt]:
    """Give a registry the returns of its cards, a counter those that it took in."""
    if user.office_id is None or not user.is_active:
        return ReturnReceipt.objects.none()
    if user.role in _REGISTRY:
        return ReturnReceipt.objects.filter(card__office_id=user.office_id)
    if user.role == Role.COUNTER:
        return ReturnReceipt.objects.filter(office_id=user.office_id)
    return ReturnReceipt.objects.none()


def transfers_visible_to(user: User) -> QuerySet[Transfer]:
    """Give a registry what it sent, a counter what is sent to it."""
    if user.office_id is None or not user.is_active:
        return Transfer.objects.none()
    if user.role in _REGISTRY:
        return Transfer.objects.filter(_own_or_working_for_us("from_office", user.office_id))
    if user.role == Role.COUNTER:
        return Transfer.objects.filter(Q(to_office_id=user.office_id) | Q(from_office_id=user.office_id))
    return Transfer.objects.none()


def transfer_cases_visible_to(user: User) -> QuerySet[TransferDifference]:
    """Give both sides of a transfer, and their registry, the cards that were missing or extra in it."""
    return TransferDifference.objects.filter(transfer__in=transfers_visible_to(user))


def transfer_cases_settled_by(user: User) -> QuerySet[TransferDifference]:
    """Give the sender, and its registry, the cases that are theirs: who misses a card does not settle that alone."""
    cases = transfer_cases_visible_to(user)
    return cases if user.role in _REGISTRY else cases.filter(transfer__from_office_id=user.office_id)


def stays_visible_to(user: User) -> QuerySet[CounterStay]:
    """Give a supervisor the shelves of the registry's counters, a counter its own."""
    if user.office_id is None or not user.is_active:
        return CounterStay.objects.none()
    if user.role == Role.SUPERVISOR:
        return CounterStay.objects.filter(_own_or_working_for_us("counter", user.office_id))
    if user.role == Role.COUNTER:
        return CounterStay.objects.filter(counter_id=user.office_id)
    return CounterStay.objects.none()


def stray_items_visible_to(user: User) -> QuerySet[StrayItem]:
    """Give a registry what was put aside at it and at its counters, a counter its own."""
    if user.office_id is None or not user.is_active:
        return StrayItem.objects.none()
    if user.role in _REGISTRY:
        return StrayItem.objects.filter(_own_or_working_for_us("office", user.office_id))
    if user.role == Role.COUNTER:
        return StrayItem.objects.filter(office_id=user.office_id)
    return StrayItem.objects.none()


def destructions_visible_to(user: User) -> QuerySet[Destruction]:
    """Give a registry its own lists and those of its counters, a counter its own."""
    if user.office_id is None or not user.is_active:
        return Destruction.objects.none()
    if user.role in _REGISTRY:
        return Destruction.objects.filter(_own_or_working_for_us("office", user.office_id))
    if user.role == Role.COUNTER:
        return Destruction.objects.filter(office_id=user.office_id)
    return Destruction.objects.none()


def village_lists_visible_to(user: User) -> QuerySet[VillageList]:
    """Give a registry its own lists and those of its counters, a counter its own."""
    if user.office_id is None or not user.is_active:
        return VillageList.objects.none()
    if user.role in _REGISTRY:
        return VillageList.objects.filter(_own_or_working_for_us("office", user.office_id))
    if user.role == Role.COUNTER:
        return VillageList.objects.filter(office_id=user.office_id)
    return VillageList.objects.none()


def appointments_visible_to(user: User) -> QuerySet[Appointment]:
    """Give a supervisor the appointments of the registry's counters, a counter its own."""
    if user.office_id is None or not user.is_active:
        return Appointment.objects.none()
    if user.role == Role.SUPERVISOR:
        return Appointment.objects.filter(_own_or_working_for_us("counter", user.office_id))
    if user.role == Role.COUNTER:
        return Appointment.objects.filter(counter_id=user.office_id)
    return Appointment.objects.none()


def collections_visible_to(user: User) -> QuerySet[Collection]:
    """Give a supervisor the collections at the registry's counters, a counter its own."""
    if user.office_id is None or not user.is_active:
        return Collection.objects.none()
    if user.role == Role.SUPERVISOR:
        return Collection.objects.filter(_own_or_working_for_us("counter", user.office_id))
    if user.role == Role.COUNTER:
        return Collection.objects.filter(counter_id=user.office_id)
    return Collection.objects.none()


def waiting_visible_to(user: User) -> QuerySet[WaitingEntry]:
    """Give a supervisor the waiting lists of the registry's counters, a counter its own."""
    return WaitingEntry.objects.filter(counter__in=counters_served_by(user))


def conflicts_visible_to(user: User) -> QuerySet[OfflineConflict]:
    """Give a supervisor the conflicts of the registry's counters, a counter its own."""
    return OfflineConflict.objects.filter(counter__in=counters_served_by(user))


def counters_served_by(user: User) -> QuerySet[Office]:
    """Give a counter's clerk the own counter, a supervisor the own office and those that work for it."""
    if user.office_id is None or not user.is_active:
        return Office.objects.none()
    if user.role == Role.SUPERVISOR:
        return Office.objects.filter(Q(pk=user.office_id) | Q(parent_id=user.office_id))
    if user.role == Role.COUNTER:
        return Office.objects.filter(pk=user.office_id)
    return Office.objects.none()


def offices_managed_by(user: User) -> QuerySet[Office]:
    """Give an administrator every office, everybody else the own one and those that work for it."""
    if user.role == Role.ADMINISTRATOR:
        return Office.objects.filter(is_active=True)
    return Office.objects.filter(Q(pk=user.office_id) | Q(parent_id=user.office_id), is_active=True)


def closures_visible_to(user: User) -> QuerySet[Closure]:
    """Give closures of offices of the user's registry, and of regions around one of them or in the registry's own."""
    if user.role == Role.ADMINISTRATOR:
        return Closure.objects.all()
    if user.office is None:
        return Closure.objects.none()
    registry = user.office.parent or user.office
    offices = Office.objects.filter(Q(pk=registry.pk) | Q(parent_id=registry.pk), is_active=True)
    around = {
        code[:length] for code in offices.values_list("region_code", flat=True) for length in (2, 5, 8, 13)
    }
    inside = Q(area_code__startswith=f"{registry.region_code}.")
    return Closure.objects.filter(Q(office__in=offices) | Q(area_code__in=around) | inside)


def may_close_region(user: User, area_code: str) -> bool:
    """Say whether a region is the user's to close: an administrator's all, a supervisor's the office's own."""
    if user.role == Role.ADMINISTRATOR:
        return True
    own = user.office.region_code if user.office is not None else ""
    return bool(own) and (area_code == own or area_code.startswith(f"{own}."))


def enquiries_visible_to(user: User) -> QuerySet[Enquiry]:
    """Give those who may see cards the questions about the cards in their scope."""
    if user.role == Role.PARTNER:
        return Enquiry.objects.none()
    return Enquiry.objects.filter(card__in=cards_in_scope(user))


def messages_visible_to(user: User) -> QuerySet[Message]:
    """Give those who may see cards the messages about the cards in their scope."""
    if user.role == Role.PARTNER:
        return Message.objects.none()
    return Message.objects.filter(card__in=cards_in_scope(user))


def wishes_visible_to(user: User) -> QuerySet[ResidentChoice]:
    """Give those who may see cards what residents wish for the cards in their scope."""
    if user.role == Role.PARTNER:
        return ResidentChoice.objects.none()
    return ResidentChoice.objects.filter(card__in=cards_in_scope(user)).exclude(wish="")


def address_requests_visible_to(user: User) -> QuerySet[AddressRequest]:
    """Give a registry the corrections that its residents ask for."""
    if user.office_id is None or not user.is_active or user.role not in _REGISTRY:
        return AddressRequest.objects.none()
    return AddressRequest.objects.filter(card__office_id=user.office_id)


def _own_or_working_for_us(field: str, office_id: int) -> Q:
    return Q(**{f"{field}_id": office_id}) | Q(**{f"{field}__parent_id": office_id})
