"""ZPL: nothing a resident's text holds is a command, and what the printer draws reads as asked."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from labels.content import LabelContent
from labels.sheets import FORMATS
from labels.slots import POST_STICKER_PLACE
from labels.zpl import escaped
from tests.labels.samples import codes, labels, printed

HERE = Path(__file__).parent
RENDERER = HERE / "zpl_renderer.mjs"
MODULES = HERE / "node_modules"
THERMAL = ["zpl203", "zpl300"]
COMMANDS = {
    *("^XA", "^CI", "^PW", "^LL", "^LH", "^FO", "^FT", "^GB", "^FS"),
    *("^A0", "^FB", "^FH", "^FD", "^BY", "^BC", "^BQ", "^XZ"),
}


def drawn(contents: list[LabelContent], key: str, folder: Path) -> Iterator[Image.Image]:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (MODULES / "zpl-renderer-js").is_dir():
        pytest.skip("zpl-renderer-js is not installed: npm ci --prefix tests/labels")
    dots = str(FORMATS[key].dots_per_mm)
    subprocess.run(
        ["node", str(RENDERER), dots, str(folder), str(MODULES)], input=printed(contents, key), check=True
    )
    for path in sorted(folder.glob("*.png")):
        yield Image.open(path).convert("L")


def field_data(zpl: str) -> list[str]:
    return re.findall(r"\^FD(.*?)\^FS", zpl)


@pytest.mark.parametrize("key", THERMAL)
def test_what_the_printer_draws_reads_as_asked(key: str, tmp_path: Path) -> None:
    asked = labels(4, seed=12)
    asked[0] = replace(asked[0], addressee="^XZ~JA^FS \\&_5E Nguyễn Ánh", sender_name="^FD>:_")
    asked[1] = replace(asked[1], reference="ak-~^_>1", item_number="A>B>5_^~9")
    for label, image in zip(asked, drawn(asked, key, tmp_path), strict=True):
        assert codes(image) == ([label.item_number], [label.reference])


@given(st.text(max_size=80))
def test_escaped_text_holds_no_command_and_says_the_same(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    field = escaped(text)
    assert field.isascii()
    assert not set("^~\n\r\\") & set(field)
    raw = re.sub(rb"_([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), field.encode())
    assert raw.decode() == text


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_label_holds_no_command_but_the_artist_s(name: str, street: str) -> None:
    label = replace(labels(1)[0], addressee=name + "x", address_lines=(street, "^XZ", "~JR"))
    zpl = printed([label], "zpl203").decode("ascii")
    commands = re.findall(r"[\^~].{0,2}", re.sub(r"\^FD.*?\^FS", "^FD^FS", zpl))
    assert set(commands) <= COMMANDS
    assert not any(set("^~") & set(data) for data in field_data(zpl))
    assert zpl.count("^XA") == zpl.count("^XZ") == 1
    # Each field is opened for escapes.
    assert zpl.count("^FH_^FD") == zpl.count("^FD")


@pytest.mark.parametrize("key", THERMAL)
def test_bars_are_whole_dots_of_the_printer_and_inside_the_label(key: str) -> None:
    dots = FORMATS[key].dots_per_mm
    for label in labels(20, seed=3):
        zpl = printed([label], key).decode("ascii")
        found = re.search(r"\^FO(\d+),(\d+)\^BY(\d+),3,1\^BCN,(\d+),N,N,N,A", zpl)
        assert found is not None
        x, y, module, height = map(int, found.groups())
        # Twenty characters at 203 dpi: three dots a module would not leave the quiet zones.
        assert module / dots >= (0.25 if len(label.item_number) == 20 and dots == 8 else 0.33)
        assert height / dots >= 12.5
        assert x >= 10 * module
        assert y + height <= 150 * dots


def test_a_label_without_a_number_leaves_a_place_for_the_post_s() -> None:
    zpl = printed([replace(labels(1)[0], item_number="")], "zpl203").decode("ascii")
    assert "^BC" not in zpl
    assert POST_STICKER_PLACE in zpl


def test_an_offset_moves_fields_right_and_down() -> None:
    asked = labels(1)
    here, there = (
        [tuple(map(int, place)) for place in re.findall(r"\^F[OT](\d+),(\d+)", zpl)]
        for zpl in (
            printed(asked, "zpl203", offset_mm=offset).decode("ascii") for offset in ((0.0, 0.0), (1.0, 2.0))
        )
    )
    assert {(right - left, low - high) for (left, high), (right, low) in zip(here, there, strict=True)} == {
        (8, 16)
    }
