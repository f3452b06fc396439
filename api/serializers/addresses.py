"""Shapes of addresses, of their check and of the review desk."""

from rest_framework import serializers

from addresses.models import Address, AddressReview
from addresses.outcome import Level, NextAction, Part, Reason, Rule, Status, Verdict
from api.serializers.offices import VILLAGE_CODE
from api.serializers.shapes import Shape

MOST_ADDRESSES = 1_000
MOST_DECIDED = 2_000
LARGEST_KEY = 2**63 - 1


class AddressInputSerializer(Shape):
    """An address as it was typed, in the columns of the registry's export; free text goes into `alamat`."""

    alamat = serializers.CharField(max_length=1_000, allow_blank=True, default="")
    rt_rw = serializers.CharField(max_length=100, allow_blank=True, default="")
    dusun = serializers.CharField(max_length=200, allow_blank=True, default="")
    desa_kelurahan = serializers.CharField(max_length=200, allow_blank=True, default="")
    kecamatan = serializers.CharField(max_length=200, allow_blank=True, default="")
    kabupaten = serializers.CharField(max_length=200, allow_blank=True, default="")
    provinsi = serializers.CharField(max_length=200, allow_blank=True, default="")
    kode_pos = serializers.CharField(max_length=20, allow_blank=True, default="")


class AddressCheckRequest(Shape):
    """Up to 1,000 addresses."""

    addresses = serializers.ListField(
        child=AddressInputSerializer(), allow_empty=False, max_length=MOST_ADDRESSES
    )


class ComponentSerializer(Shape):
    """One part: what was typed, what the gazetteer calls it, and what the check found."""

    part = serializers.ChoiceField(choices=[part.value for part in Part])
    input = serializers.CharField(allow_blank=True)
    canonical = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=[status.value for status in Status])
    score = serializers.IntegerField()
    code = serializers.CharField(allow_blank=True)


class AlternativeSerializer(Shape):
    """A region that the address could mean."""

    code = serializers.CharField()
    score = serializers.IntegerField()


class GeocodeSerializer(Shape):
    """A point and the radius that holds nine in ten addresses of its area."""

    lat = serializers.FloatField()
    lon = serializers.FloatField()
    granularity = serializers.ChoiceField(choices=[level.value for level in Level])
    radius_m = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]


class AddressCheckSerializer(Shape):
    """The answer to one address."""

    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])
    next_action = serializers.ChoiceField(choices=[action.value for action in NextAction])
    input_level = serializers.ChoiceField(choices=[level.value for level in Level])
    match_level = serializers.ChoiceField(choices=[level.value for level in Level])
    village_code = serializers.CharField(allow_blank=True)
    match_code = serializers.CharField(allow_blank=True)
    confidence = serializers.FloatField()
    rule = serializers.ChoiceField(choices=[rule.value for rule in Rule])
    components = ComponentSerializer(many=True)
    reasons = serializers.ListField(
        child=serializers.ChoiceField(choices=[reason.value for reason in Reason])
    )
    alternatives = AlternativeSerializer(many=True)
    geocode = GeocodeSerializer(allow_null=True)
    gazetteer_version = serializers.CharField()
    resolver_version = serializers.CharField()


class AddressCheckAnswer(Shape):
    """One check per address, in order."""

    checks = AddressCheckSerializer(many=True)


class ReviewGroupsQuery(Shape):
    """Which part of the desk's work."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)


class CandidateSerializer(Shape):
    """A village that a group of addresses could mean."""

    village_code = serializers.CharField()
    village = serializers.CharField()
    district = serializers.CharField()
    addresses = serializers.IntegerField()


class ReviewGroupSerializer(Shape):
    """Addresses typed alike in village and district, the largest groups first."""

    group_key = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()
    sample_ids = serializers.ListField(child=serializers.IntegerField())
    candidates = CandidateSerializer(many=True)
    oldest = serializers.DateField()


class WaitingAddressesQuery(Shape):
    """Which group's addresses."""

    group_key = serializers.CharField(max_length=210, allow_blank=True, trim_whitespace=False)


class WaitingAddressSerializer(Shape):
    """One address at the review desk: as typed, and what keeps it there."""

    id = serializers.IntegerField()
    card = serializers.CharField(source="card.reference")
    alamat = serializers.CharField()
    rt_rw = serializers.CharField()
    dusun = serializers.CharField()
    desa_kelurahan = serializers.CharField()
    kecamatan = serializers.CharField()
    kabupaten = serializers.CharField()
    provinsi = serializers.CharField()
    kode_pos = serializers.CharField()
    verdict = serializers.CharField()
    next_action = serializers.CharField()
    village_code = serializers.CharField()
    reasons = serializers.SerializerMethodField()

    def get_reasons(self, address: Address) -> list[str]:
        return address.reasons.split()


class CorrectionsSerializer(Shape):
    """The fields that were typed wrong, as they should read."""

    alamat = serializers.CharField(max_length=250, allow_blank=True, required=False)
    rt_rw = serializers.CharField(max_length=40, allow_blank=True, required=False)
    dusun = serializers.CharField(max_length=100, allow_blank=True, required=False)
    desa_kelurahan = serializers.CharField(max_length=100, allow_blank=True, required=False)
    kecamatan = serializers.CharField(max_length=100, allow_blank=True, required=False)
    kabupaten = serializers.CharField(max_length=100, allow_blank=True, required=False)
    provinsi = serializers.CharField(max_length=100, allow_blank=True, required=False)
    kode_pos = serializers.CharField(max_length=10, allow_blank=True, required=False)


class DecisionRequest(Shape):
    """What a person decides about addresses."""

    address_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_KEY),
        allow_empty=False,
        max_length=MOST_DECIDED,
    )
    decision = serializers.ChoiceField(choices=AddressReview.Decision.choices)
    village_code = serializers.RegexField(VILLAGE_CODE, allow_blank=True, default="")
    corrections = CorrectionsSerializer(required=False)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class DecidedSerializer(Shape):
    """Which of the addresses may be posted now, and which still wait (or never will)."""

    deliverable_ids = serializers.ListField(child=serializers.IntegerField())
    still_waiting_ids = serializers.ListField(child=serializers.IntegerField())


class NameSuggestionSerializer(Shape):
    """A name that people have corrected alike."""

    alias_id = serializers.IntegerField()
    name = serializers.CharField()
    parent_code = serializers.CharField()
    region_code = serializers.CharField()
    uses = serializers.IntegerField()


class NameDecisionRequest(Shape):
    """Whether a suggested name is learnt."""

    alias_id = serializers.IntegerField(min_value=1, max_value=LARGEST_KEY)
    accept = serializers.BooleanField()


class NameDecidedSerializer(Shape):
    """How many addresses may be posted now because of it."""

    deliverable = serializers.IntegerField()
