"""Read and write rows of events and states, many at a time; no rule about what they mean."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from secrets import randbits
from typing import NamedTuple

from delivery import bulk
from delivery.status import Action, Event, Reason, Receiver, State, Status

_EVENTS = "delivery_trackingevent"
_STATES = "delivery_delivery"
_SMALLINT_MAX = 32_767
_CARD_FIGURES, _DIGEST_FIGURES = 10, 22
# a card's first version is drawn, so that a row that went and came again is not taken for what it was
_VERSION_BITS = 40

_EVENT_COLUMNS: Mapping[str, str] = {
    "card_id": "bigint",
    "item_id": "bigint",
    "status": "text",
    "reason": "text",
    "action": "text",
    "receiver": "text",
    "occurred_at": "timestamptz",
    "place": "text",
    "source": "text",
    "courier_file_id": "uuid",
    "source_row": "integer",
    "fingerprint": "text",
    "note": "text",
    "recorded_at": "timestamptz",
    "recorded_by_id": "bigint",
}
_STATE_COLUMNS: Mapping[str, str] = {
    "card_id": "bigint",
    "item_id": "bigint",
    "status": "text",
    "reason": "text",
    "action": "text",
    "receiver": "text",
    "since": "timestamptz",
    "attempts": "smallint",
    "contradictions": "smallint",
    "last_event_at": "timestamptz",
    "last_rank": "smallint",
    "last_fingerprint": "text",
    "version": "bigint",
}
# A member by its value: twice as fast as asking the class, for every field of every row.
_STATUS = {each.value: each for each in Status}
_REASON = {each.value: each for each in Reason}
_ACTION = {each.value: each for each in Action}
_RECEIVER = {each.value: each for each in Receiver}
_NOT_VOIDED = f"NOT EXISTS (SELECT 1 FROM {_EVENTS} v WHERE v.voids_id = e.id)"


class NewEvent(NamedTuple):
    """One fact to record. `salt` tells apart two facts that are otherwise the same."""

    card_id: int
    item_id: int | None
    status: Status
    occurred_at: datetime
    reason: Reason = Reason.NONE
    action: Action = Action.NONE
    receiver: Receiver = Receiver.NONE
    place: str = ""
    source: str = "DESK"
    courier_file_id: uuid.UUID | None = None
    source_row: int | None = None
    note: str = ""
    salt: str = ""

    @property
    def fingerprint(self) -> str:
        """Who, what and when; not the file or row that tells it, nor what only some layouts carry.

        It begins with the card's key, so that the index grows where the card's other events stand: with fingerprints in
        no order, 130,000 new ones rewrite the whole index.
        """
        return self.as_event().fingerprint

    def as_event(self) -> Event:
        """Give the fact as the fold sees it."""
        card_id, item_id, status, occurred_at, reason, action, receiver, _, _, _, _, _, salt = self
        told = f"{card_id}|{item_id}|{status}|{reason}|{_seconds(occurred_at)}|{salt}"
        return Event(occurred_at, status, f"{card_id:010x}{_digest(told)}", reason, action, receiver, item_id)


# The rows of one file show few different times.
@lru_cache(maxsize=bulk.TIMES_REMEMBERED)
def _seconds(moment: datetime) -> str:
    return f"{moment.timestamp():.6f}"


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()[:_DIGEST_FIGURES]


@dataclass(frozen=True, slots=True)
class Known:
    """An event that is stored: the file row that told it, and whether it stands."""

    file_row: tuple[str, int] | None
    voided: bool
    undone: bool  # voided by the undo of a file, so that it may be told again


def again(fingerprint: str) -> str:
    """Give the fingerprint of a fact that is told again after an undo."""
    return fingerprint[:_CARD_FIGURES] + _digest(f"again {fingerprint}")


def file_row(file_id: object, row: int | None) -> tuple[str, int] | None:
    """Name a row of a courier file in a way that is the same on both databases."""
    if file_id is None or row is None:
        return None
    return (file_id.hex if isinstance(file_id, uuid.UUID) else str(file_id), row)


def lock_cards(card_ids: Collection[int]) -> None:
    """Lock cards in the order of their keys. SQLite's transaction holds the only write lock already."""
    if bulk.is_postgresql():
        bulk.execute(
            f"SELECT 1 FROM shipments_card WHERE {bulk.among('id', 'bigint')} ORDER BY id FOR NO KEY UPDATE",
            [bulk.listed(sorted(card_ids))],
        )


