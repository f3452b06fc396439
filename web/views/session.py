"""The home page and the language."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Operation, may
from web.access import StaffRequest, public, signed_in
from web.language import keep_language
from web.today import actions_of, signals_of, tiles_of


@signed_in
def home(request: StaffRequest) -> HttpResponse:
    """Show the signed-in user's work of today."""
    now = timezone.now()
    context = {
        "now": now,
        "tiles": tiles_of(request.user, now),
        "signals": signals_of(request.user, now),
        "actions": actions_of(request.user),
        "shows_sum": may(request.user, Operation.SEE_LEDGER),
    }
    return render(request, "web/home.html", context)


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the chosen language in the browser and, when signed in, with the user; go back to the page."""
    language = request.POST.get("language", "")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = redirect(back)
    if language in dict(settings.LANGUAGES):
        keep_language(response, language)
        if isinstance(request.user, User):
            User.objects.filter(pk=request.user.pk).update(language=language)
    return response
