"""Shapes of offices and of the questions about them."""

from rest_framework import serializers

from api.serializers.shapes import Shape
from offices.models import AREA_CODE, Office, Service

VILLAGE_CODE = r"^\d{2}\.\d{2}\.\d{2}\.\d{4}$"


class OfficeSerializer(serializers.ModelSerializer[Office]):
    """An office as other offices see it."""

    parent = serializers.CharField(source="parent.code", allow_null=True, default=None, read_only=True)  # type: ignore[assignment]

    opening_hours = serializers.CharField(
        read_only=True, help_text="weekdays and hours in words, as residents read them"
    )
    open_weekdays = serializers.ListField(
        child=serializers.IntegerField(), read_only=True, help_text="0 = Monday … 6 = Sunday"
    )

    class Meta:
        model = Office
        fields = [
            "code", "name", "kind", "parent", "region_code", "address", "opening_hours", "open_weekdays", "opens_at",
            "closes_at", "time_zone",
            "latitude", "longitude", "applies_status_files", "is_active",
        ]  # fmt: skip
        read_only_fields = fields


class StatusFilesRequest(Shape):
    """Whether an office's status files are applied without a person."""

    applies = serializers.BooleanField()


class ServingQuery(Shape):
    """Which office serves this village?"""

    village_code = serializers.RegexField(VILLAGE_CODE)
    service = serializers.ChoiceField(choices=Service.choices)
    on = serializers.DateField(required=False, help_text="the day asked about; today when left out")


class ServingSerializer(Shape):
    """The office that serves, the closed offices that it stands in for, or why nobody does."""

    office = OfficeSerializer(allow_null=True)
    instead_of = OfficeSerializer(many=True)
    fault = serializers.CharField(allow_blank=True)


class NearestQuery(Shape):
    """Which offices are near this point?"""

    latitude = serializers.FloatField(min_value=-90, max_value=90)
    longitude = serializers.FloatField(min_value=-180, max_value=180)
    kind = serializers.ChoiceField(choices=Office.Kind.choices, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=50, default=5)


class NearestSerializer(Shape):
    """An office and how far it is, on the ellipsoid."""

    office = OfficeSerializer()
    distance_km = serializers.FloatField()


class RegionQuery(Shape):
    """Which regions begin so?"""

    prefix = serializers.CharField(max_length=100, allow_blank=True, default="")
    level = serializers.ChoiceField(choices=["PROVINCE", "REGENCY", "DISTRICT", "VILLAGE"], required=False)
    within = serializers.CharField(
        validators=[AREA_CODE], required=False, help_text="code of the region around it"
    )
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)


class RegionSerializer(Shape):
    """A region with its code, its level and a point."""

    code = serializers.CharField()
    name = serializers.CharField()
    level = serializers.CharField()
    postcode = serializers.CharField(allow_blank=True)
    lat = serializers.FloatField()
    lon = serializers.FloatField()
    radius_m = serializers.IntegerField()
    point_source = serializers.CharField()


class RegionPathSerializer(RegionSerializer):
    """A region and the regions around it, largest first."""

    path = RegionSerializer(many=True)
