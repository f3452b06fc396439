"""The menu: which pages there are, in which group, and which operation opens each."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise

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


MENU: tuple[Group, ...] = ()


def menu_of(user: User) -> Iterator[Group]:
    """Give the groups and entries that the user's role opens."""
    for group in MENU:
        entries = tuple(entry for entry in group.entries if may(user, entry.operation))
        if entries:
            yield Group(group.label, entries)
