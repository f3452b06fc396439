"""Where each noun of the API hangs, and which addresses are open to everybody."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from rest_framework.routers import SimpleRouter

from api.resource import NoSuchAddress
from api.views.addresses import AddressViewSet, RegionViewSet
from api.views.backlog import BacklogViewSet
from api.views.breaches import BreachViewSet
from api.views.callbacks import GatewayCallbackView, WhatsAppCallbackView
from api.views.cards import CardViewSet
from api.views.closures import ClosureViewSet, DelegationViewSet
from api.views.column_profiles import ColumnProfileViewSet, StatusTextViewSet
from api.views.counter import AppointmentViewSet, CollectionViewSet, CounterViewSet
from api.views.courier_files import CourierFileViewSet
from api.views.destructions import DestructionViewSet
from api.views.differences import DifferenceViewSet
from api.views.docs import DocsView, SchemaView
from api.views.events import EventViewSet
from api.views.expected_returns import ExpectedReturnViewSet
from api.views.extra_days import ExtraDayViewSet
from api.views.holds import HoldViewSet
from api.views.intake_files import IntakeFileViewSet
from api.views.jobs import JobViewSet
from api.views.label_runs import LabelFileViewSet, LabelRunViewSet
from api.views.ledger import ReconciliationViewSet
from api.views.messages import MessageViewSet
from api.views.offices import OfficeViewSet
from api.views.offline import ConflictViewSet, OfflineViewSet
from api.views.policies import PolicyViewSet
from api.views.print_checks import PrintCheckViewSet
from api.views.residents import AddressRequestViewSet, EnquiryViewSet, WishViewSet
from api.views.returns import ReturnViewSet
from api.views.review import ReviewViewSet
from api.views.shipments import ShipmentViewSet
from api.views.silent_items import SilentItemViewSet
from api.views.stock import NumberBlockViewSet
from api.views.tracking import TrackingView
from api.views.transfers import TransferCaseViewSet, TransferViewSet
from api.views.undelivered import (
    FollowUpViewSet,
    RegistryListViewSet,
    ShelfViewSet,
    StrayItemViewSet,
)
from api.views.village_lists import VillageListViewSet
from api.views.waiting import QuotaViewSet, WaitingViewSet

app_name = "api"

router = SimpleRouter()
router.register("address-requests", AddressRequestViewSet, basename="address-request")
router.register("addresses", AddressViewSet, basename="address")
router.register("appointments", AppointmentViewSet, basename="appointment")
router.register("backlog", BacklogViewSet, basename="backlog")
router.register("breaches", BreachViewSet, basename="breach")
router.register("cards", CardViewSet, basename="card")
router.register("closures", ClosureViewSet, basename="closure")
router.register("collections", CollectionViewSet, basename="collection")
router.register("column-profiles", ColumnProfileViewSet, basename="column-profile")
router.register("conflicts", ConflictViewSet, basename="conflict")
router.register("counter", CounterViewSet, basename="counter")
router.register("courier-files", CourierFileViewSet, basename="courier-file")
router.register("destructions", DestructionViewSet, basename="destruction")
router.register("delegations", DelegationViewSet, basename="delegation")
router.register("differences", DifferenceViewSet, basename="difference")
router.register("enquiries", EnquiryViewSet, basename="enquiry")
router.register("events", EventViewSet, basename="event")
router.register("extra-days", ExtraDayViewSet, basename="extra-day")
router.register("expected-returns", ExpectedReturnViewSet, basename="expected-return")
router.register("follow-ups", FollowUpViewSet, basename="follow-up")
router.register("holds", HoldViewSet, basename="hold")
router.register("intake-files", IntakeFileViewSet, basename="intake-file")
router.register("jobs", JobViewSet, basename="job")
router.register("messages", MessageViewSet, basename="message")
router.register("label-files", LabelFileViewSet, basename="label-file")
router.register("label-runs", LabelRunViewSet, basename="label-run")
router.register("number-blocks", NumberBlockViewSet, basename="number-block")
router.register("offices", OfficeViewSet, basename="office")
router.register("offline", OfflineViewSet, basename="offline")
router.register("policies", PolicyViewSet, basename="policy")
router.register("print-checks", PrintCheckViewSet, basename="print-check")
router.register("quotas", QuotaViewSet, basename="quota")
router.register("reconciliation", ReconciliationViewSet, basename="reconciliation")
router.register("regions", RegionViewSet, basename="region")
router.register("registry-list", RegistryListViewSet, basename="registry-list")
router.register("returns", ReturnViewSet, basename="return")
router.register("review", ReviewViewSet, basename="review")
router.register("shelf", ShelfViewSet, basename="shelf")
router.register("shipments", ShipmentViewSet, basename="shipment")
router.register("status-texts", StatusTextViewSet, basename="status-text")
router.register("stray-items", StrayItemViewSet, basename="stray-item")
router.register("silent-items", SilentItemViewSet, basename="silent-item")
router.register("transfer-cases", TransferCaseViewSet, basename="transfer-case")
router.register("transfers", TransferViewSet, basename="transfer")
router.register("village-lists", VillageListViewSet, basename="village-list")
router.register("waiting", WaitingViewSet, basename="waiting")
router.register("wishes", WishViewSet, basename="wish")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("tracking/", TrackingView.as_view(), name="tracking"),
    path("callbacks/gateway/", GatewayCallbackView.as_view(), name="gateway-callback"),
    path("callbacks/whatsapp/", WhatsAppCallbackView.as_view(), name="whatsapp-callback"),
    path("", include(router.urls)),
    re_path(r"^.*$", NoSuchAddress.as_view(), name="nothing-here"),
]
