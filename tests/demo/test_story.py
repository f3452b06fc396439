"""`make demo`'s command, as a user runs it: the sums hold, and nobody else's database is touched."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from demo.bekasi import PUBLISHED

ROOT = Path(__file__).resolve().parents[2]
CARDS = 240


def manage(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**environment, "ANTARKTP_VAR_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    folder = tmp_path_factory.mktemp("story")
    return folder, manage(folder, "demo", "--cards", str(CARDS))


def test_the_story_ends_well_and_prints_a_login_for_each_role(
    told: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    _folder, done = told
    assert done.returncode == 0, done.stdout + done.stderr
    for username in ("cetak", "pos-17510", "loket", "kabid", "pdp", "admin"):
        assert f" {username} " in done.stdout


def test_the_ledger_holds_the_fates_that_the_sample_maker_drew(
    told: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    folder, _done = told
    reconciled = manage(folder, "reconcile", "--json")
    said = json.loads(reconciled.stdout)
    fates = PUBLISHED.scaled(CARDS)
    assert reconciled.returncode == 0
    assert said["gaps"] == []
    assert sum(said["buckets"].values()) == said["printed"] == CARDS
    assert said["buckets"]["damaged"] == fates.damaged
    assert said["buckets"]["printed_twice"] == fates.printed_twice
    assert said["buckets"]["withdrawn"] == fates.withdrawn
    assert said["buckets"]["address_review"] == fates.unclear
    handed_over = CARDS - fates.damaged - fates.printed_twice - fates.withdrawn - fates.unclear
    assert said["funnel"]["handed_over"] == handed_over
    assert said["funnel"]["delivered"] == handed_over - fates.undeliverable


def test_every_state_is_what_its_events_say(
    told: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    folder, _done = told
    assert manage(folder, "refold", "--check").returncode == 0


def test_a_database_that_the_demo_did_not_make_is_left_alone(
    told: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    folder, _done = told
    (folder / ".demo").rename(folder / ".kept")
    before = (folder / "antarktp.sqlite3").stat().st_size
    refused = manage(folder, "demo", "--cards", str(CARDS))
    (folder / ".kept").rename(folder / ".demo")
    assert refused.returncode == 1
    assert "does not touch it" in refused.stderr
    assert (folder / "antarktp.sqlite3").stat().st_size == before


def test_too_few_cards_are_refused_with_the_number_that_would_do(tmp_path: Path) -> None:
    refused = manage(tmp_path, "demo", "--cards", "5")
    assert refused.returncode == 1
    assert "CARDS=200" in refused.stderr


def test_the_clerk_of_the_story_sits_where_most_cards_wait(
    told: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    folder, done = told
    with closing(sqlite3.connect(folder / "antarktp.sqlite3")) as database:
        waiting = dict(
            database.execute(
                "SELECT counter_id, count(*) FROM delivery_counterstay WHERE live GROUP BY counter_id"
            )
        )
        sql = "SELECT o.id, o.name FROM accounts_user u JOIN offices_office o ON o.id = u.office_id"
        (counter,) = database.execute(f"{sql} WHERE u.username = 'loket'")
    assert waiting[counter[0]] == max(waiting.values())
    assert counter[1].rpartition(" ")[2] in done.stdout
