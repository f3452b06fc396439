"""Shapes of printed cards. A list never shows a whole NIK, and no list shows a phone or a family card's number."""

from typing import Any

from rest_framework import serializers

from api.serializers.shapes import OutcomesField, Shape
from delivery.models import Delivery
from delivery.status import Action, Reason, Receiver, Status
from privacy.masking import mask_digits
from shipments.models import Card, IntakeFile, Item, Lane

MOST_CARDS = 1_000


class CardSerializer(serializers.ModelSerializer[Card]):
    """A card as a list shows it. `status` is null until something has happened to it."""

    office = serializers.CharField(source="office.code")
    nik = serializers.SerializerMethodField(help_text="masked")
    lane = serializers.SerializerMethodField()
    verdict = serializers.CharField(source="address.verdict")
    village_code = serializers.CharField(source="address.village_code")
    status = serializers.SerializerMethodField()
    since = serializers.SerializerMethodField()
    number = serializers.SerializerMethodField(help_text="the post's number of the item that it travels in")

    class Meta:
        model = Card
        fields = [
            "reference", "office", "name", "nik", "printed_on", "lane", "channel", "disposition", "verdict",
            "village_code", "status", "since", "number", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_nik(self, card: Card) -> str:
        return mask_digits(card.nik)

    def get_lane(self, card: Card) -> str:
        return Lane(card.lane).name

    def get_status(self, card: Card) -> str | None:
        delivery = _delivery(card)
        return delivery.status if delivery is not None else None

    def get_since(self, card: Card) -> str | None:
        delivery = _delivery(card)
        return serializers.DateTimeField().to_representation(delivery.since) if delivery is not None else None

    def get_number(self, card: Card) -> str:
        live: list[Item] = getattr(card, "live_items", [])
        return (live[0].number or "") if live else ""


class CardDetailSerializer(CardSerializer):
    """A card with its address as a label shows it, and what the post last said."""

    address_lines = serializers.SerializerMethodField()
    postcode = serializers.CharField(source="address.postcode")
    blank_serial = serializers.CharField()
    intake_file = serializers.UUIDField(source="intake_file_id", allow_null=True)
    intake_row = serializers.IntegerField(allow_null=True)
    reason = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField()
    contradictions = serializers.SerializerMethodField()

    class Meta(CardSerializer.Meta):
        fields = [
            *CardSerializer.Meta.fields, "address_lines", "postcode", "blank_serial", "intake_file", "intake_row",
            "reason", "attempts", "contradictions",
        ]  # fmt: skip
        read_only_fields = fields

    def get_address_lines(self, card: Card) -> list[str]:
        lines: list[str] = self.context.get("address_lines", [])
        return lines

    def get_reason(self, card: Card) -> str:
        delivery = _delivery(card)
        return delivery.reason if delivery is not None else ""

    def get_attempts(self, card: Card) -> int:
        delivery = _delivery(card)
        return delivery.attempts if delivery is not None else 0

    def get_contradictions(self, card: Card) -> int:
        delivery = _delivery(card)
        return delivery.contradictions if delivery is not None else 0


def _delivery(card: Card) -> Delivery | None:
    return getattr(card, "delivery", None)


class PersonalDataSerializer(Shape):
    """What is opened one card at a time, and recorded."""

    reference = serializers.CharField()
    name = serializers.CharField()
    nik = serializers.CharField()
    kk = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)


class NikSearchRequest(Shape):
    """Whose cards."""

    nik = serializers.RegexField(r"^\d{16}$")


class TimelineEntrySerializer(Shape):
    """One event of a card's history. `fit` is null for a voided one."""

    event_id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=[status.value for status in Status])
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    action = serializers.ChoiceField(choices=[action.value for action in Action])
    receiver = serializers.ChoiceField(choices=[receiver.value for receiver in Receiver])
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    place = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    item_number = serializers.CharField()
    note = serializers.CharField()
    fit = serializers.CharField(allow_null=True)
    voided_because = serializers.CharField()


class PrintedCardSerializer(Shape):
    """A printed card, in the columns of the printer's sheet."""

    nik = serializers.CharField(max_length=40)
    kk = serializers.CharField(max_length=40, allow_blank=True, default="")
    phone = serializers.CharField(max_length=40, allow_blank=True, default="")
    name = serializers.CharField(max_length=250)
    printed_on = serializers.DateField()
    alamat = serializers.CharField(max_length=500, allow_blank=True, default="")
    rt_rw = serializers.CharField(max_length=100, allow_blank=True, default="")
    rt = serializers.CharField(max_length=10, allow_blank=True, default="")
    rw = serializers.CharField(max_length=10, allow_blank=True, default="")
    dusun = serializers.CharField(max_length=250, allow_blank=True, default="")
    desa_kelurahan = serializers.CharField(max_length=250, allow_blank=True, default="")
    kecamatan = serializers.CharField(max_length=250, allow_blank=True, default="")
    kabupaten = serializers.CharField(max_length=250, allow_blank=True, default="")
    provinsi = serializers.CharField(max_length=250, allow_blank=True, default="")
    kode_pos = serializers.CharField(max_length=20, allow_blank=True, default="")
    lane = serializers.CharField(max_length=40, allow_blank=True, default="")
    blank_serial = serializers.CharField(max_length=40, allow_blank=True, default="")


class PrintedCardsRequest(Shape):
    """Up to 1,000 printed cards."""

    cards = serializers.ListField(child=PrintedCardSerializer(), allow_empty=False, max_length=MOST_CARDS)


class CardOutcomeSerializer(Shape):
    """What became of one card; a rejected one says why."""

    position = serializers.IntegerField(help_text="counted from 0, as sent")
    outcome = serializers.CharField()
    reference = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)


class PrintedCardsAnswer(Shape):
    """One outcome per card, in order; the counts add up to what was sent."""

    outcomes = OutcomesField()
    cards = CardOutcomeSerializer(many=True)


class IntakeFileSerializer(serializers.ModelSerializer[IntakeFile]):
    """An uploaded sheet of printed cards and how its rows ended."""

    office = serializers.CharField(source="office.code")
    outcomes = OutcomesField()
    has_rejected_rows = serializers.SerializerMethodField()
    fault = serializers.SerializerMethodField()

    class Meta:
        model = IntakeFile
        fields = [
            "id", "office", "name", "sha256", "state", "rows", "outcomes", "fault", "has_rejected_rows", "job",
            "uploaded_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_has_rejected_rows(self, intake: IntakeFile) -> bool:
        return bool(intake.rejected)

    def get_fault(self, intake: IntakeFile) -> dict[str, Any] | None:
        return intake.fault or None
