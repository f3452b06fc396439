"""The database refuses to change or delete these rows: the event log is the truth."""

from django.db import migrations

from privacy.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_events_state_returns_counter")]

    operations = [AppendOnly("delivery_trackingevent")]
