"""Every format, drawn and printed at real printers' resolutions, is read back by an independent decoder."""

from __future__ import annotations

from itertools import islice

import pytest

from labels.sheets import FORMATS
from tests.labels.samples import codes, labels, pages, printed

PDF_FORMATS = [key for key, each in FORMATS.items() if each.kind == "pdf"]


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("key", PDF_FORMATS)
def test_every_label_of_a_random_sample_reads_what_was_asked(key: str, dpi: int) -> None:
    asked = labels(48, seed=203)
    cells = FORMATS[key].cells
    remaining = iter(asked)
    for image in pages(printed(asked, key), dpi):
        on_page = list(islice(remaining, cells))
        bars, squares = codes(image)
        assert bars == sorted(label.item_number for label in on_page)
        assert squares == sorted(label.reference for label in on_page)
    assert next(remaining, None) is None
