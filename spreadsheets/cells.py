"""Understand one cell: text, numbers that must stay exact, dates as Indonesian offices write them."""

from __future__ import annotations

import datetime as dt

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | None

# A text that begins with one of these is run as a formula by spreadsheets.
FORMULA_STARTS = "=+-@\t\r"
