"""Sheets and rolls: where labels fall, what is refused, and that the file is sound, the same each time, and flat."""

from __future__ import annotations

import io
import shutil
import subprocess
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import pypdf
import pypdfium2
import pytest
from PIL import Image

from labels.barcodes import code128_modules
from labels.content import LabelContent, LabelError, LabelFault
from labels.drawing import barcode_area, module_width
from labels.layouts import Area
from labels.pdf import KIDS
from labels.sheets import FORMATS, MAX_OFFSET_MM, write_labels
from labels.slots import POST_STICKER_PLACE
from tests.labels.samples import cells, codes, label_stream, labels, pages, printed

PDF_FORMATS = [key for key, each in FORMATS.items() if each.kind == "pdf"]
SHEETS = [key for key in PDF_FORMATS if FORMATS[key].cells > 1]
EVERY_KIND_OF_NUMBER = (
    "RR473124829GB",
    "P2011230000017",
    "P2011230000017.12",
    "BACT53CGQ7KQFNKCY31X",
    "12345678901",
)


def test_the_formats_are_the_agreed_ones() -> None:
    assert set(FORMATS) == {
        "a4-3x8",
        "a4-2x7",
        "a4-2x5",
        "roll-100x150",
        "roll-100x50",
        "zpl203",
        "zpl300",
    }


@pytest.mark.parametrize("key", PDF_FORMATS)
def test_the_cells_lie_on_the_page_and_apart(key: str) -> None:
    chosen = FORMATS[key]
    corners = [chosen.corner(cell) for cell in range(chosen.cells)]
    for x, y in corners:
        assert x >= 0
        assert y >= 0
        assert x + chosen.layout.width <= chosen.page_width + 1e-6
        assert y + chosen.layout.height <= chosen.page_height + 1e-6
    width, height = chosen.layout.width - 1e-6, chosen.layout.height - 1e-6
    for index, (x, y) in enumerate(corners):
        for other_x, other_y in corners[:index]:
            assert abs(x - other_x) >= width or abs(y - other_y) >= height


@pytest.mark.parametrize("key", PDF_FORMATS)
@pytest.mark.parametrize("number", EVERY_KIND_OF_NUMBER)
def test_bars_are_as_large_as_the_post_asks(key: str, number: str) -> None:
    area = FORMATS[key].layout.barcode
    modules = code128_modules(number).width
    module = module_width(modules, area.width)
    bars = barcode_area(modules, area)
    # The quiet zones are inside the cell; a long number in a small cell falls to what is still allowed.
    assert bars.x >= 10 * module
    assert bars.x + bars.width + 10 * module <= FORMATS[key].layout.width
    assert module >= (0.25 if len(number) == 20 and key != "roll-100x150" else 0.33)
    if key == "roll-100x150":
        assert bars.height >= 12.5
    if len(number) == 13:
        assert bars.height >= 0.15 * bars.width


def test_a_module_is_the_widest_whole_number_of_dots_that_fits() -> None:
    assert module_width(156, 99) == 0.5
    assert module_width(156, 69) == 0.375
    assert module_width(255, 70) == 0.25
    assert barcode_area(100, Area(10, 0, 50, 8)) == Area(10 + (50 - 37.5) / 2, 0, 37.5, 8)


@pytest.mark.parametrize("key", SHEETS)
def test_printing_starts_at_the_first_free_cell_and_goes_on_in_order(key: str) -> None:
    chosen = FORMATS[key]
    asked = labels(chosen.cells, seed=5)
    start = chosen.cells - 1
    read = [
        codes(cell)
        for page in pages(printed(asked, key, start=start), 300)
        for cell in cells(page, chosen, 300)
    ]
    blank: tuple[list[str], list[str]] = ([], [])
    expected = [([each.item_number], [each.reference]) for each in asked]
    assert read[: start - 1] == [blank] * (start - 1)
    assert read[start - 1 : start - 1 + len(asked)] == expected
    assert read[start - 1 + len(asked) :] == [blank, blank]


@pytest.mark.parametrize("key", PDF_FORMATS)
def test_an_offset_moves_everything_right_and_down(key: str) -> None:
    asked = labels(1)
    here, there = (first_ink(printed(asked, key, offset_mm=offset)) for offset in ((0.0, 0.0), (2.0, 3.0)))
    assert there[0] - here[0] == pytest.approx(2.0, abs=0.2)
    assert there[1] - here[1] == pytest.approx(3.0, abs=0.2)


def first_ink(pdf: bytes) -> tuple[float, float]:
    """The leftmost and the topmost dark dot of the first page, in millimetres from its corner."""
    image = next(pages(pdf, 254)).point(lambda level: 255 - level)
    box = image.getbbox()
    assert box is not None
    return box[0] / 10, box[1] / 10


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"format": "a4-9x9"}, LabelFault.UNKNOWN_FORMAT),
        ({"format": "a4-3x8", "start": 0}, LabelFault.START_OUT_OF_RANGE),
        ({"format": "a4-3x8", "start": 25}, LabelFault.START_OUT_OF_RANGE),
        ({"format": "roll-100x150", "start": 2}, LabelFault.START_OUT_OF_RANGE),
        ({"format": "zpl203", "start": 2}, LabelFault.START_OUT_OF_RANGE),
        ({"format": "a4-3x8", "offset_mm": (MAX_OFFSET_MM + 0.1, 0)}, LabelFault.OFFSET_OUT_OF_RANGE),
        ({"format": "a4-3x8", "offset_mm": (0, float("nan"))}, LabelFault.OFFSET_OUT_OF_RANGE),
        ({"format": "roll-100x50", "labels": []}, LabelFault.NOTHING_TO_PRINT),
        ({"format": "zpl300", "labels": []}, LabelFault.NOTHING_TO_PRINT),
    ],
)
def test_a_run_that_cannot_be_printed_is_refused_before_a_byte_is_written(
    options: dict[str, object], fault: LabelFault
) -> None:
    output = io.BytesIO()
    with pytest.raises(LabelError) as refusal:
        write_labels(output, **({"labels": labels(1)} | options))  # type: ignore[arg-type]
    assert refusal.value.fault is fault
    assert output.getvalue() == b""