def known(fingerprints: Collection[str]) -> dict[str, Known]:
    """Find stored events by fingerprint."""
    rows = bulk.select(
        "SELECT e.fingerprint, e.courier_file_id, e.source_row, v.id, v.courier_file_id"
        f" FROM {_EVENTS} e LEFT JOIN {_EVENTS} v ON v.voids_id = e.id"
        f" WHERE {bulk.among('e.fingerprint', 'text')}",
        [bulk.listed(fingerprints)],
    )
    return {
        fingerprint: Known(file_row(file_id, row), void_id is not None, void_file_id is not None)
        for fingerprint, file_id, row, void_id, void_file_id in rows
    }


class Kept(NamedTuple):
    """The kept states of cards, and the version of each: it rises whenever anything is recorded of the card."""

    states: dict[int, State]
    versions: dict[int, int]

    def update(self, others: "Kept") -> None:
        """Add the states of other cards."""
        self.states.update(others.states)
        self.versions.update(others.versions)

    def taken(self, card_ids: Collection[int]) -> "Kept":
        """Take some cards' states out, as far as they are here."""
        ids = self.versions.keys() & card_ids
        return Kept(
            {each: self.states.pop(each) for each in ids}, {each: self.versions.pop(each) for each in ids}
        )


def states(card_ids: Collection[int]) -> Kept:
    """Read the kept states of cards; cards without one are left out."""
    names = ", ".join(
        bulk.time_column(name) if kind == "timestamptz" else name for name, kind in _STATE_COLUMNS.items()
    )
    rows = bulk.select(
        f"SELECT {names} FROM {_STATES} WHERE {bulk.among('card_id', 'bigint')}", [bulk.listed(card_ids)]
    )
    moment_of = bulk.moment_of
    kept = Kept({}, {})
    for (
        card_id, item_id, status, reason, action, receiver, since, attempts, contradictions,
        last_at, last_rank, last_fingerprint, version,
    ) in rows:  # fmt: skip
        kept.states[card_id] = State(
            _STATUS[status], _REASON[reason], _ACTION[action], _RECEIVER[receiver], item_id, moment_of(since), attempts,
            contradictions, (moment_of(last_at), last_rank, last_fingerprint),
        )  # fmt: skip
        kept.versions[card_id] = version
    return kept


def with_events(card_ids: Collection[int]) -> set[int]:
    """Say which of the cards have any event."""
    rows = bulk.select(
        f"SELECT DISTINCT card_id FROM {_EVENTS} WHERE {bulk.among('card_id', 'bigint')}",
        [bulk.listed(card_ids)],
    )
    return {card_id for (card_id,) in rows}


def histories(card_ids: Collection[int]) -> dict[int, list[Event]]:
    """Read the standing events of cards."""
    found: dict[int, list[Event]] = defaultdict(list)
    if not card_ids:
        return found
    rows = bulk.select(
        f"SELECT e.card_id, {bulk.time_column('e.occurred_at')}, e.status, e.fingerprint, e.reason, e.action,"
        " e.receiver, e.item_id"
        f" FROM {_EVENTS} e WHERE {bulk.among('e.card_id', 'bigint')} AND e.status <> '' AND {_NOT_VOIDED}",
        [bulk.listed(card_ids)],
    )
    for card_id, occurred_at, status, fingerprint, reason, action, receiver, item_id in rows:
        event = Event(
            bulk.moment_of(occurred_at), _STATUS[status], fingerprint,
            _REASON[reason], _ACTION[action], _RECEIVER[receiver], item_id,
        )  # fmt: skip
        found[card_id].append(event)
    return found


def event_rows(
    told: Sequence[tuple[str, NewEvent]], *, recorded_at: datetime, recorded_by_id: int | None
) -> list[bulk.Row]:
    """Give the rows of events under their fingerprints."""
    moment = bulk.moment
    at = moment(recorded_at)
    files = {file: file_id(file) for file in {event.courier_file_id for _fingerprint, event in told}}
    return [
        (
            card_id, item_id, str(status), str(reason), str(action), str(receiver), moment(occurred_at), place, source,
            files[courier_file_id], source_row, fingerprint, note, at, recorded_by_id,
        )
        for fingerprint, (
            card_id, item_id, status, occurred_at, reason, action, receiver, place, source,
            courier_file_id, source_row, note, _salt,
        ) in told
    ]  # fmt: skip


def store_events(rows: Sequence[bulk.Row]) -> None:
    """Insert rows of events. Raises IntegrityError when one of them is stored."""
    bulk.insert(table=_EVENTS, columns=_EVENT_COLUMNS, rows=rows)


def file_id(value: uuid.UUID | None) -> object:
    """Give a file's key as the database keeps it."""
    return value if value is None or bulk.is_postgresql() else value.hex


