"""Synthetic labels, and the reading of drawn ones by an independent decoder."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

import pypdfium2
import zxingcpp
from PIL import Image

from labels.content import LabelContent
from labels.sheets import LabelFormat, write_labels

GIVEN = (
    "Agus",
    "Siti",
    "Dewi",
    "Budi",
    "Nur",
    "Ahmad",
    "Sri",
    "Yohanes",
    "Maria",
    "Ni Luh",
    "I Gede",
    "Tubagus",
)
FAMILY = (
    "Setiawan",
    "Rahayu",
    "Nurhalizah",
    "Panjaitan",
    "Situmorang",
    "Kusumaningrum",
    "bin Abdullah",
    "Ayu",
)
VILLAGES = ("Sumberjaya", "Setiamekar", "Jatimulya", "Lambangsari", "Karangsatria", "Pantai Harapan Jaya")
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def s10(service: str, serial: int) -> str:
    """A number of the UPU's form, its check digit included."""
    digits = f"{serial:08d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, S10_WEIGHTS, strict=True)) % 11
    return f"{service}{digits}{ {10: 0, 11: 5}.get(rest, rest) }ID"


def item_number(choice: random.Random) -> str:
    """One of the kinds of numbers that the post gives."""
    serial = choice.randrange(10**8)
    kinds = (
        s10("RR", serial),
        f"P2011{choice.randrange(10, 29)}{choice.randrange(10**7):07d}",
        f"P2011{choice.randrange(10, 29)}{choice.randrange(10**7):07d}.{choice.randrange(1, 20)}",
        "BAC" + "".join(choice.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=17)),
        f"{choice.randrange(10**10, 10**11)}",
    )
    return choice.choice(kinds)


def label(choice: random.Random, **changes: str | tuple[str, ...]) -> LabelContent:
    """A label of a synthetic resident of Kabupaten Bekasi."""
    village = choice.choice(VILLAGES)
    rw = f"{choice.randrange(1, 30):03d}"
    fields: dict[str, object] = {
        "sender_name": "Dinas Kependudukan dan Pencatatan Sipil Kabupaten Bekasi",
        "sender_lines": (
            "Kompleks Perkantoran Pemerintah Daerah",
            "Kec. Cikarang Pusat",
            "KABUPATEN BEKASI 17530",
        ),
        "addressee": " ".join([*choice.sample(GIVEN, choice.randrange(1, 3)), choice.choice(FAMILY)]).upper(),
        "address_lines": (
            f"Kp. Buaran Gg. Mawar {choice.randrange(1, 9)} No. {choice.randrange(1, 200)}",
            f"RT {choice.randrange(1, 20):03d} / RW {rw}",
            f"Desa {village}",
            "Kec. Tambun Selatan",
        ),
        "region_line": "KABUPATEN BEKASI",
        "postcode": "17510",
        "item_number": item_number(choice),
        "reference": f"AK{choice.randrange(10**9):09d}{choice.choice('ABCDEFGHJKLMNPQRSTUVWXYZ')}",
        "post_office_code": "17510",
        "post_office_name": "KCP Tambun",
        "bag_code": f"PID{choice.randrange(1, 9):06d}",
        "sort_key": ("17510", village, f"RW {rw}"),
    }
    return LabelContent(**(fields | changes))  # type: ignore[arg-type]


def labels(number: int, seed: int = 1) -> list[LabelContent]:
    """So many labels; the same seed gives the same."""
    choice = random.Random(seed)
    return [label(choice) for _ in range(number)]


def label_stream(seed: int = 1) -> Iterator[LabelContent]:
    """Labels without end, in the order of a manifest: village by village, RW by RW, bag by bag."""
    choice = random.Random(seed)
    for position in count():
        village, rw = f"{VILLAGES[position // 800 % len(VILLAGES)]}", f"{position // 40 % 20 + 1:03d}"
        drawn = label(choice, bag_code=f"PID{position // 400:06d}", sort_key=("17510", village, f"RW {rw}"))
        street, *_, district = drawn.address_lines
        yield replace(drawn, address_lines=(street, f"RT 001 / RW {rw}", f"Desa {village}", district))


def printed(contents: Iterable[LabelContent], format: str, **options: object) -> bytes:
    """The file that `write_labels` writes."""
    output = io.BytesIO()
    write_labels(output, labels=contents, format=format, **options)  # type: ignore[arg-type]
    return output.getvalue()


def pages(pdf: bytes, dpi: int) -> Iterator[Image.Image]:
    """The pages as a printer of that resolution would draw them: black and white, no grey."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            drawn = page.render(
                scale=dpi / 72,
                grayscale=True,
                no_smoothtext=True,
                no_smoothimage=True,
                no_smoothpath=True,
            )
            yield drawn.to_pil().point(lambda level: 255 if level > 127 else 0)
    finally:
        document.close()


def cells(image: Image.Image, format: LabelFormat, dpi: int) -> Iterator[Image.Image]:
    """The labels of one page, each cut out."""
    dots = dpi / 25.4
    for cell in range(format.cells):
        left, bottom = format.corner(cell)
        top = format.page_height - bottom - format.layout.height
        right = left + format.layout.width
        yield image.crop(
            tuple(round(edge * dots) for edge in (left, top, right, top + format.layout.height))  # type: ignore[arg-type]
        )


def codes(image: Image.Image) -> tuple[list[str], list[str]]:
    """What a scanner reads on the image: the Code 128 texts and the QR texts, sorted."""
    kinds = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode])
    # Without the decoder's second look at a shrunk picture, in which modules of two dots melt together.
    read = zxingcpp.read_barcodes(image, kinds, try_downscale=False)
    bars = sorted(code.text for code in read if code.format == zxingcpp.BarcodeFormat.Code128)
    return bars, sorted(code.text for code in read if code.format == zxingcpp.BarcodeFormat.QRCode)
