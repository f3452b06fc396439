"""Labels of 100 × 150 mm with both codes and all texts, beside others that draw the same labels.

`python -m bench.labels [--labels 130000] [--sample 60]`. The others draw a sample, because a whole run would take them
hours. Every contestant's sample is read back by a decoder before its rate counts. WeasyPrint is measured when it is
installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import multiprocessing
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pypdfium2
import segno
import zxingcpp
from barcode import Code128
from barcode.writer import ImageWriter, SVGWriter
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from labels.content import LabelContent
from labels.sheets import FORMATS, write_labels

FORMAT = "roll-100x150"
ROUNDS = 3
READ_BACK = 4
STYLE = """
@page { size: 100mm 150mm; margin: 0 }
body { margin: 0 }
.l { position: relative; height: 150mm; width: 100mm; page-break-after: always }
.l > * { position: absolute }
p { margin: 0; white-space: nowrap; font-family: "Noto Sans", "DejaVu Sans" }
"""

GIVEN = ("Agus", "Siti", "Dewi", "Budi", "Nur", "Ahmad", "Sri", "Yohanes", "Maria", "Ni Luh", "I Gede")
FAMILY = ("Setiawan", "Rahayu", "Nurhalizah", "Panjaitan", "Situmorang", "Kusumaningrum", "Abdullah")
VILLAGES = ("Sumberjaya", "Setiamekar", "Jatimulya", "Lambangsari", "Karangsatria", "Mekarsari")

Writer = Callable[[BinaryIO, Sequence[LabelContent]], None]


@dataclass(frozen=True, slots=True)
class Result:
    """How many labels a second one contestant drew, and how large they are."""

    name: str
    labels: int
    rate: float
    bytes_per_label: float


def label_stream(seed: int = 2020) -> Iterator[LabelContent]:
    """Synthetic labels without end in the order of a manifest: by village and RW, in bags of 500."""
    choice = random.Random(seed)
    sender = ("Kompleks Perkantoran Pemerintah Daerah", "Kec. Cikarang Pusat", "KABUPATEN BEKASI 17530")
    position = 0
    while True:
        village = VILLAGES[position // 800 % len(VILLAGES)]
        rw = f"{position // 45 % 20 + 1:03d}"
        name = " ".join((*choice.sample(GIVEN, 2), choice.choice(FAMILY)))
        yield LabelContent(
            sender_name="Dinas Kependudukan dan Pencatatan Sipil Kabupaten Bekasi",
            sender_lines=sender,
            addressee=name.upper(),
            address_lines=(
                f"Kp. Buaran Gg. Mawar {choice.randrange(1, 9)} No. {choice.randrange(1, 200)}",
                f"RT {choice.randrange(1, 20):03d} / RW {rw}",
                f"Desa {village}",
                "Kec. Tambun Selatan",
            ),
            region_line="KABUPATEN BEKASI",
            postcode="17510",
            item_number=f"P201123{position:07d}",
            reference=f"AK{position:09d}K",
            post_office_code="17510",
            post_office_name="KCP Tambun",
            bag_code=f"PID{position // 500:06d}",
            sort_key=("17510", village, f"RW {rw}"),
        )
        position += 1


def texts(label: LabelContent) -> list[tuple[float, float, float, str]]:
    """What the peers write: x and y in millimetres, size in points, text."""
    lines = [
        (4.0, 139.0, 6.5, label.sender_name),
        *((4.0, 134.0 - 4 * row, 8.0, line) for row, line in enumerate(label.sender_lines)),
        (72.0, 118.0, 8.0, label.reference),
        (6.0, 104.0, 24.0, label.post_office_code),
        (6.0, 95.0, 9.0, label.post_office_name),
        (38.0, 104.0, 18.0, label.sort_key[1]),
        (76.0, 104.0, 18.0, label.sort_key[2]),
        (76.0, 95.0, 9.0, label.bag_code),
        (4.0, 80.0, 16.0, label.addressee),
        *((4.0, 72.0 - 6 * row, 12.0, line) for row, line in enumerate(label.address_lines)),
        (4.0, 44.0, 15.0, f"{label.region_line} {label.postcode}"),
        (32.0, 5.0, 13.0, label.item_number),
    ]
    return list(lines)


def ours(output: BinaryIO, labels: Sequence[LabelContent]) -> None:
    """This product's writer."""
    write_labels(output, labels=labels, format=FORMAT)


