"""What a user may see of cards, shipments and intake files. Whoever is not named here sees nothing."""

from django.db.models import QuerySet

from accounts.models import Role, User
from shipments.models import Card, IntakeFile, LabelRun, Shipment, ShipmentState

_REGISTRY_ROLES = frozenset({Role.PRINTING, Role.SUPERVISOR})
# A post office learns of a shipment when it is closed, and keeps it; a cancelled one never existed for it.
SEEN_BY_PARTNER = (ShipmentState.CLOSED, ShipmentState.HANDED_OVER, ShipmentState.RECEIVED)


def cards_visible_to(user: User) -> QuerySet[Card]:
    """The cards of a registry office for its staff. What a counter or the post holds is delivery's to say."""
    if user.role in _REGISTRY_ROLES and user.office_id is not None:
        return Card.objects.filter(office_id=user.office_id)
    return Card.objects.none()


def shipments_visible_to(user: User) -> QuerySet[Shipment]:
    """The office's own shipments for its staff; for a partner those given to its post office."""
    if user.office_id is None:
        return Shipment.objects.none()
    if user.role in _REGISTRY_ROLES:
        return Shipment.objects.filter(office_id=user.office_id)
    if user.role == Role.PARTNER:
        return Shipment.objects.filter(post_office_id=user.office_id, state__in=SEEN_BY_PARTNER)
    return Shipment.objects.none()


def label_runs_visible_to(user: User) -> QuerySet[LabelRun]:
    """The runs of labels of the user's registry office."""
    if user.role in _REGISTRY_ROLES and user.office_id is not None:
        return LabelRun.objects.filter(office_id=user.office_id)
    return LabelRun.objects.none()


def intake_files_visible_to(user: User) -> QuerySet[IntakeFile]:
    """The sheets of printed cards that the user's registry office uploaded."""
    if user.role in _REGISTRY_ROLES and user.office_id is not None:
        return IntakeFile.objects.filter(office_id=user.office_id)
    return IntakeFile.objects.none()
