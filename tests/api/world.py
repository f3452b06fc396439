"""One of everything that the API shows, at one registry office, made without services."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from accounts.models import Role, User
from addresses.models import Verdict
from delivery.models import (
    AddressRequest,
    Appointment,
    Collection,
    ColumnProfile,
    CounterStay,
    CourierFile,
    Delivery,
    Destruction,
    DestructionCard,
    Enquiry,
    Message,
    OfflineConflict,
    ResidentChoice,
    ReturnReceipt,
    StrayItem,
    TrackingEvent,
    Transfer,
    TransferCard,
    TransferDifference,
    VillageList,
    VillageListCard,
    WaitingEntry,
)
from jobs.models import Job
from offices.models import Closure, Delegation, ExtraDay, Office
from privacy.crypto import blind_index
from privacy.models import Breach
from shipments.models import (
    AreaHold,
    Card,
    Handover,
    HandoverDifference,
    IntakeFile,
    Item,
    LabelPart,
    LabelRun,
    Shipment,
    ShipmentState,
)
from tests import factories
from tests.factories import JATIMULYA

AT = datetime(2020, 5, 4, 2, 0, tzinfo=UTC)
KK = "3216060101010001"
PHONE = "081234567890"
_FAR_AWAY = {"starts_on": date(2099, 1, 1), "ends_on": date(2099, 1, 1)}


@dataclass(frozen=True, kw_only=True)
class World:
    """A registry with a counter and a post office, their users, and one thing of each kind."""

    registry: Office
    counter: Office
    post_office: Office
    users: dict[Role, User]
    card: Card
    shipment: Shipment
    difference: HandoverDifference
    hold: AreaHold
    intake_file: IntakeFile
    courier_file: CourierFile
    column_profile: ColumnProfile
    job: Job
    label_part: LabelPart
    transfer: Transfer
    transfer_case: TransferDifference
    collection: Collection
    appointment: Appointment
    village_list: VillageList
    waiting: WaitingEntry
    conflict: OfflineConflict
    closure: Closure
    delegation: Delegation
    extra_day: ExtraDay
    destruction: Destruction
    stray_item: StrayItem
    message: Message
    enquiry: Enquiry
    address_request: AddressRequest
    breach: Breach

    def key(self, basename: str) -> str:
        """Give what stands in the address of a resource's one thing."""
        return {
            "address-request": str(self.address_request.pk),
            "appointment": str(self.appointment.pk),
            "breach": str(self.breach.pk),
            "card": self.card.reference,
            "closure": str(self.closure.pk),
            "collection": str(self.collection.pk),
            "conflict": str(self.conflict.pk),
            "delegation": str(self.delegation.pk),
            "extra-day": str(self.extra_day.pk),
            "column-profile": str(self.column_profile.pk),
            "courier-file": str(self.courier_file.pk),
            "destruction": str(self.destruction.pk),
            "difference": str(self.difference.pk),
            "enquiry": str(self.enquiry.pk),
            "hold": str(self.hold.pk),
            "intake-file": str(self.intake_file.pk),
            "job": str(self.job.pk),
            "label-file": str(self.label_part.pk),
            "label-run": str(self.label_part.run_id),
            "message": str(self.message.pk),
            "office": self.counter.code,
            "region": JATIMULYA,
            "shipment": str(self.shipment.pk),
            "stray-item": str(self.stray_item.pk),
            "transfer": str(self.transfer.pk),
            "transfer-case": str(self.transfer_case.pk),
            "village-list": str(self.village_list.pk),
            "waiting": str(self.waiting.pk),
            "wish": self.card.reference,
        }[basename]


