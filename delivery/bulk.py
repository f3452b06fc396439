"""Many rows in one statement, spelled for SQLite and for PostgreSQL; every statement here takes any number of rows."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection

Row = tuple[Any, ...]
_FETCH = 5_000


@cache
def is_postgresql() -> bool:
    """Say whether the database is PostgreSQL (otherwise it is SQLite). Asked for every row, so answered once."""
    return connection.vendor == "postgresql"


def among(column: str, kind: str) -> str:
    """Give the condition that `column` (SQL type `kind`) is one of a list; its one parameter comes from `listed`."""
    if is_postgresql():
        return f"{column} = ANY(%s::{kind}[])"
    return f"{column} IN (SELECT value FROM json_each(%s))"


def listed(values: Iterable[int] | Iterable[str]) -> Any:
    """Give the parameter for `among`."""
    return list(values) if is_postgresql() else json.dumps(list(values))


def moment(value: datetime) -> Any:
    """Give an aware time as the database keeps it."""
    return value if is_postgresql() else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def moment_of(value: Any) -> datetime:
    """Read a time that a plain query gave; SQLite's come as UTC without a zone, or as text out of an expression."""
    found: datetime = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def insert(*, table: str, columns: Mapping[str, str], rows: Sequence[Row], on_conflict: str) -> None:
    """Insert rows whose columns have the given SQL types, with an ON CONFLICT clause."""
    if not rows:
        return
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if is_postgresql():
            arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {on_conflict}",
                [list(values) for values in zip(*rows, strict=True)],
            )
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places}) {on_conflict}", rows)


def update(*, table: str, key: str, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Set columns of rows that exist; their values stand in the order of `columns`, whose first is `key`."""
    if not rows:
        return
    values = [name for name in columns if name != key]
    with connection.cursor() as cursor:
        if is_postgresql():
            arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
            changes = ", ".join(f"{name} = new.{name}" for name in values)
            cursor.execute(
                f"UPDATE {table} SET {changes} FROM unnest({arrays}) AS new({', '.join(columns)})"
                f" WHERE {table}.{key} = new.{key}",
                [list(column) for column in zip(*rows, strict=True)],
            )
        else:
            changes = ", ".join(f"{name} = %s" for name in values)
            cursor.executemany(
                f"UPDATE {table} SET {changes} WHERE {key} = %s", [(*row[1:], row[0]) for row in rows]
            )


def select(sql: str, parameters: Sequence[Any]) -> Iterator[Row]:
    """Run a query and give its rows a few thousand at a time."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(_FETCH):
            yield from rows


def execute(sql: str, parameters: Sequence[Any]) -> int:
    """Run a statement; give how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
