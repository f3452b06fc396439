"""Shipments: open, fill, close, print, hand over, receive."""

from functools import partial

from django.db.models import Count, Q, QuerySet
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.permissions import Operation
from api.downloads import MEDIA_TYPES, made_file
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.backlog import PackCheckSerializer, PackRequest
from api.serializers.label_runs import LabelRunSerializer, LabelsRequest
from api.serializers.shapes import ReasonRequest, body, query
from api.serializers.shipments import (
    BatchQuery,
    BatchResultSerializer,
    CalibrationQuery,
    CloseRequest,
    DifferenceSerializer,
    HandoverRequest,
    HandoverSerializer,
    ItemSerializer,
    ManifestQuery,
    OpenShipmentRequest,
    PlannedShipmentSerializer,
    ReceiptRequest,
    ReceiptSerializer,
    ReferencesRequest,
    ResolutionRequest,
    ShipmentSerializer,
)
from api.views.label_runs import accepted_run
from delivery.dispatch import hand_over_shipment
from labels.calibration import write_calibration
from offices.models import Office
from shipments import batching, handover, labelling, packing
from shipments.models import HandoverDifference, Item, Shipment
from shipments.refusals import Code, ShipmentRefused, listed
from shipments.scope import shipments_visible_to


def _file(*extensions: str) -> dict[tuple[int, str], OpenApiTypes]:
    return {(200, MEDIA_TYPES[extension]): OpenApiTypes.BINARY for extension in extensions}


class ShipmentFilter(filters.FilterSet):  # type: ignore[misc]
    """Narrow the list of shipments."""

    post_office = filters.CharFilter(field_name="post_office__code")
    opened_from = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    opened_before = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt")

    class Meta:
        model = Shipment
        fields = ["state", "number", "post_office", "opened_from", "opened_before"]


class ShipmentViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The office's shipments; for a post office those that are given to it, newest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve", "items", "differences"), Operation.SEE_SHIPMENTS),
        **dict.fromkeys(
            ("create", "preview", "batch", "fill", "remove", "pack", "close", "cancel"),
            Operation.MANAGE_SHIPMENTS,
        ),
        **dict.fromkeys(("labels", "calibration"), Operation.PRINT_LABELS),
        **dict.fromkeys(("manifest", "handover_document"), Operation.PRINT_MANIFEST),
        "hand_over": Operation.HAND_OVER,
        "receive": Operation.CONFIRM_RECEIPT,
        "settle": Operation.HAND_OVER,
    }
    queryset = Shipment.objects.none()
    serializer_class = ShipmentSerializer
    filterset_class = ShipmentFilter
    pagination_class = Pages
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Shipment]:
        return (
            shipments_visible_to(self.user)
            .select_related("office", "post_office")
            .annotate(counted=Count("items", filter=Q(items__taken_out_at__isnull=True)))
        )

    @extend_schema(request=OpenShipmentRequest, responses={201: ShipmentSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Open an empty shipment for one of the office's post offices."""
        code = body(OpenShipmentRequest, request)["post_office"]
        post_office = Office.objects.filter(code=code, parent_id=self.office_id).first()
        if post_office is None:
            raise ValidationError(
                {"post_office": [_("There is no such office here. See the list of offices.")]}
            )
        shipment = batching.open_shipment(
            office_id=self.office_id, post_office_id=post_office.pk, actor_id=self.user.pk, at=timezone.now()
        )
        where = reverse("api:shipment-detail", args=[shipment.pk], request=request)
        return Response(self._shown(shipment.pk), status=201, headers={"Location": where})

    @extend_schema(parameters=[BatchQuery], responses=PlannedShipmentSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def preview(self, request: Request) -> Response:
        """Say which shipments batching the backlog would make; nothing is written."""
        on = query(BatchQuery, request).get("on") or self.today
        planned = batching.preview_batches(office_id=self.office_id, on=on)
        codes = dict(Office.objects.filter(parent_id=self.office_id).values_list("pk", "code"))
        return Response(
            [
                {"post_office": codes[plan.post_office_id], "items": plan.items, "bags": plan.bags}
                for plan in planned
            ]
        )

    @extend_schema(request=BatchQuery, responses={201: BatchResultSerializer})
    @action(detail=False, methods=["post"])
    @idempotent
    def batch(self, request: Request) -> Response:
        """Make shipments of the backlog, oldest print first, one run per post office and day."""
        on = body(BatchQuery, request).get("on") or self.today
        result = batching.batch_backlog(
            office_id=self.office_id, on=on, actor_id=self.user.pk, at=timezone.now()
        )
        return Response(BatchResultSerializer(result).data, status=201)

    @extend_schema(responses=ItemSerializer(many=True), filters=False)
    @action(detail=True)
    def items(self, request: Request, pk: str) -> Response:
        """Give the items in manifest order."""
        items = Item.objects.filter(shipment=self.get_object(), taken_out_at__isnull=True)
        items = items.select_related("card", "bag")
        return self.page_of(items, ItemSerializer, ordering=("position",))

    @extend_schema(request=ReferencesRequest, responses={200: ShipmentSerializer})
    @items.mapping.post
    @idempotent
    def fill(self, request: Request, pk: str) -> Response:
        """Put cards of the backlog into an open shipment."""
        shipment = self.get_object()
        batching.fill_shipment(
            shipment_id=shipment.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ReferencesRequest, request),
        )
        return Response(self._shown(shipment.pk))

    @extend_schema(request=ReferencesRequest, responses={200: ShipmentSerializer})
    @action(detail=True, methods=["post"], url_path="items/remove")
    @idempotent
    def remove(self, request: Request, pk: str) -> Response:
        """Take items out of an open shipment; their cards go back to the backlog."""
        shipment = self.get_object()
        batching.remove_items(
            shipment_id=shipment.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ReferencesRequest, request),
        )
        return Response(self._shown(shipment.pk))

    @extend_schema(request=PackRequest, responses=PackCheckSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def pack(self, request: Request, pk: str) -> Response:
        """Scan items into their bags; say what is still missing and what does not belong here."""
        shipment = self.get_object()
        checked = packing.pack_items(
            shipment_id=shipment.pk, actor_id=self.user.pk, at=timezone.now(), **body(PackRequest, request)
        )
        return Response(PackCheckSerializer(checked).data)

    @extend_schema(request=CloseRequest, responses=ShipmentSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """Close the shipment: its items get their numbers and its manifest is frozen."""
        shipment = self.get_object()
        batching.close_shipment(
            shipment_id=shipment.pk, actor_id=self.user.pk, at=timezone.now(), **body(CloseRequest, request)
        )
        return Response(self._shown(shipment.pk))

    @extend_schema(request=ReasonRequest, responses=ShipmentSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel the shipment before it is handed over; its cards go back to the backlog."""
        shipment = self.get_object()
        batching.cancel_shipment(
            shipment_id=shipment.pk, actor_id=self.user.pk, at=timezone.now(), **body(ReasonRequest, request)
        )
        return Response(self._shown(shipment.pk))

    @extend_schema(request=LabelsRequest, responses={202: LabelRunSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def labels(self, request: Request, pk: str) -> Response:
        """Let workers draw the labels in manifest order. Look at the run's address for how far they are."""
        shipment = self.get_object()
        asked = body(LabelsRequest, request)
        return accepted_run(request, user=self.user, shipment_ids=[shipment.pk], asked=asked)

    @extend_schema(parameters=[CalibrationQuery], responses=_file("pdf", "zpl"), filters=False)
    @action(detail=False, pagination_class=None)
    def calibration(self, request: Request) -> FileResponse:
        """Give the page that a label printer is set up with: rulers, outlines, test codes."""
        asked = query(CalibrationQuery, request)
        format, offset = asked["label_format"], (asked["right_mm"], asked["down_mm"])
        extension = "zpl" if format.startswith("zpl") else "pdf"
        return made_file(
            lambda output: write_calibration(output, format=format, offset_mm=offset),
            name=f"kalibrasi-{format}",
            extension=extension,
        )

    @extend_schema(parameters=[ManifestQuery], responses=_file("pdf", "xlsx", "csv"), filters=False)
    @action(detail=True, pagination_class=None)
    def manifest(self, request: Request, pk: str) -> FileResponse:
        """Give the dispatch list of a closed shipment."""
        shipment = self.get_object()
        extension = query(ManifestQuery, request)["file_type"]
        write = partial(
            labelling.print_manifest,
            shipment_id=shipment.pk,
            format=extension,
            actor_id=self.user.pk,
            at=timezone.now(),
        )
        return made_file(
            lambda output: write(output=output), name=f"manifes-{shipment.number}", extension=extension
        )

    @extend_schema(request=HandoverRequest, responses={201: HandoverSerializer})
    @action(detail=True, methods=["post"], url_path="handover")
    @idempotent
    def hand_over(self, request: Request, pk: str) -> Response:
        """Hand the shipment over to the post: its cards are posted and their residents told."""
        shipment = self.get_object()
        record = hand_over_shipment(
            shipment_id=shipment.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(HandoverRequest, request),
        )
        return Response(HandoverSerializer(record).data, status=201)

    @extend_schema(responses=_file("pdf"), filters=False)
    @action(detail=True, url_path="handover/document", pagination_class=None)
    def handover_document(self, request: Request, pk: str) -> FileResponse:
        """Give the handover record (BAST) with both sides' counts, to sign."""
        shipment = self.get_object()
        write = partial(labelling.handover_document, shipment_id=shipment.pk)
        return made_file(lambda output: write(output=output), name=f"bast-{shipment.number}", extension="pdf")

    @extend_schema(request=ReceiptRequest, responses={201: ReceiptSerializer})
    @action(detail=True, methods=["post"], url_path="receipt")
    @idempotent
    def receive(self, request: Request, pk: str) -> Response:
        """Say what the post office counted, or every scan of it; what is missing, extra or damaged becomes a case."""
        shipment, counted = self.get_object(), body(ReceiptRequest, request)
        if "scanned" in counted:
            found = packing.receipt_from_scans(shipment_id=shipment.pk, scans=counted.pop("scanned"))
            if found.misread:
                raise ShipmentRefused(Code.SCAN_UNREADABLE, scanned=listed(found.misread))
            counted |= {"received": found.received, "missing": found.missing, "extra": found.extra}
        receipt = handover.confirm_receipt(
            shipment_id=shipment.pk, actor_id=self.user.pk, at=timezone.now(), **counted
        )
        return Response(ReceiptSerializer(receipt).data, status=201)

    @extend_schema(responses=DifferenceSerializer(many=True), filters=False)
    @action(detail=True)
    def differences(self, request: Request, pk: str) -> Response:
        """Give the differences that were found at the receipt."""
        found = _differences(self.get_object())
        return self.page_of(found, DifferenceSerializer, ordering=("pk",))

    @extend_schema(request=ResolutionRequest, responses=DifferenceSerializer)
    @action(detail=True, methods=["post"], url_path=r"differences/(?P<difference_id>\d{1,18})/settle")
    @idempotent
    def settle(self, request: Request, pk: str, difference_id: str) -> Response:
        """Close a difference with what was found out."""
        difference = get_object_or_404(_differences(self.get_object()), pk=difference_id)
        handover.close_difference(
            difference_id=difference.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ResolutionRequest, request),
        )
        difference.refresh_from_db()
        return Response(DifferenceSerializer(difference).data)

    def _shown(self, shipment_id: int) -> object:
        return ShipmentSerializer(self.get_queryset().get(pk=shipment_id)).data


def _differences(shipment: Shipment) -> QuerySet[HandoverDifference]:
    return HandoverDifference.objects.filter(handover__shipment=shipment).select_related("item__card")
