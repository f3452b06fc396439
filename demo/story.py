"""The story, step by step: from the printer's sheet to the resident's hand, through the product's own services."""

import csv
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.db.models import Count

from addresses.models import AddressReview, Verdict
from delivery.counter import collect
from delivery.courier_files import process, upload
from delivery.dispatch import hand_over_shipment
from delivery.extra_days import open_extra_day
from delivery.messages import send_queued
from delivery.models import CounterStay, Delivery, TransferCard
from delivery.returns import ReturnScan, receive_returns, receive_transfer, route_returns, send_transfers
from delivery.status import Status
from delivery.village_lists import VillageResult, make_village_list
from delivery.village_lists import report as report_village_list
from demo.bekasi import PUBLISHED, VILLAGE_OF_LIST, WITHDRAWN_RW, WITHDRAWN_VILLAGE
from demo.offices import CLERK, Login, first_of, seated, set_up_offices, set_up_users
from demo.samples import make_sample, notes_beside
from offices.models import Office, working_week
from offices.opening import is_open_day
from shipments.backlog import decide_addresses, fill_backlog
from shipments.batching import batch_backlog, close_shipment
from shipments.cards import import_cards
from shipments.handover import confirm_receipt
from shipments.holds import hold_area
from shipments.labelling import print_manifest, print_shipment_labels
from shipments.models import AreaHold, Card, Channel, PrintCheck, Shipment, ShipmentState
from shipments.numbering import add_s10_block
from shipments.print_check import PrintFinding, check_prints

Tell = Callable[[int, int], None]
"""How a step tells its progress: rows done, rows in all (0: not known)."""

ZONE = ZoneInfo("Asia/Jakarta")
DAYS_OF_COURIER_FILES = 14
NUMBERS_ALLOTTED = 200_000
COLLECTED_SHARE = 3  # one card in three is collected before the story ends


