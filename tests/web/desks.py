"""What the tests of the counter's pages share: the day on which they play, and counting statements."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from delivery.models import CounterStay
from offices.models import Office
from shipments.models import Card
from tests.delivery.shelving import shelve_cards

Shelve = Callable[[int], list[Card]]


def shelver(registry: Office, post_office: Office) -> Shelve:
    """Give a function that brings some cards onto the shelf of the counter that serves them."""
    return lambda number: shelve_cards(registry=registry, post_office=post_office, number=number)


def statements(client: Client, path: str) -> int:
    """Count the statements of one page."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def on_shelf(card: Card) -> bool:
    """Say whether the card stands on a shelf."""
    return CounterStay.objects.filter(card=card, live=True).exists()
