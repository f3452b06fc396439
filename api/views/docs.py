"""The OpenAPI document and the page that shows it, both without any other host."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from api.permissions import Public


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3 document, as YAML or JSON."""

    authentication_classes = []
    permission_classes = [Public]


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; its script comes apart from the page, as the CSP demands."""

    authentication_classes = []
    permission_classes = [Public]
    url_name = "api:schema"
    template_name = "api/swagger_ui.html"
