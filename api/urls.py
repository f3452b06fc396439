"""Where each noun of the API hangs, and which addresses are open to everybody."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from rest_framework.routers import SimpleRouter

from api.resource import NoSuchAddress
from api.views.docs import DocsView, SchemaView
from api.views.jobs import JobViewSet
from api.views.offices import OfficeViewSet
from api.views.tracking import TrackingView

app_name = "api"

router = SimpleRouter()
router.register("jobs", JobViewSet, basename="job")
router.register("offices", OfficeViewSet, basename="office")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("tracking/", TrackingView.as_view(), name="tracking"),
    path("", include(router.urls)),
    re_path(r"^.*$", NoSuchAddress.as_view(), name="nothing-here"),
]
