"""The database refuses to change or delete these rows: who looked at whose data."""

from django.db import migrations

from privacy.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_access_log_and_requests")]

    operations = [AppendOnly("privacy_accessrecord")]