def make_world(code: str, *, region: str) -> World:
    """Make the office `code` of a region and all that belongs to it."""
    registry = factories.make_office(code=code, kind=Office.Kind.REGISTRY, region_code=region)
    counter = factories.make_office(
        code=f"{code}-L", kind=Office.Kind.COUNTER, parent=registry, region_code=region, serves=[region]
    )
    post_office = factories.make_office(
        code=f"{code}-P", kind=Office.Kind.POST_OFFICE, parent=registry, region_code=region, serves=[region]
    )
    users = {role: factories.make_user(role=role, office=registry) for role in Role}
    users[Role.COUNTER] = factories.make_user(role=Role.COUNTER, office=counter)
    users[Role.PARTNER] = factories.make_user(role=Role.PARTNER, office=post_office)
    cards = factories.make_cards(
        office=registry, number=6, kk=KK, kk_index=blind_index(KK, purpose="card.kk"), phone=PHONE
    )
    factories.make_cards(office=registry, number=2, verdict=Verdict.NEEDS_REVIEW)
    shipment, difference = _shipment(cards[0], registry, post_office)
    transfer = _transfer(cards[1], registry, counter)
    return World(
        registry=registry,
        counter=counter,
        post_office=post_office,
        users=users,
        card=cards[0],
        shipment=shipment,
        difference=difference,
        hold=_hold(registry),
        intake_file=IntakeFile.objects.create(
            office=registry, name="kartu.xlsx", sha256="0" * 64, uploaded_at=AT
        ),
        courier_file=CourierFile.objects.create(
            office=post_office, name="status.xlsx", sha256="0" * 64, uploaded_at=AT
        ),
        column_profile=ColumnProfile.objects.create(
            office=post_office, fingerprint=code, columns={}, titles={}, made_at=AT
        ),
        job=Job.objects.create(
            kind="cards.import", owner=users[Role.PRINTING], office=registry, created_at=AT, id=uuid.uuid4()
        ),
        label_part=_label_part(shipment, users[Role.PRINTING]),
        transfer=transfer,
        transfer_case=TransferDifference.objects.create(
            transfer=transfer, kind="MISSING", card=cards[1], opened_at=AT
        ),
        collection=_collection(cards[2], counter),
        appointment=_appointment(cards[3], counter),
        village_list=_village_list(cards[4], counter),
        waiting=WaitingEntry.objects.create(
            card=cards[3], counter=counter, lane="URGENT", day=date(2099, 1, 2), joined_at=AT
        ),
        conflict=OfflineConflict.objects.create(
            counter=counter,
            card=cards[2],
            nonce=f"offline-{code}",
            code="ALREADY_COLLECTED",
            confirmed_at=AT,
            reported_at=AT,
        ),
        closure=Closure.objects.create(office=counter, reason="x", **_FAR_AWAY),
        delegation=Delegation.objects.create(
            office=counter, delegate=registry, service="PICKUP", **_FAR_AWAY
        ),
        extra_day=ExtraDay.objects.create(office=counter, day=date(2099, 1, 3), reason="x"),
        destruction=_destruction(registry),
        stray_item=StrayItem.objects.create(
            office=counter, scanned=f"P{code}", outcome="UNKNOWN", found_at=AT
        ),
        message=Message.objects.create(card=cards[0], occasion="DISPATCHED", not_before=AT, created_at=AT),
        enquiry=_asked(cards[0]),
        address_request=AddressRequest.objects.create(
            card=cards[5], fields='{"alamat": "Jl. Lain 2"}', was_deliverable=True, asked_at=AT
        ),
        breach=Breach.objects.create(
            office=registry, what="x", data_kinds="x", people=1, noticed_at=AT, due_at=AT + timedelta(days=3),
            recorded_at=AT, recorded_by=users[Role.DATA_PROTECTION],
        ),
    )  # fmt: skip


def _asked(card: Card) -> Enquiry:
    ResidentChoice.objects.create(card=card, wish="RESEND", wished_at=AT)
    return Enquiry.objects.create(card=card, text="Kapan?", asked_at=AT)


