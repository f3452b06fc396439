"""Shapes of returns and of transfers to counters."""

from rest_framework import serializers

from api.serializers.shapes import Shape
from delivery.models import ReturnReceipt, Transfer, TransferCard, TransferDifference
from delivery.returns import ReturnResult
from delivery.status import Reason

MOST_SCANS = 2_000


class ReturnScanSerializer(Shape):
    """One item in hand. Without a reason, the courier's own stands."""

    scanned = serializers.CharField(max_length=40)
    condition = serializers.ChoiceField(
        choices=ReturnReceipt.Condition.choices, default=ReturnReceipt.Condition.FINE.value
    )
    reason = serializers.ChoiceField(
        choices=[reason.value for reason in Reason if reason], allow_blank=True, default=""
    )


class ReturnsRequest(Shape):
    """Items that came back."""

    scans = serializers.ListField(child=ReturnScanSerializer(), allow_empty=False, max_length=MOST_SCANS)


class ReturnOutcomeSerializer(Shape):
    """What became of one scan."""

    scanned = serializers.CharField()
    result = serializers.ChoiceField(choices=[result.value for result in ReturnResult])
    reference = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)


class ReturnsAnswer(Shape):
    """One outcome per scan, in order."""

    outcomes = ReturnOutcomeSerializer(many=True)


class ReturnSerializer(serializers.ModelSerializer[ReturnReceipt]):
    """A card that came back, and what was decided about it."""

    reference = serializers.CharField(source="card.reference")
    number = serializers.SerializerMethodField(help_text="the post's number of the item that came back")
    office = serializers.CharField(source="office.code")
    counter = serializers.SerializerMethodField(help_text="where it goes, once that is decided")
    open_wish = serializers.CharField(help_text="what its holder wishes, until that is answered")
    correcting = serializers.BooleanField(help_text="its holder's correction of the address waits")

    class Meta:
        model = ReturnReceipt
        fields = [
            "id", "reference", "number", "office", "reason", "condition", "decision", "counter", "received_at",
            "decided_at", "open_wish", "correcting",
        ]  # fmt: skip
        read_only_fields = fields

    def get_number(self, receipt: ReturnReceipt) -> str:
        return (receipt.item.number or "") if receipt.item is not None else ""

    def get_counter(self, receipt: ReturnReceipt) -> str:
        return receipt.counter.code if receipt.counter is not None else ""


class ReferencesOrAllRequest(Shape):
    """Some cards by their references; null means all."""

    references = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_null=True, default=None, max_length=MOST_SCANS
    )


class RoutedSerializer(Shape):
    """What routing decided."""

    by_counter = serializers.DictField(child=serializers.IntegerField(), help_text="counter's code → cards")
    registry = serializers.IntegerField(help_text="deceased or moved away: the registry's own list")
    shelved = serializers.IntegerField(help_text="taken in at their very counter and shelved there")
    undecided = serializers.IntegerField(help_text="left to a person")
    left = serializers.DictField(child=serializers.IntegerField(), help_text="why they are left → cards")
    sent_again = serializers.IntegerField(help_text="put into the backlog again")
    to_review = serializers.IntegerField(help_text="whose addresses wait at the review desk")
    village = serializers.IntegerField(help_text="for village lists")


class DecideReturnsRequest(Shape):
    """What is decided by hand."""

    references = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_empty=False, max_length=MOST_SCANS
    )
    decision = serializers.ChoiceField(
        choices=[
            (decision.value, decision.label)
            for decision in ReturnReceipt.Decision
            if decision is not ReturnReceipt.Decision.UNDECIDED
        ]
    )


class DecidedReturnsSerializer(Shape):
    """How many returns were decided."""

    decided = serializers.IntegerField()


class TransferSerializer(serializers.ModelSerializer[Transfer]):
    """A batch of cards on the way to a counter, with both sides' counts."""

    from_office = serializers.CharField(source="from_office.code")
    to_office = serializers.CharField(source="to_office.code")

    class Meta:
        model = Transfer
        fields = [
            "id", "number", "from_office", "to_office", "purpose", "sent", "sent_at", "packed", "packed_at", "received",
            "received_at", "closed_at",
        ]  # fmt: skip
        read_only_fields = fields


class TransfersAnswer(Shape):
    """The transfers that were sent, one per counter."""

    transfers = TransferSerializer(many=True)


class TransferCardSerializer(Shape):
    """A card of a transfer."""

    reference = serializers.CharField(source="card.reference")
    on_the_way = serializers.SerializerMethodField()

    def get_on_the_way(self, entry: TransferCard) -> bool:
        return entry.live is True


class ReceiveTransferRequest(ReferencesOrAllRequest):
    """What arrived, and the shelf that it is put on."""

    shelf = serializers.CharField(max_length=16, allow_blank=True, default="")


class TransferReceiptSerializer(Shape):
    """What arrived now, what is missing, and what came that is not on the list."""

    transfer_id = serializers.IntegerField()
    sent = serializers.IntegerField()
    arrived = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField())
    extra = serializers.ListField(child=serializers.CharField())
    misread = serializers.ListField(
        child=serializers.CharField(), help_text="wrong check character: scan again"
    )


class PackTransferRequest(Shape):
    """What the sender counted, and which cards of the list were not there."""

    counted = serializers.IntegerField(min_value=0)
    missing = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=MOST_SCANS
    )


class CountTransferRequest(Shape):
    """How many have come in all, and the shelf of those that were not scanned."""

    counted = serializers.IntegerField(min_value=0)
    shelf = serializers.CharField(max_length=16, allow_blank=True, default="")


class TransferListQuery(Shape):
    """The kind of file."""

    file_type = serializers.ChoiceField(choices=["pdf", "xlsx"], default="pdf")


class TransferCaseSerializer(serializers.ModelSerializer[TransferDifference]):
    """A card that one side of a transfer did not find, or that came besides."""

    transfer = serializers.CharField(source="transfer.number")
    reference = serializers.SerializerMethodField()
    owner = serializers.SerializerMethodField()

    class Meta:
        model = TransferDifference
        fields = [
            "id", "transfer", "kind", "reference", "scanned", "owner", "opened_at", "closed_at", "arrived",
            "resolution",
        ]  # fmt: skip
        read_only_fields = fields

    def get_reference(self, case: TransferDifference) -> str:
        return case.card.reference if case.card is not None else ""

    def get_owner(self, case: TransferDifference) -> str:
        return case.owner.username if case.owner is not None else ""