class StateRows(NamedTuple):
    """Rows of states: of cards that have none, or one about the same item, or about another; cards whose row goes."""

    new: list[bulk.Row]
    of_same_item: list[bulk.Row]
    of_another_item: list[bulk.Row]
    gone: list[int]


class StatesOvertaken(Exception):
    """Something was recorded of a card after its state was read."""


def state_rows(states: Mapping[int, State], *, kept: Kept) -> StateRows:
    """Give the rows of states; a state without a status (no standing event fits) has none."""
    moment = bulk.moment
    version_of = kept.versions.get
    rows = StateRows([], [], [], [])
    for card_id, state in sorted(states.items()):
        status, reason, action, receiver, item_id, since, attempts, contradictions, last_key = state
        version = version_of(card_id)
        if status is None or since is None or last_key is None:
            rows.gone.append(card_id)
            continue
        last_at, last_rank, last_fingerprint = last_key
        last_moment = moment(last_at)
        if version is None:
            its_rows = rows.new
        else:
            its_rows = rows.of_same_item if kept.states[card_id].item_id == item_id else rows.of_another_item
        its_rows.append(
            (
                card_id, item_id, str(status), str(reason), str(action), str(receiver),
                last_moment if since is last_at else moment(since), min(attempts, _SMALLINT_MAX),
                min(contradictions, _SMALLINT_MAX), last_moment, last_rank, last_fingerprint,
                randbits(_VERSION_BITS) if version is None else version,
            )
        )  # fmt: skip
    return rows


def store_states(rows: StateRows) -> None:
    """Write rows of states. Raises StatesOvertaken, or IntegrityError for a new one, when they are not what was read.

    A row that exists is updated rather than inserted over: a third of the time. Where the item is the same, it is not
    set: SQLite would look for it.
    """
    bulk.insert(table=_STATES, columns=_STATE_COLUMNS, rows=rows.new)
    for old, same in ((rows.of_same_item, ("item_id",)), (rows.of_another_item, ())):
        updated = bulk.update(
            table=_STATES, key="card_id", columns=_STATE_COLUMNS, rows=old, version="version", same=same
        )
        if updated < len(old):
            raise StatesOvertaken
    if rows.gone:
        bulk.execute(
            f"DELETE FROM {_STATES} WHERE {bulk.among('card_id', 'bigint')}", [bulk.listed(rows.gone)]
        )


def void(
    event_ids: Collection[int], *, note: str, source: str, courier_file_id: uuid.UUID | None,
    recorded_at: datetime, recorded_by_id: int | None,
) -> int:  # fmt: skip
    """Void standing events by new ones; give how many. Voided ones and corrections are left alone."""
    at = bulk.moment(recorded_at)
    return bulk.execute(
        f"INSERT INTO {_EVENTS} (card_id, item_id, status, reason, action, receiver, occurred_at, place, source,"
        " courier_file_id, source_row, fingerprint, voids_id, note, recorded_at, recorded_by_id)"
        " SELECT e.card_id, e.item_id, '', '', '', '', %s, '', %s, %s, NULL, 'void-' || e.id, e.id, %s, %s, %s"
        f" FROM {_EVENTS} e WHERE {bulk.among('e.id', 'bigint')} AND e.status <> '' AND {_NOT_VOIDED}",
        [at, source, file_id(courier_file_id), note, at, recorded_by_id, bulk.listed(event_ids)],
    )


def standing_events_of_file(courier_file_id: uuid.UUID) -> list[tuple[int, int]]:
    """Give (card, event) of the standing events that a file told, in the order of their cards."""
    rows = bulk.select(
        f"SELECT e.card_id, e.id FROM {_EVENTS} e WHERE e.courier_file_id = %s AND e.status <> ''"
        f" AND {_NOT_VOIDED} ORDER BY e.card_id, e.id",
        [file_id(courier_file_id)],
    )
    return list(rows)


def has_standing_events(courier_file_id: uuid.UUID) -> bool:
    """Say whether any event that a file told still stands."""
    rows = bulk.select(
        f"SELECT 1 FROM {_EVENTS} e WHERE e.courier_file_id = %s AND e.status <> '' AND {_NOT_VOIDED} LIMIT 1",
        [file_id(courier_file_id)],
    )
    return bool(list(rows))


def cards_with_history(after: int, limit: int) -> list[int]:
    """Give the next cards, by key, that have events or a kept state."""
    rows = bulk.select(
        f"SELECT card_id FROM (SELECT card_id FROM {_EVENTS} WHERE card_id > %s"
        f" UNION SELECT card_id FROM {_STATES} WHERE card_id > %s) found ORDER BY card_id LIMIT %s",
        [after, after, limit],
    )
    return [card_id for (card_id,) in rows]