def barcode_images(output: BinaryIO, labels: Sequence[LabelContent]) -> None:
    """python-barcode's and segno's own pictures, placed on a reportlab page."""
    canvas = _canvas(output)
    for label in labels:
        bars, square = io.BytesIO(), io.BytesIO()
        options = {"module_width": 0.375, "module_height": 22.0, "write_text": False, "dpi": 300}
        Code128(label.item_number, writer=ImageWriter()).write(bars, options)
        segno.make_qr(label.reference, error="m").save(square, kind="png", scale=8)
        canvas.drawImage(ImageReader(bars), 4 * mm, 12 * mm, 92 * mm, 24 * mm)
        canvas.drawImage(ImageReader(square), 72 * mm, 121 * mm, 24 * mm, 24 * mm)
        _write_texts(canvas, label)
        canvas.showPage()
    canvas.save()


def reportlab_graphics(output: BinaryIO, labels: Sequence[LabelContent]) -> None:
    """reportlab's own barcode drawings on its page."""
    canvas = _canvas(output)
    for label in labels:
        bars = createBarcodeDrawing(
            "Code128", value=label.item_number, barWidth=0.375 * mm, barHeight=22 * mm, quiet=False
        )
        renderPDF.draw(bars, canvas, 15 * mm, 12 * mm)
        square = Drawing(24 * mm, 24 * mm)
        square.add(QrCodeWidget(label.reference, barLevel="M", barWidth=24 * mm, barHeight=24 * mm))
        renderPDF.draw(square, canvas, 72 * mm, 121 * mm)
        _write_texts(canvas, label)
        canvas.showPage()
    canvas.save()


def weasyprint_pages(output: BinaryIO, labels: Sequence[LabelContent]) -> None:
    """An HTML page for each label, the codes as SVG."""
    from weasyprint import HTML

    HTML(string=f"<style>{STYLE}</style>" + "".join(map(_html, labels))).write_pdf(output)


def _html(label: LabelContent) -> str:
    bars = io.BytesIO()
    Code128(label.item_number, writer=SVGWriter()).write(
        bars, {"module_width": 0.375, "module_height": 22.0, "write_text": False}
    )
    square = segno.make_qr(label.reference, error="m").svg_inline(scale=2.5)
    svg = bars.getvalue().decode().split("?>", 1)[1].split("\n", 2)[-1]
    lines = "".join(
        f'<p style="left:{x}mm;bottom:{y}mm;font-size:{size}pt">{escape(text)}</p>'
        for x, y, size, text in texts(label)
    )
    return (
        f'<div class="l"><div style="left:4mm;bottom:10mm">{svg}</div>'
        f'<div style="right:4mm;top:4mm">{square}</div>{lines}</div>'
    )


def _canvas(output: BinaryIO) -> Canvas:
    return Canvas(output, pagesize=(100 * mm, 150 * mm), invariant=1)


def _write_texts(canvas: Canvas, label: LabelContent) -> None:
    for x, y, size, text in texts(label):
        canvas.setFont("Helvetica", size)
        canvas.drawString(x * mm, y * mm, text)


def measured(name: str, write: Writer, labels: Sequence[LabelContent]) -> Result:
    """The median rate of some rounds by processor time, after the sample was read back."""
    output = io.BytesIO()
    write(output, labels[:READ_BACK])
    assert_read_back(name, output.getvalue(), labels[:READ_BACK])
    rates = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryFile() as file:
            began = time.process_time()
            write(file, labels)
            rates.append(len(labels) / (time.process_time() - began))
            size = file.tell()
    return Result(name, len(labels), statistics.median(rates), size / len(labels))


def assert_read_back(name: str, pdf: bytes, labels: Sequence[LabelContent]) -> None:
    """Stop the bench when a contestant's codes do not read as asked: its rate would mean nothing."""
    document = pypdfium2.PdfDocument(pdf)
    for page, label in zip(document, labels, strict=False):
        image = page.render(scale=300 / 72, grayscale=True).to_pil()
        read = {code.text for code in zxingcpp.read_barcodes(image, try_downscale=False)}
        if not {label.item_number, label.reference} <= read:
            raise SystemExit(f"{name} drew {label.item_number}, {label.reference}; the decoder read {read}")


