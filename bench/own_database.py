"""A database of the bench's own: a SQLite file in a folder that goes, or a test database on a PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def measure_again_inside(module: str, *, database: str) -> None:
    """Run the bench once more, with `--inside`, in an environment whose settings name its own database."""
    with tempfile.TemporaryDirectory() as folder:
        url = database or f"sqlite:///{folder}/bench.sqlite3"
        environment = {**os.environ, "ANTARKTP_VAR_DIR": folder, "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, "-m", module, "--inside", *sys.argv[1:]], env=environment, check=True)


@contextmanager
def own_database() -> Iterator[str]:
    """Set Django up with fresh tables and give the database's kind; a database on a server is dropped at the end."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    if connection.vendor != "postgresql":  # the file in our own folder: a test database would live in memory
        call_command("migrate", verbosity=0)
        yield connection.vendor
        return
    old = setup_databases(verbosity=0, interactive=False)
    try:
        yield connection.vendor
    finally:
        teardown_databases(old, verbosity=0)


def database_url(name: str = "") -> str:
    """Name the bench's own database, or another one beside it, to a process that is started now."""
    from django.db import connection

    at = connection.settings_dict
    name = name or str(at["NAME"])
    if connection.vendor != "postgresql":
        return f"sqlite:///{name}"
    host = f"{at['HOST'] or '127.0.0.1'}:{at['PORT'] or 5432}"
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{host}/{name}"


@contextmanager
def copied_database() -> Iterator[str]:
    """Copy the bench's own database as it is now, so that a run finds what the others found; give the copy's URL."""
    from django.db import connection

    own, copy = str(connection.settings_dict["NAME"]), f"{connection.settings_dict['NAME']}_copy"
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(own, copy)
        try:
            yield database_url(copy)
        finally:
            for ending in ("", "-wal", "-shm"):
                Path(copy + ending).unlink(missing_ok=True)
        return
    quoted = connection.ops.quote_name
    # a template must have no other session, and nobody may wait for its server to write the copy to the disk
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's alone
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {quoted(copy)} TEMPLATE {quoted(own)}")
        cursor.execute("CHECKPOINT")
    try:
        yield database_url(copy)
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {quoted(copy)} WITH (FORCE)")
