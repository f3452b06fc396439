"""The table in which failed sign-ins are counted."""

from typing import Any

from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "accounts_brake"


def create(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make it as Django's cache wants it."""
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit_is_append_only")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
