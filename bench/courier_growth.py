"""Does a status file cost more where many events are stored already?

`python -m bench.courier_growth [--rows 50000] [--few 200000] [--many 2000000] [--database URL]`. Two files of as many
rows, each about cards of its own: one when few events are stored, one when many are. Works in a database of its own.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.courier import fill, make_file, ours
from bench.own_database import measure_again_inside, own_database

AIM = 1.3
EVENTS_OF_A_CARD = 4
EVENTS_OF_OTHERS = 12  # cards that only fill the table


def main() -> None:
    """Measure in a process of its own, whose settings name the database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--few", type=int, default=200_000, help="events stored before the first file")
    parser.add_argument("--many", type=int, default=2_000_000, help="events stored before the second file")
    parser.add_argument("--database", default="", help="postgres://user@host:port/name whose server is used")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        measure_again_inside("bench.courier_growth", database=options.database)
        return
    with own_database() as kind, tempfile.TemporaryDirectory() as folder:
        print(f"{kind}: two files of {options.rows:,} rows", flush=True)
        seconds = [
            timed(Path(folder), rows=options.rows, stored=stored, place=place)
            for place, stored in enumerate((options.few, options.many), 1)
        ]
        print(f"  the second over the first: {seconds[1] / seconds[0]:.2f} x (aim: {AIM} x)")


def timed(folder: Path, *, rows: int, stored: int, place: int) -> float:
    """Fill the log up to `stored` events, apply a file about cards of its own, give the seconds."""
    from delivery.models import TrackingEvent

    others = (stored - TrackingEvent.objects.count() - rows * EVENTS_OF_A_CARD) // EVENTS_OF_OTHERS
    if others > 0:
        fill(others, EVENTS_OF_OTHERS, code=f"32.{place}", serial=place * 10**7)
    office_id, numbers = fill(rows, EVENTS_OF_A_CARD, code=f"33.{place}", serial=(place + 5) * 10**7)
    path = folder / f"{place}.xlsx"
    make_file(path, numbers)
    events = TrackingEvent.objects.count()
    _to_final_states, seconds, _outcomes = ours(path, office_id)
    print(f"  {events:>9,} events stored: {seconds:6.2f} s, {seconds / rows * 1e6:5.0f} us a row", flush=True)
    return seconds


if __name__ == "__main__":
    main()
