"""Say once which column is which in a layout of the post's files, and see the layouts that were described."""

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, may
from delivery.courier_files import forget_columns, look_at_columns, map_columns
from delivery.scope import column_profiles_visible_to, courier_files_visible_to
from web.access import StaffRequest, requires
from web.courier_forms import ColumnsForm
from web.lists import page_of
from web.messages import REFUSALS, refusal_text, tell_refusal

_ROW = re.compile(r"[0-9]{1,6}")


@requires(Operation.IMPORT_COURIER_FILES)
def file_columns(request: StaffRequest, file_id: UUID) -> HttpResponse:
    """Show a sheet's titles and masked first rows, and take what its columns hold."""
    files = courier_files_visible_to(request.user).select_related("office", "job")
    file = get_object_or_404(files, pk=file_id)
    asked = request.POST.get("header_row") or request.GET.get("header_row", "")
    try:
        head = look_at_columns(courier_file=file, header_row=int(asked) if _ROW.fullmatch(asked) else None)
    except REFUSALS as error:
        tell_refusal(request, error)
        return redirect("web:courier-file", file_id=file.pk)
    form = ColumnsForm(request.POST if request.method == "POST" else None, columns=head.columns)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            map_columns(
                courier_file=file,
                header_row=head.header_row,
                columns=form.columns(),
                apply=request.POST.get("what") == "apply",
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            messages.success(request, _("Noted. The next file with these titles is read the same way."))
            return redirect("web:courier-file", file_id=file.pk)
    context = {"file": file, "head": head, "form": form, "refusal": refusal}
    return render(request, "web/courier_files/columns.html", context)


@requires(Operation.SEE_COURIER_FILES)
def layout_list(request: StaffRequest) -> HttpResponse:
    """List the layouts that people have described."""
    layouts = column_profiles_visible_to(request.user).select_related("office", "made_by")
    context = {
        "page": page_of(request, layouts),
        "labels": ColumnsForm.LABELS,
        "may_import": may(request.user, Operation.IMPORT_COURIER_FILES),
    }
    return render(request, "web/courier_files/layouts.html", context)


@requires(Operation.IMPORT_COURIER_FILES)
@require_POST
def layout_forget(request: StaffRequest, profile_id: int) -> HttpResponse:
    """Forget a layout."""
    profile = get_object_or_404(column_profiles_visible_to(request.user), pk=profile_id)
    forget_columns(profile=profile, actor_id=request.user.pk, at=timezone.now())
    messages.success(request, _("The layout was forgotten. Its files are read by their titles again."))
    return redirect("web:courier-layouts")