def _shipment(card: Card, registry: Office, post_office: Office) -> tuple[Shipment, HandoverDifference]:
    shipment = Shipment.objects.create(
        office=registry, post_office=post_office, number=f"{registry.code}-1", item_count=1,
        state=ShipmentState.RECEIVED, manifest_sha256="0" * 64, opened_at=AT, closed_at=AT,
    )  # fmt: skip
    item = Item.objects.create(card=card, shipment=shipment, position=1, number=f"P20050400{registry.code}01")
    handover = Handover.objects.create(
        shipment=shipment, given=1, giver="petugas", taker="petugas pos", handed_over_at=AT, received=0,
        received_at=AT,
    )  # fmt: skip
    difference = HandoverDifference.objects.create(handover=handover, kind="MISSING", item=item, opened_at=AT)
    record_event(card, "POSTED", item)
    ReturnReceipt.objects.create(card=card, item=item, office=registry, received_at=AT)
    return shipment, difference


def _label_part(shipment: Shipment, user: User) -> LabelPart:
    run = LabelRun.objects.create(office=shipment.office, format="a4-3x8", asked_by=user, asked_at=AT)
    job = Job.objects.create(kind="shipments.labels", owner=user, office=shipment.office, created_at=AT)
    return LabelPart.objects.create(
        run=run, shipment=shipment, number=1, first_position=1, last_position=1, job=job
    )


def record_event(card: Card, status: str, item: Item | None = None) -> TrackingEvent:
    """Give the card its one event and the state of it."""
    event = TrackingEvent.objects.create(
        card=card, item=item, status=status, occurred_at=AT, source="DESK", recorded_at=AT,
        fingerprint=uuid.uuid4().hex,
    )  # fmt: skip
    Delivery.objects.create(
        card=card, item=item, status=status, since=AT, last_event_at=AT, last_rank=1,
        last_fingerprint=event.fingerprint,
    )  # fmt: skip
    return event


def _hold(registry: Office) -> AreaHold:
    return AreaHold.objects.create(
        office=registry, village_code="32.16.06.2003", action="WAIT", reason="banjir", starts_on=date(2020, 5, 1),
        created_at=AT,
    )  # fmt: skip


def _transfer(card: Card, registry: Office, counter: Office) -> Transfer:
    transfer = Transfer.objects.create(
        number=f"T-{registry.code}", from_office=registry, to_office=counter, sent=1, sent_at=AT
    )
    TransferCard.objects.create(transfer=transfer, card=card)
    record_event(card, "IN_TRANSFER")
    return transfer


def _collection(card: Card, counter: Office) -> Collection:
    return Collection.objects.create(
        card=card, counter=counter, event=record_event(card, "COLLECTED"), relation="HOLDER", nonce=uuid.uuid4().hex,
        collected_at=AT,
    )  # fmt: skip


def _appointment(card: Card, counter: Office) -> Appointment:
    last = date(2020, 6, 3)
    CounterStay.objects.create(
        card=card, counter=counter, arrived_at=AT, hold_from=AT.date(), hold_base=last, hold_until=last
    )
    record_event(card, "READY_AT_COUNTER")
    return Appointment.objects.create(card=card, counter=counter, day=date(2020, 5, 11), booked_at=AT)


def _destruction(registry: Office) -> Destruction:
    (card,) = factories.make_cards(office=registry, number=1, disposition="VOID")
    destruction = Destruction.objects.create(
        number=f"PK-{registry.code}", office=registry, kind="CARDS", cards=1, opened_at=AT
    )
    DestructionCard.objects.create(destruction=destruction, card=card)
    return destruction


def _village_list(card: Card, counter: Office) -> VillageList:
    village_list = VillageList.objects.create(
        number=f"D-{counter.code}", office=counter, village_code=JATIMULYA, officer="Kepala dusun", cards=1,
        handed_at=AT, return_by=date(2020, 5, 18),
    )  # fmt: skip
    VillageListCard.objects.create(village_list=village_list, card=card, position=1)
    record_event(card, "AT_VILLAGE")
    return village_list
