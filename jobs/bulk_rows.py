"""Write and find many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.

No `save`, no signals, no instances: the caller has checked the rows, and gives the keys that it reserved.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import Any, Final

from django.db import connection, models

ROWS_AT_ONCE: Final = 2_000
# Values of these fields go to both drivers as they are.
_PLAIN: Final = frozenset(
    {
        "AutoField", "BigAutoField", "BigIntegerField", "BooleanField", "CharField", "FloatField", "IntegerField",
        "PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField", "SmallIntegerField",
    }
)  # fmt: skip
_REPEATING: Final = frozenset({"DateField", "DateTimeField", "UUIDField"})
REMEMBERED: Final = 4_096


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


def reserve_ids(*, model: type[models.Model], count: int) -> list[int]:
    """Give keys that no other transaction will use. Call it inside the transaction that writes the rows."""
    if count == 0:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [table, "id", count],
            )
            return [row[0] for row in cursor.fetchall()]
        # A transaction of SQLite that writes is alone (transaction_mode=IMMEDIATE): nobody reads the same number.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        first = (found[0] if found else 0) + 1
    return list(range(first, first + count))


def insert_rows(*, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert tuples in the order of `fields` (names of columns' attributes) and give how many.

    A value must be what the field takes; encrypted fields are sealed here. Columns that are not named get no
    default: name every column without a database default.
    """
    known = {field.attname: field for field in model._meta.concrete_fields}
    columns = [known[name] for name in fields]
    prepare = [(place, _preparer(field)) for place, field in enumerate(columns) if _needs_preparing(field)]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in columns)
    table = quote(model._meta.db_table)
    remaining = _prepared(rows, prepare) if prepare else iter(rows)
    if is_postgresql():
        return _copy(f"COPY {table} ({names}) FROM STDIN", remaining)
    marks = ", ".join(["%s"] * len(columns))
    written = 0
    with connection.cursor() as cursor:
        while chunk := list(islice(remaining, ROWS_AT_ONCE)):
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", chunk)
            written += len(chunk)
    return written


def delete_rows(*, model: type[models.Model], field: str, values: Sequence[int]) -> int:
    """Delete the rows whose `field`, a whole number, is among many values; give how many. Nothing is cascaded."""
    known = {field.attname: field for field in model._meta.concrete_fields}
    column = connection.ops.quote_name(known[field].column)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {among(column, 'bigint')}", [listed(values)])
        return int(cursor.rowcount)


def refresh_statistics(*, models: Sequence[type[models.Model]]) -> None:
    """Tell PostgreSQL's planner that tables have grown; without it the next joins may be planned for none."""
    if not is_postgresql():
        return
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _needs_preparing(field: Any) -> bool:
    return _base_type(field) not in _PLAIN


def _base_type(field: Any) -> str:
    while field.remote_field is not None:
        field = field.target_field
    return str(field.get_internal_type())


def _preparer(field: Any) -> Callable[[Any], Any]:
    def prepare(value: Any) -> Any:
        return field.get_db_prep_save(value, connection)

    # Days and moments repeat from row to row. Sealed texts must not: each is sealed with a number of its own.
    return lru_cache(maxsize=REMEMBERED)(prepare) if _base_type(field) in _REPEATING else prepare


def _prepared(
    rows: Iterable[Sequence[Any]], prepare: Sequence[tuple[int, Callable[[Any], Any]]]
) -> Iterable[Sequence[Any]]:
    for row in rows:
        values = list(row)
        for place, to_database in prepare:
            values[place] = to_database(values[place])
        yield values


def _copy(statement: str, rows: Iterable[Sequence[Any]]) -> int:
    written = 0
    # A conflict that COPY meets is to be Django's IntegrityError, as everywhere else.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            written += 1
    return written
