"""Many rows in one statement, spelled for SQLite and for PostgreSQL; every statement here takes any number of rows."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from django.db import connection

from jobs.bulk_rows import among, is_postgresql, listed

__all__ = [
    "TIMES_REMEMBERED", "Row", "among", "day", "execute", "insert", "is_postgresql", "listed", "moment", "moment_of",
    "select", "time_column", "update", "update_groups",
]  # fmt: skip

Row = tuple[Any, ...]
_FETCH = 5_000
_ROWS_IN_A_STATEMENT = 500  # SQLite takes 32,766 parameters: up to 65 columns
TIMES_REMEMBERED = 65_536


def moment(value: datetime) -> Any:
    """Give an aware time as the database keeps it."""
    return value if is_postgresql() else _sqlite_text(value)


def day(value: date) -> Any:
    """Give a day as the database keeps it."""
    return value if is_postgresql() else value.isoformat()


# The rows of one file show few different times.
@lru_cache(maxsize=TIMES_REMEMBERED)
def _sqlite_text(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def moment_of(value: Any) -> datetime:
    """Read a time that a plain query gave; SQLite's come as UTC without a zone, or as text out of an expression."""
    if isinstance(value, str):
        return _of_sqlite_text(value)
    found: datetime = value
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


@lru_cache(maxsize=TIMES_REMEMBERED)
def _of_sqlite_text(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def time_column(name: str) -> str:
    """Give the expression that reads a time for `moment_of` as text: each different time is then read once."""
    return f"CAST({name} AS TEXT)"


def insert(*, table: str, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Insert rows whose columns have the given SQL types. Call inside a transaction, as of all that writes here.

    Raises IntegrityError for a conflict; some of the rows may be inserted then.
    """
    if not rows:
        return
    names = ", ".join(columns)
    if is_postgresql():
        with connection.wrap_database_errors, connection.cursor() as cursor:
            _copy(cursor, f"COPY {table} ({names}) FROM STDIN", rows)
    else:
        for values, parameters in _in_values(rows):
            _execute_in_sqlite(f"INSERT INTO {table} ({names}) VALUES {values}", parameters)


def update(
    *, table: str, key: str, columns: Mapping[str, str], rows: Sequence[Row], version: str = "",
    same: Collection[str] = (),
) -> int:  # fmt: skip
    """Set columns of rows that exist, their values in the order of `columns`, one of them `key`; give how many.

    Those in `same` have these values already and are left alone.

    Where `version` names a column, only rows are changed that have it still as it is given, and it is raised by one.
    """
    among_keys, parameters = "", []
    if is_postgresql():
        # its planner knows nothing of the stage, and would read all of a table for some rows of it
        place = list(columns).index(key)
        among_keys = f" AND {among(f'{table}.{key}', columns[key])}"
        parameters = [listed([row[place] for row in rows])]
    stage = f"new_{table}"
    raised = {version: f"{version} = {table}.{version} + 1"}
    changes = ", ".join(
        raised.get(name, f"{name} = {stage}.{name}") for name in columns if name != key and name not in same
    )
    matching = " AND ".join(f"{table}.{name} = {stage}.{name}" for name in (key, version) if name)
    ran = _ran_beside(
        stage,
        columns,
        rows,
        f"UPDATE {table} SET {changes} FROM",
        f"WHERE {matching}{among_keys}",
        parameters,
    )
    return sum(cursor.rowcount for cursor in ran)


def update_groups(
    *,
    table: str,
    keys: Sequence[str],
    columns: Mapping[str, str],
    rows: Sequence[Row],
    among: str,
    giving: str,
) -> list[Any]:
    """Set columns of all rows that share the values of `keys`, which are columns too, under a condition `among`.

    Give the column `giving` of every row that was changed, in order.
    """
    stage = f"new_groups_{table}"
    changes = ", ".join(f"{name} = {stage}.{name}" for name in columns if name not in keys)
    same = " AND ".join(f"{table}.{key} = {stage}.{key}" for key in keys)
    ran = _ran_beside(
        stage, columns, rows, f"UPDATE {table} SET {changes} FROM",
        f"WHERE {among} AND {same} RETURNING {table}.{giving}", [],
    )  # fmt: skip
    return sorted(given for cursor in ran for (given,) in cursor.fetchall())


def _ran_beside(
    stage: str,
    columns: Mapping[str, str],
    rows: Sequence[Row],
    before: str,
    behind: str,
    parameters: Sequence[Any],
) -> Iterator[Any]:
    """Run a statement that has rows as a table `stage` in its middle; give the cursor of each time that it was run."""
    names = ", ".join(columns)
    if not is_postgresql():
        for values, its_parameters in _in_values(rows):
            table = f"(WITH given ({names}) AS (VALUES {values}) SELECT * FROM given) AS {stage}"
            yield _execute_in_sqlite(f"{before} {table} {behind}", its_parameters)
    elif rows:
        typed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {stage} ({typed}) ON COMMIT DELETE ROWS")
            _copy(cursor, f"COPY {stage} ({names}) FROM STDIN", rows)
            cursor.execute(f"{before} {stage} {behind}", parameters)
            yield cursor
            cursor.execute(f"DELETE FROM {stage}")


def _copy(cursor: Any, statement: str, rows: Iterable[Row]) -> None:
    with cursor.copy(statement) as copy:
        write_row = copy.write_row
        for row in rows:
            write_row(row)


def _in_values(rows: Sequence[Row]) -> Iterator[tuple[str, list[Any]]]:
    """Give some hundred rows at a time as SQLite's VALUES with their parameters.

    A statement for each row would hand Python's lock over as often.
    """
    for start in range(0, len(rows), _ROWS_IN_A_STATEMENT):
        some = rows[start : start + _ROWS_IN_A_STATEMENT]
        values = "(" + ", ".join("?" * len(some[0])) + ")"
        yield ", ".join([values] * len(some)), list(chain.from_iterable(some))


def _execute_in_sqlite(sql: str, parameters: Sequence[Any]) -> Any:
    """Run a statement by SQLite's own driver, unseen by Django's, which reads every mark of each statement anew."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return connection.connection.execute(sql, parameters)


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
