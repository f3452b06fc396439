"""Fingerprints begin with the key of their card, so that their index grows where the card's other events stand."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

from privacy.append_only import AppendOnly

# No event is ever changed but here, where all are written in another way at once.
LIFTED = AppendOnly("delivery_trackingevent")
NO_STATES = (ProjectState(), ProjectState())
_TABLES = (
    ("delivery_trackingevent", "fingerprint", " WHERE status <> ''"),
    ("delivery_delivery", "last_fingerprint", ""),
)


def begin_with_the_card(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keep 22 of a fingerprint's 32 figures after the card's ten."""
    card = (
        "lpad(to_hex(card_id), 10, '0')"
        if schema_editor.connection.vendor == "postgresql"
        else "printf('%010x', card_id)"
    )
    LIFTED.database_backwards("delivery", schema_editor, *NO_STATES)
    for table, column, where in _TABLES:
        schema_editor.execute(
            f"UPDATE {table} SET {column} = {card} || substr({column}, 1, 22){where}", params=None
        )
    LIFTED.database_forwards("delivery", schema_editor, *NO_STATES)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0008_events_recorded_by_hand")]

    operations = [migrations.RunPython(begin_with_the_card, migrations.RunPython.noop)]
