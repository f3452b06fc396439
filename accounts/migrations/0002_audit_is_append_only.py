"""The database refuses to change or delete these rows: who did what."""

from django.db import migrations

from privacy.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_users_keys_audit")]

    operations = [AppendOnly("accounts_auditentry")]
