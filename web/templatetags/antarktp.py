"""How pages show icons, statuses, days, times and counts."""

from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import formats, timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django_filters import FilterSet

from accounts.models import User
from privacy.masking import mask_digits
from web import words
from web.navigation import Group, menu_of

register = template.Library()

_ZONE_NAMES = {timedelta(hours=7): "WIB", timedelta(hours=8): "WITA", timedelta(hours=9): "WIT"}


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw an icon of the sprite; it says nothing to a screen reader."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css,
        static("web/vendor/icons.svg"),
        name,
    )


@register.simple_tag
def badge(kind: str, value: object) -> SafeString:
    """Show a status by colour, icon and word. `kind` is one of the tables of `web.words`."""
    word = words.word_of(kind, str(value))
    return format_html('<span class="status status-{}">{}{}</span>', word.tone, icon(word.icon), word.label)


@register.filter
def word(value: object, kind: str) -> str:
    """Give the plain word of a code, in the reader's language."""
    return str(words.word_of(kind, str(value)).label)


@register.filter
def day(value: date | datetime | None) -> str:
    """Show a day: 22 November 2026."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return formats.date_format(value, "j F Y")


@register.filter
def moment(value: datetime | None) -> str:
    """Show a day and time with its zone: 22 November 2026, 09.15 WIB."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    clock = f"{local:%H.%M}" if translation.get_language() == "id" else f"{local:%H:%M}"
    return f"{formats.date_format(local, 'j F Y')}, {clock} {zone_name(local)}".rstrip()


def zone_name(local: datetime) -> str:
    """Give the Indonesian name of a local time's zone."""
    return _ZONE_NAMES.get(local.utcoffset() or timedelta(), "UTC")


@register.filter
def duration(seconds: int) -> str:
    """Show how long something took, by its two largest units."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minute}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minute, "seconds": second}
    return _("%(seconds)s s") % {"seconds": second}


@register.filter
def masked(value: str) -> str:
    """Show only the last four digits of a number."""
    return mask_digits(value)


@register.filter
def key_of(mapping: dict[str, Any], key: str) -> Any:
    """Look a key up in a mapping."""
    return mapping.get(key)


@register.filter
def pairs(mapping: dict[str, Any]) -> list[tuple[str, Any]]:
    """Give keys and values; `.items` in a template would find a key of that name first."""
    return list(mapping.items())


@register.simple_tag(takes_context=True)
def menu(context: RequestContext) -> list[Group]:
    """Give the menu of the signed-in user."""
    user = context["request"].user
    return list(menu_of(user)) if isinstance(user, User) else []


@register.simple_tag(takes_context=True)
def is_current(context: RequestContext, section: str) -> bool:
    """Say whether the page belongs to a section of the menu (`cards` holds `cards` and `cards-export`)."""
    match = context["request"].resolver_match
    return match is not None and str(match.url_name or "").startswith(section)


@register.inclusion_tag("web/parts/sort_heading.html", takes_context=True)
def sort_heading(context: RequestContext, key: str, label: str, css: str = "") -> dict[str, Any]:
    """A column's title that sorts by it; a second press turns the order round."""
    current = context.get("sort", "")
    turned = f"-{key}" if current == key else key
    query = context["request"].GET.copy()
    query["sort"] = turned
    query.pop("page", None)
    order = "ascending" if current == key else "descending" if current == f"-{key}" else ""
    return {"label": label, "href": f"?{query.urlencode()}", "order": order, "css": css}


@register.inclusion_tag("web/parts/field.html")
def field(bound: BoundField, css: str = "") -> dict[str, Any]:
    """One field of a form with its label, help and errors."""
    widget = bound.field.widget
    kind = getattr(widget, "input_type", "textarea" if "rows" in widget.attrs else "select")
    looks = {"checkbox": "form-check-input", "radio": "form-check-input", "select": "form-select"}
    if "class" not in widget.attrs:
        widget.attrs["class"] = looks.get(kind, "form-control")
    return {"field": bound, "kind": kind, "css": css}


@register.simple_tag
def has_more_filters(found: FilterSet) -> bool:
    """Say whether a filter beyond the first two is in use, so that it must be seen."""
    return any(bound.value() for bound in found.form.visible_fields()[2:])
