"""The database itself refuses to change or delete history, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.state import ProjectState

from accounts.models import AuditEntry
from delivery.models import TrackingEvent
from offices.models import Office
from privacy.append_only import AppendOnly
from privacy.models import AccessRecord
from shipments.models import DispositionChange
from tests import factories
from tests.conftest import NOW
from tests.delivery.mailing import mail_cards

pytestmark = pytest.mark.django_db
Rows = dict[str, models.Model]


@pytest.fixture
def rows(registry: Office, post_office: Office) -> Rows:
    card = mail_cards(office=registry, post_office=post_office, number=1).cards[0]
    return {
        "event": TrackingEvent.objects.get(card=card),
        "audit": AuditEntry.objects.create(operation="X", object_kind="card", object_key="x", at=NOW),
        "access": AccessRecord.objects.create(action="OPEN", subject_kind="card", subject_key="x", at=NOW),
        "disposition": DispositionChange.objects.create(
            card=card, before="REGISTERED", after="DAMAGED", reason="x", changed_at=NOW
        ),
    }


def _update(row: models.Model, table: str) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(id=row.pk)


def _delete(row: models.Model, table: str) -> None:
    type(row)._default_manager.filter(pk=row.pk)._raw_delete("default")


def _raw_update(row: models.Model, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET id = id")


def _raw_delete(row: models.Model, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("name", ["event", "audit", "access", "disposition"])
@pytest.mark.parametrize("attempt", [_update, _delete, _raw_update, _raw_delete])
def test_history_is_neither_changed_nor_deleted(
    rows: Rows, name: str, attempt: Callable[[models.Model, str], None]
) -> None:
    row = rows[name]
    table = row._meta.db_table
    with pytest.raises(DatabaseError, match=f"{table} is append-only"), transaction.atomic():
        attempt(row, table)
    assert type(row)._default_manager.filter(pk=row.pk).exists()


class Editor:
    """Runs statements inside the test's transaction, which SQLite's own schema editor refuses to do."""

    connection = connection

    def execute(self, sql: str, params: object = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_operation_can_be_taken_back_and_put_on_again(rows: Rows) -> None:
    operation = AppendOnly("accounts_auditentry")
    editor: Any = Editor()
    state: Any = ProjectState()
    operation.database_backwards("accounts", editor, state, state)
    _raw_update(rows["audit"], "accounts_auditentry")
    operation.database_forwards("accounts", editor, state, state)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        _raw_update(rows["audit"], "accounts_auditentry")
    assert "accounts_auditentry" in operation.describe()


def test_every_history_table_has_its_trigger() -> None:
    triggers = {
        "sqlite": "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": (
            "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal"
        ),
    }
    with connection.cursor() as cursor:
        cursor.execute(triggers[connection.vendor])
        tables = {row[0] for row in cursor.fetchall()}
    assert tables >= {
        "accounts_auditentry", "delivery_trackingevent", "privacy_accessrecord", "shipments_dispositionchange",
    }  # fmt: skip


def test_a_card_with_history_cannot_be_deleted(rows: Rows) -> None:
    event = rows["event"]
    assert isinstance(event, TrackingEvent)
    with pytest.raises(models.ProtectedError):
        event.card.delete()
    assert factories.make_cards(office=event.card.office, number=1)[0].delete()[0] >= 1
