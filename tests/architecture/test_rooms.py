"""The borders of the rooms hold, and a border that is crossed is seen."""

from pathlib import Path
from subprocess import run

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 500
ROOMS = (
    "accounts", "addresses", "api", "config", "delivery", "demo", "jobs", "labels", "offices", "privacy", "shipments",
    "spreadsheets", "web",
)  # fmt: skip


def lint_imports(folder: Path) -> tuple[int, str]:
    done = run(
        ["lint-imports", "--no-cache", "--config", str(folder / "pyproject.toml")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{ROOT / '.venv' / 'bin'}:/usr/bin:/bin", "PYTHONPATH": str(folder)},
    )
    return done.returncode, done.stdout


def test_no_room_imports_a_room_above_or_beside_it() -> None:
    status, said = lint_imports(ROOT)
    assert status == 0, said
    assert "2 kept, 0 broken" in said


def test_an_import_across_a_border_is_seen(tmp_path: Path) -> None:
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("")
    pure = (
        "addresses/parsing", "addresses/gazetteer", "addresses/resolver", "privacy/masking", "offices/routing",
        "shipments/numbers", "shipments/intake", "shipments/manifest", "shipments/card_columns", "shipments/forecast",
        "delivery/status", "delivery/couriers",
    )  # fmt: skip
    for module in pure:
        (tmp_path / f"{module}.py").write_text("")
    (tmp_path / "offices" / "wrong.py").write_text("import delivery.status\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    status, said = lint_imports(tmp_path)
    assert status == 1, said
    assert "1 broken" in said


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_of_a_room_is_longer_than_a_reader_likes(room: str) -> None:
    files = [path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]
    assert files
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in files}
    assert [path for path, lines in lengths.items() if lines > LONGEST_FILE] == []