@dataclass
class Story:
    """One telling of the story; `today` is its last day."""

    folder: Path
    cards: int
    seed: int
    today: date
    logins: list[Login] = field(default_factory=list)

    def steps(self) -> Sequence[tuple[str, Callable[[Tell], int]]]:
        """Give the steps in order; each gives how many rows it handled."""
        return (
            ("Menyiapkan kantor, wilayah, dan pengguna", self.set_up),
            ("Membuat contoh lembar cetak", self.make_sheet),
            ("Mengimpor lembar cetak, memeriksa alamat", self.import_sheet),
            ("Memeriksa cetakan: rusak", self.check_prints),
            ("Menarik kartu satu wilayah", self.withdraw_area),
            ("Meninjau alamat di meja", self.review_addresses),
            ("Menyusun kiriman dan memberi nomor", self.batch),
            ("Mencetak label A4 3×8", self.print_sheets),
            ("Mencetak label 100×150 mm", self.print_rolls),
            ("Menutup kiriman", self.close),
            ("Menulis daftar pengantar PDF dan XLSX", self.write_manifests),
            ("Menyerahkan ke kantor pos", self.hand_over),
            ("Membuat berkas status kurir", self.make_courier_files),
            ("Mengimpor berkas status kurir", self.import_courier_files),
            ("Menerima kiriman kembali", self.receive_returns),
            ("Mengarahkan ke loket dan memberi tahu", self.route_returns),
            ("Membagikan lewat daftar desa", self.give_by_village),
            ("Menyerahkan di loket", self.collect),
            ("Mengirim pesan", self.send_messages),
        )

    def _at(self, days_ago: int, hour: int = 9) -> datetime:
        return datetime.combine(self.today - timedelta(days=days_ago), time(hour), tzinfo=ZONE)

    @property
    def sheet(self) -> Path:
        """Where the printer's sheet is."""
        return self.folder / "kartu-dicetak.xlsx"

    @property
    def registry(self) -> Office:
        """The story's registry office."""
        return Office.objects.get(kind=Office.Kind.REGISTRY)

    def _notes(self) -> list[dict[str, str]]:
        with notes_beside(self.sheet).open(newline="", encoding="utf-8") as notes:
            return list(csv.DictReader(notes))

    def _shipments(self, *states: ShipmentState) -> Sequence[Shipment]:
        return list(Shipment.objects.filter(state__in=states).select_related("post_office").order_by("pk"))

    def set_up(self, tell: Tell) -> int:
        registry = set_up_offices()
        self.logins = set_up_users(
            registry=registry,
            counter=first_of(Office.Kind.COUNTER, region=WITHDRAWN_VILLAGE[:8]),
            post_office=first_of(Office.Kind.POST_OFFICE, region=WITHDRAWN_VILLAGE[:8]),
        )
        add_s10_block(
            office_id=registry.pk, service_indicator="RR", first_serial=1, last_serial=NUMBERS_ALLOTTED,
            on=self._at(50).date(),
        )  # fmt: skip
        return Office.objects.count()

    def make_sheet(self, tell: Tell) -> int:
        last_print = self._at(55).date()
        make_sample(self.sheet, cards=self.cards, seed=self.seed, today=self.today, last_print=last_print)
        return self.cards

    def import_sheet(self, tell: Tell) -> int:
        report = import_cards(
            path=self.sheet, name=self.sheet.name, office_id=self.registry.pk, actor_id=None, at=self._at(50),
            on_progress=tell,
        )  # fmt: skip
        return report.rows

    def check_prints(self, tell: Tell) -> int:
        findings = [
            PrintFinding(
                scanned=note["nomor_blangko"], finding=PrintCheck.Finding.DAMAGED, reason=note["kerusakan"]
            )
            for note in self._notes()
            if note["kerusakan"]
        ]
        return len(
            check_prints(office_id=self.registry.pk, findings=findings, actor_id=None, at=self._at(49))
        )

    def withdraw_area(self, tell: Tell) -> int:
        held = hold_area(
            office_id=self.registry.pk, village_code=WITHDRAWN_VILLAGE, rws=[f"{WITHDRAWN_RW:03}"],
            action=AreaHold.Action.WITHDRAW, channel=Channel.VILLAGE, reason="Rumah dibongkar untuk depo LRT",
            starts_on=self._at(48).date(), ends_on=None, actor_id=None, at=self._at(48),
        )  # fmt: skip
        return held.withdrawn

    def review_addresses(self, tell: Tell) -> int:
        """Decide what somebody at the desk can know; the rest waits for ever."""
        known = {note["nomor_blangko"]: note["kode_desa"] for note in self._notes() if note["kode_desa"]}
        waiting = (
            Card.objects.filter(office=self.registry)
            .exclude(address__verdict=Verdict.DELIVERABLE)
            .values_list("blank_serial", "address_id")
        )
        by_village: dict[str, list[int]] = defaultdict(list)
        for serial, address_id in waiting:
            if serial in known:
                by_village[known[serial]].append(address_id)
        for done, (village_code, address_ids) in enumerate(sorted(by_village.items()), 1):
            decide_addresses(
                office_id=self.registry.pk, address_ids=address_ids, decision=AddressReview.Decision.ACCEPTED,
                village_code=village_code, actor_id=None, at=self._at(47),
            )  # fmt: skip
            tell(done, len(by_village))
        return sum(map(len, by_village.values()))

    def batch(self, tell: Tell) -> int:
        fill_backlog(office_id=self.registry.pk, at=self._at(46))
        batched = batch_backlog(
            office_id=self.registry.pk, on=self._at(45).date(), actor_id=None, at=self._at(45)
        )
        return batched.items

    def _print(self, tell: Tell, format: str) -> int:
        folder = self.folder / f"label-{format}"
        folder.mkdir(parents=True, exist_ok=True)
        labels = 0
        for shipment in self._shipments(ShipmentState.OPEN):
            with (folder / f"{shipment.number}.pdf").open("wb") as output:
                labels += print_shipment_labels(
                    shipment_id=shipment.pk, format=format, output=output, actor_id=None, at=self._at(45, 10),
                    reason="" if format == "a4-3x8" else "Gulungan untuk printer label",
                )  # fmt: skip
            tell(labels, self.cards)
        return labels

    def print_sheets(self, tell: Tell) -> int:
        return self._print(tell, "a4-3x8")

    def print_rolls(self, tell: Tell) -> int:
        return self._print(tell, "roll-100x150")

    def write_manifests(self, tell: Tell) -> int:
        folder = self.folder / "daftar-pengantar"
        folder.mkdir(parents=True, exist_ok=True)
        rows = 0
        for shipment in self._shipments(ShipmentState.CLOSED):
            for format in ("pdf", "xlsx"):
                buffer = BytesIO()
                rows += print_manifest(
                    shipment_id=shipment.pk, format=format, output=buffer, actor_id=None, at=self._at(44, 10)
                )
                (folder / f"{shipment.number}.{format}").write_bytes(buffer.getvalue())
            tell(rows, 2 * self.cards)
        return rows

    def close(self, tell: Tell) -> int:
        shipments = self._shipments(ShipmentState.OPEN)
        for done, shipment in enumerate(shipments, 1):
            close_shipment(shipment_id=shipment.pk, actor_id=None, at=self._at(44))
            tell(done, len(shipments))
        return sum(shipment.item_count for shipment in self._shipments(ShipmentState.CLOSED))

    def hand_over(self, tell: Tell) -> int:
        given = 0
        for shipment in self._shipments(ShipmentState.CLOSED):
            hand_over_shipment(
                shipment_id=shipment.pk, given=shipment.item_count, giver="Petugas pengiriman, Disdukcapil",
                taker=f"Petugas loket, {shipment.post_office.name}", actor_id=None, at=self._at(43, 13),
            )  # fmt: skip
            confirm_receipt(
                shipment_id=shipment.pk, received=shipment.item_count, actor_id=None, at=self._at(43, 15)
            )
            given += shipment.item_count
            tell(given, self.cards)
        return given

    @property
    def _courier_folder(self) -> Path:
        return self.folder / "berkas-kurir"

    def make_courier_files(self, tell: Tell) -> int:
        call_command(
            "make_sample_courier_files", office=self.registry.code, seed=self.seed, output=str(self._courier_folder),
            from_date=self._at(42).date(), days=DAYS_OF_COURIER_FILES,
            undeliverable=PUBLISHED.scaled(self.cards).undeliverable, verbosity=0,
        )  # fmt: skip
        return len(self._courier_files())

    def _courier_files(self) -> Sequence[Path]:
        return sorted(self._courier_folder.rglob("*.xlsx"))

    def import_courier_files(self, tell: Tell) -> int:
        rows = 0
        files = self._courier_files()
        for done, path in enumerate(files, 1):
            courier_file = upload(
                path=path,
                name=path.name,
                office_id=self.registry.pk,
                actor_id=None,
                at=self._at(12),
                enqueue=False,
            )
            rows += process(courier_file_id=courier_file.pk).rows
            tell(done, len(files))
        return rows

    def receive_returns(self, tell: Tell) -> int:
        back = Delivery.objects.filter(status__in=[Status.RETURNING, Status.RETURNED_TO_SENDER])
        references = back.order_by("card_id").values_list("card__reference", flat=True)
        scans = [ReturnScan(scanned=reference) for reference in references]
        receive_returns(office_id=self.registry.pk, scans=scans, actor_id=None, at=self._at(10))
        return len(scans)

    def route_returns(self, tell: Tell) -> int:
        route_returns(office_id=self.registry.pk, actor_id=None, at=self._at(9))
        transfers = send_transfers(office_id=self.registry.pk, actor_id=None, at=self._at(9, 14))
        for done, transfer in enumerate(transfers, 1):
            receive_transfer(
                transfer_id=transfer.pk, references=None, shelf=f"A{done}", actor_id=None, at=self._at(8)
            )
            tell(done, len(transfers))
        return TransferCard.objects.count()

    def give_by_village(self, tell: Tell) -> int:
        """The village with most cards on the river country's shelf gets them on a list."""
        stays = CounterStay.objects.filter(live=True, counter__region_code=VILLAGE_OF_LIST)
        if not stays.exists():
            stays = CounterStay.objects.filter(live=True)
        by_village: dict[tuple[int, str], list[int]] = defaultdict(list)
        for counter_id, village_code, card_id in stays.values_list(
            "counter_id", "card__address__village_code", "card_id"
        ):
            by_village[counter_id, village_code].append(card_id)
        (counter_id, village_code), card_ids = max(
            by_village.items(), key=lambda entry: (len(entry[1]), entry[0])
        )
        bundle = make_village_list(
            office_id=counter_id, village_code=village_code, card_ids=card_ids, officer="Kepala desa",
            return_by=self._at(-14).date(), actor_id=None, at=self._at(6),
        )  # fmt: skip
        given = sorted(card_ids)[: max(1, len(card_ids) // 2)]
        report_village_list(
            village_list_id=bundle.pk,
            actor_id=None,
            at=self._at(3),
            results=[
                VillageResult(card_id=pk, result="GIVEN", relation="HOLDER", on=self._at(4).date())
                for pk in given
            ],
        )
        return len(card_ids)

    def collect(self, tell: Tell) -> int:
        stays = list(
            CounterStay.objects.filter(live=True)
            .order_by("counter_id", "pk")
            .values_list("card_id", "counter_id")
        )[::COLLECTED_SHARE]
        taken: dict[int, int] = defaultdict(int)
        open_days = self._open_days({counter_id for _card_id, counter_id in stays})
        for done, (card_id, counter_id) in enumerate(stays, 1):
            days_ago = open_days[taken[counter_id] // 10 % len(open_days)]
            taken[counter_id] += 1
            collect(
                counter_id=counter_id, card_id=card_id, relation="HOLDER", documents=["OLD_CARD"],
                collector_name="", old_card_surrendered=True, nonce=f"demo-{card_id}", actor_id=None,
                at=self._at(days_ago, 10),
            )  # fmt: skip
            tell(done, len(stays))
        self._seat_clerk()
        return len(stays)

    def _open_days(self, counters: set[int]) -> list[int]:
        """Give, in days ago, when counters worked since the cards came; in a week of holidays they open on one day."""
        week = range(7, 0, -1)
        worked = [ago for ago in week if is_open_day(self._at(ago).date(), weekdays=working_week())]
        for counter_id in counters if not worked else ():
            open_extra_day(
                office_id=counter_id,
                day=self._at(3).date(),
                reason="libur panjang",
                actor_id=None,
                at=self._at(7),
            )
        return worked or [3]

    def _seat_clerk(self) -> None:
        """Let the clerk work where most cards wait: small demos leave many a shelf empty."""
        waiting = CounterStay.objects.filter(live=True).values("counter").annotate(cards=Count("pk"))
        fullest = waiting.order_by("-cards", "counter").first()
        if fullest is not None:
            counter = Office.objects.get(pk=fullest["counter"])
            self.logins = [
                seated(login, counter) if login.username == CLERK else login for login in self.logins
            ]

    def send_messages(self, tell: Tell) -> int:
        return send_queued(at=self._at(0, 10), limit=1_000_000).sent
