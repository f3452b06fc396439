"""The menu: which pages there are, in which group, and which operation opens each."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Operation, may


@dataclass(frozen=True, slots=True)
class Entry:
    """One page in the menu. `section` is the part of a page's name that marks the entry as current."""

    label: Promise
    view: str
    icon: str
    operation: Operation
    section: str

    @property
    def url(self) -> str:
        return reverse(self.view)


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading."""

    label: Promise
    entries: tuple[Entry, ...]


O = Operation  # noqa: E741 - one letter keeps the table readable

MENU: tuple[Group, ...] = (
    Group(
        _("Print"),
        (
            Entry(_("Intake"), "web:intake", "cloud-upload", O.IMPORT_CARDS, "intake"),
            Entry(_("Print check"), "web:print-check", "upc-scan", O.CHECK_PRINT, "print-check"),
            Entry(_("Address review"), "web:review", "geo-alt", O.REVIEW_ADDRESSES, "review"),
            Entry(_("Corrections"), "web:corrections", "pencil", O.REVIEW_ADDRESSES, "correction"),
            Entry(_("Suggested names"), "web:names", "translate", O.LEARN_NAMES, "names"),
            Entry(_("Area holds"), "web:holds", "pause-circle", O.HOLD_AREAS, "hold"),
            Entry(_("Cards"), "web:cards", "person-vcard", O.SEE_CARDS, "card"),
        ),
    ),
    Group(
        _("Send"),
        (
            Entry(_("Backlog"), "web:backlog", "inbox", O.MANAGE_SHIPMENTS, "backlog"),
            Entry(_("Forecast"), "web:forecast", "calendar-check", O.MANAGE_SHIPMENTS, "forecast"),
            Entry(_("Shipments"), "web:shipments", "box-seam", O.SEE_SHIPMENTS, "shipment"),
            Entry(_("Differences"), "web:cases", "exclamation-circle-fill", O.SEE_SHIPMENTS, "case"),
            Entry(_("Item numbers"), "web:numbers", "hash", O.MANAGE_SHIPMENTS, "numbers"),
            Entry(
                _("Courier files"),
                "web:courier-files",
                "file-earmark-spreadsheet",
                O.SEE_COURIER_FILES,
                "courier",
            ),
            Entry(_("Record events"), "web:by-hand", "pencil", O.RECORD_EVENTS, "by-hand"),
            Entry(_("Silent items"), "web:silent", "hourglass-split", O.SEE_SHIPMENTS, "silent"),
            Entry(_("Texts not known"), "web:texts", "translate", O.MAP_STATUS_TEXTS, "texts"),
        ),
    ),
    Group(
        _("Hand out"),
        (
            Entry(_("Counter"), "web:counter", "shop", O.SERVE_COUNTER, "counter"),
            Entry(_("Waiting list"), "web:waiting", "hourglass-split", O.SERVE_COUNTER, "waiting"),
            Entry(_("On the shelf"), "web:shelf", "inboxes", O.SERVE_COUNTER, "shelf"),
            Entry(
                _("Given out today"), "web:collections", "person-check-fill", O.SERVE_COUNTER, "collection"
            ),
            Entry(_("Returns"), "web:returns", "arrow-return-left", O.RECEIVE_RETURNS, "returns"),
            Entry(_("Destruction"), "web:destructions", "trash", O.DESTROY_CARDS, "destruction"),
            Entry(_("Transfers"), "web:transfers", "arrow-left-right", O.RECEIVE_RETURNS, "transfer"),
            Entry(
                _("Village lists"),
                "web:village-lists",
                "signpost-split",
                O.MANAGE_VILLAGE_LISTS,
                "village-list",
            ),
            Entry(_("Questions"), "web:enquiries", "chat-left-text", O.ANSWER_ENQUIRIES, "enquir"),
            Entry(_("Wishes"), "web:wishes", "arrow-repeat", O.ANSWER_ENQUIRIES, "wish"),
            Entry(_("Messages"), "web:messages", "send", O.SEE_MESSAGES, "message"),
        ),
    ),
    Group(
        _("Oversee"),
        (
            Entry(_("Ledger"), "web:ledger", "journal-check", O.SEE_LEDGER, "ledger"),
            Entry(_("Jobs"), "web:jobs", "list-task", O.SEE_JOBS, "job"),
            Entry(_("Audit"), "web:audit", "journal-text", O.SEE_AUDIT, "audit"),
            Entry(
                _("Data requests"),
                "web:data-requests",
                "clipboard-check",
                O.ANSWER_DATA_REQUESTS,
                "data-request",
            ),
            Entry(_("Breaches"), "web:breaches", "shield-lock", O.SEE_BREACHES, "breach"),
            Entry(_("Access to personal data"), "web:access-log", "eye", O.SEE_ACCESS_LOG, "access-log"),
        ),
    ),
    Group(
        _("Set up"),
        (
            Entry(_("Offices"), "web:offices", "building", O.SEE_OFFICES, "offices"),
            Entry(_("Closures"), "web:closures", "calendar-x", O.SEE_OFFICES, "closure"),
            Entry(_("Delegations"), "web:delegations", "signpost-2", O.MANAGE_OFFICES, "delegation"),
            Entry(_("Quotas"), "web:quotas", "people", O.MANAGE_OFFICES, "quota"),
            Entry(_("Handover policy"), "web:policy", "clipboard-check", O.MANAGE_OFFICES, "policy"),
            Entry(
                _("After a failed delivery"),
                "web:follow-ups",
                "arrow-return-left",
                O.MANAGE_OFFICES,
                "follow-up",
            ),
        ),
    ),
)


def menu_of(user: User) -> Iterator[Group]:
    """Give the groups and entries that the user's role opens."""
    for group in MENU:
        entries = tuple(entry for entry in group.entries if may(user, entry.operation))
        if entries:
            yield Group(group.label, entries)
