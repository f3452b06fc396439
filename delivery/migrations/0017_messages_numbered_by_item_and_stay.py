"""Messages about a second mailing or a second stay at a counter get the numbers that they would get from now on.

Otherwise what has been told already would be told again under its new number. See `delivery.messages.outbox.ROUND`.
"""

from typing import Any

from django.db import migrations

# what is numbered, and how many items or stays of the card came before the one that the message is about
_BEFORE = {
    ("OUT_FOR_DELIVERY", "ATTEMPT_FAILED"): """
        SELECT COUNT(*) FROM delivery_trackingevent e JOIN shipments_item i ON i.card_id = e.card_id
        WHERE e.id = delivery_message.event_id AND i.id < e.item_id""",
    ("REMINDER",): """
        SELECT COUNT(*) FROM delivery_counterstay b
        WHERE b.card_id = delivery_message.card_id AND EXISTS (
            SELECT 1 FROM delivery_counterstay s WHERE s.card_id = b.card_id AND s.id > b.id
            AND s.arrived_at <= delivery_message.created_at)""",
}


def renumber(apps: Any, schema_editor: Any) -> None:
    """Set the numbers anew, one statement per kind."""
    for occasions, before in _BEFORE.items():
        places = ", ".join(["%s"] * len(occasions))
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE delivery_message SET sequence = sequence + 100 * ({before}) "
                f"WHERE occasion IN ({places}) AND ({before}) > 0",
                occasions,
            )


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0016_who_received_and_who_gave_numbers"),
    ]

    operations = [migrations.RunPython(renumber, migrations.RunPython.noop)]