def rate_of(write: Writer, labels: Sequence[LabelContent]) -> float:
    """The median rate of some rounds by processor time."""
    rates = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryFile() as file:
            began = time.process_time()
            write(file, labels)
            rates.append(len(labels) / (time.process_time() - began))
    return statistics.median(rates)


def two_workers_gain(labels: Sequence[LabelContent]) -> float:
    """How much sooner a run is done when two processes write half of it each."""
    context = multiprocessing.get_context("fork")
    gains = []
    for _ in range(ROUNDS):
        one = _wall([context.Process(target=_to_file, args=(labels,))])
        half = len(labels) // 2
        parts = (labels[:half], labels[half:])
        two = _wall([context.Process(target=_to_file, args=(part,)) for part in parts])
        gains.append(one / two)
    return statistics.median(gains)


def _to_file(labels: Sequence[LabelContent]) -> None:
    with tempfile.TemporaryFile() as file:
        ours(file, labels)


def _wall(processes: Sequence[multiprocessing.process.BaseProcess]) -> float:
    began = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return time.perf_counter() - began


def peak_memory(count: int) -> tuple[float, Path]:
    """Megabytes that a process of its own needs for a run whose labels come one by one."""
    program = "import sys; from bench.labels import write_stream; write_stream(int(sys.argv[1]), sys.argv[2])"
    path = Path(tempfile.gettempdir()) / "bench-labels.pdf"
    done = subprocess.run(
        [sys.executable, "-c", program, str(count), str(path)], check=True, capture_output=True, text=True
    )
    return float(done.stdout), path


def write_stream(count: int, path: str) -> None:
    """Write so many streamed labels and print this process's peak memory in megabytes."""
    with Path(path).open("wb") as output:
        write_labels(output, labels=islice(label_stream(), count), format=FORMAT)
    # Not getrusage: a process that was forked begins with its parent's peak.
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=130_000)
    parser.add_argument("--sample", type=int, default=60, help="labels that each of the others draws")
    options = parser.parse_args()
    labels = list(islice(label_stream(), options.labels))
    sample = labels[: options.sample]
    peers: list[tuple[str, Writer]] = [
        ("python-barcode and segno images in reportlab", barcode_images),
        ("reportlab barcode graphics", reportlab_graphics),
    ]
    if importlib.util.find_spec("weasyprint"):
        peers.append(("WeasyPrint, SVG codes", weasyprint_pages))
    else:
        print("WeasyPrint is not installed: not measured")
    own = measured("this product", ours, labels)
    results = [own, *(measured(name, write, sample) for name, write in peers)]
    fastest = max(result.rate for result in results[1:])
    print(f"\nLabels of 100 × 150 mm, Code 128 + QR + {len(texts(labels[0]))} texts, by seconds of one core")
    print(f"{'':46} {'labels':>8} {'a second':>9} {'bytes each':>11} {'ours is':>9}")
    for each in results:
        ratio = f"{own.rate / each.rate:.0f} ×"
        print(f"{each.name:46} {each.labels:8d} {each.rate:9.0f} {each.bytes_per_label:11.0f} {ratio:>9}")
    print(f"\nours over the fastest other: {own.rate / fastest:.0f} × (aim: 100 ×)")
    for key, chosen in FORMATS.items():
        if key != FORMAT:
            part = labels[: min(len(labels), 20_000)]
            rate = rate_of(partial(_write, key), part)
            print(f"{key:14} {rate:9.0f} a second of one core ({chosen.kind})")
    print(f"two processes over one: {two_workers_gain(labels):.2f} × (aim: 1.6 ×)")
    memory, path = peak_memory(options.labels)
    print(f"peak memory for {options.labels} streamed labels: {memory:.0f} MB (aim: 300 MB)")
    path.unlink()


def _write(key: str, output: BinaryIO, labels: Sequence[LabelContent]) -> None:
    write_labels(output, labels=labels, format=key)


if __name__ == "__main__":
    main()
