"""Every format, drawn and printed at real printers' resolutions, is read back by an independent decoder."""

from __future__ import annotations

import pytest

from labels.sheets import FORMATS
from tests.labels.samples import cells, codes, labels, pages, printed

PDF_FORMATS = [key for key, each in FORMATS.items() if each.kind == "pdf"]


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("key", PDF_FORMATS)
def test_every_label_of_a_random_sample_reads_what_was_asked(key: str, dpi: int) -> None:
    asked = labels(56, seed=dpi)
    drawn = (cell for page in pages(printed(asked, key), dpi) for cell in cells(page, FORMATS[key], dpi))
    for label, cell in zip(asked, drawn, strict=False):
        assert codes(cell) == ([label.item_number], [label.reference])