@pytest.mark.parametrize("key", FORMATS)
def test_the_same_labels_give_the_same_bytes(key: str) -> None:
    assert printed(labels(30), key) == printed(iter(labels(30)), key)


@pytest.mark.parametrize("key", FORMATS)
def test_the_labels_written_are_counted(key: str) -> None:
    assert write_labels(io.BytesIO(), labels=labels(50), format=key) == 50


@pytest.mark.parametrize("key", PDF_FORMATS)
def test_a_label_without_a_number_leaves_a_place_for_the_post_s(key: str) -> None:
    waiting = replace(labels(1)[0], item_number="")
    pdf = printed([waiting], key)
    cell = next(cells(next(pages(pdf, 300)), FORMATS[key], 300))
    assert codes(cell) == ([], [waiting.reference])
    assert POST_STICKER_PLACE in page_text(pdf)


@pytest.mark.parametrize("key", PDF_FORMATS)
def test_a_label_says_all_that_it_was_given(key: str) -> None:
    asked = labels(1, seed=9)[0]
    text = page_text(printed([asked], key)).replace("\r\n", " ").replace("\n", " ")
    for words in (
        asked.sender_name,
        asked.sender_lines[-1],
        asked.addressee,
        *asked.address_lines,
        f"{asked.region_line} {asked.postcode}",
        asked.item_number,
        asked.reference,
        asked.post_office_code,
        *asked.sort_key[1:],
    ):
        assert words in text


@pytest.mark.parametrize(("rw", "shown"), [("011", "RW 011"), ("RW 011", "RW 011"), ("", "Setiamekar")])
def test_the_sorting_key_names_the_rw(rw: str, shown: str) -> None:
    asked = replace(labels(1)[0], sort_key=("17510", "Setiamekar", rw), address_lines=("Jl. Mawar",))
    text = page_text(printed([asked], "a4-3x8"))
    assert shown in text
    assert "RW RW" not in text


def page_text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return str(document[0].get_textpage().get_text_range())
    finally:
        document.close()


@pytest.mark.parametrize("count", [1, KIDS, KIDS + 1, KIDS * KIDS, KIDS * KIDS + 1])
def test_the_page_tree_holds_every_page_in_order(count: int) -> None:
    asked = list(islice(label_stream(), count))
    reader = pypdf.PdfReader(io.BytesIO(printed(asked, "roll-100x50")), strict=True)
    assert len(reader.pages) == count
    for index in {0, count // 2, count - 1}:
        assert asked[index].reference in reader.pages[index].extract_text()


def test_fonts_are_embedded_and_the_text_can_be_copied() -> None:
    names = ["Đặng Thị Ánh", "Ærøskøbing Ĳssel", "Ķīlis Ž. Ő"]
    asked = [replace(each, addressee=name) for each, name in zip(labels(3), names, strict=True)]
    reader = pypdf.PdfReader(io.BytesIO(printed(asked, "roll-100x150")), strict=True)
    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    for font in fonts.values():
        descendant = font.get_object()["/DescendantFonts"][0].get_object()
        assert descendant["/FontDescriptor"]["/FontFile2"].get_object().get_data()
    for page, name in zip(reader.pages, names, strict=True):
        assert name in page.extract_text()


@pytest.mark.parametrize("key", PDF_FORMATS)
def test_the_file_passes_a_pdf_checker(key: str, tmp_path: Path) -> None:
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed")
    path = tmp_path / "labels.pdf"
    path.write_bytes(printed(labels(200), key))
    checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "No syntax or stream encoding errors" in checked.stdout


@pytest.mark.parametrize("key", PDF_FORMATS)
def test_poppler_draws_the_same_codes(key: str, tmp_path: Path) -> None:
    if shutil.which("pdftoppm") is None:
        pytest.skip("poppler-utils is not installed")
    asked = labels(1, seed=11)
    (tmp_path / "labels.pdf").write_bytes(printed(asked, key))
    drawn = subprocess.run(
        ["pdftoppm", "-mono", "-r", "300", "-png", str(tmp_path / "labels.pdf"), str(tmp_path / "page")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert drawn.stderr == ""
    image = Image.open(next(tmp_path.glob("page*.png"))).convert("L")
    cell = next(cells(image, FORMATS[key], 300))
    assert codes(cell) == ([asked[0].item_number], [asked[0].reference])


@pytest.mark.parametrize("key", ["a4-3x8", "roll-100x150", "zpl203"])
def test_memory_does_not_grow_with_the_labels(key: str, tmp_path: Path) -> None:
    peaks = []
    contents = labels(200)
    for count in (300, 800, 2_400):
        with (tmp_path / "labels").open("wb") as output:
            tracemalloc.start()
            write_labels(output, labels=islice(cycle(contents), count), format=key)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    # Offsets of objects are kept: some tens of bytes a page.
    assert peaks[2] < peaks[1] + 1_600 * 100 + 500_000


def test_a_label_that_is_wrong_in_the_middle_stops_the_run() -> None:
    def broken() -> Iterator[LabelContent]:
        yield from labels(3)
        raise LabelError(LabelFault.ADDRESSEE_MISSING)

    with pytest.raises(LabelError):
        write_labels(io.BytesIO(), labels=broken(), format="roll-100x150")
