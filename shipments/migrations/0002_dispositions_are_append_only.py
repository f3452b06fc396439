"""The database refuses to change or delete these rows: why a card was set aside."""

from django.db import migrations

from privacy.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("shipments", "0001_cards_shipments_handover")]

    operations = [AppendOnly("shipments_dispositionchange")]
