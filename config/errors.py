"""What a request gets when we failed: a page for people, a problem document for machines."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.defaults import server_error as page_of_failure

from api.problems import CONTENT_TYPE, problem_body


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it was our fault, in the caller's form; nothing of the error itself is shown."""
    if not request.path_info.startswith("/api/"):
        return page_of_failure(request)
    detail = _("Something failed on our side. Nothing was changed. Try again, or tell the operator.")
    body = problem_body(status=500, code="server_error", detail=detail)
    return JsonResponse(body, status=500, content_type=CONTENT_TYPE)
