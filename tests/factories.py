"""Make synthetic offices, users and cards for tests."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from accounts.models import Role, User
from addresses.models import Address, Verdict
from offices.models import AreaServed, Office, Service
from privacy.crypto import blind_index
from shipments.models import Card

_serial = count(1)
PRINTED_AT = datetime(2020, 4, 1, 3, 0, tzinfo=UTC)
JATIMULYA = "32.16.06.1001"

_SERVICE_OF_KIND = {
    Office.Kind.POST_OFFICE: Service.POSTING,
    Office.Kind.COUNTER: Service.PICKUP,
    Office.Kind.REGISTRY: Service.RECEIVING,
}


def make_office(
    *,
    code: str,
    kind: Office.Kind,
    region_code: str,
    parent: Office | None = None,
    serves: Sequence[str] = (),
) -> Office:
    """Make an office and let it serve areas with the service of its kind."""
    office = Office.objects.create(
        code=code,
        name=f"Kantor {code}",
        kind=kind,
        parent=parent,
        region_code=region_code,
        address="Jl. Contoh 1",
    )
    for area_code in serves:
        AreaServed.objects.create(office=office, service=_SERVICE_OF_KIND[kind], area_code=area_code)
    return office


def make_user(*, role: Role, office: Office | None, **extra: Any) -> User:
    """Make a user whose password is `rahasia-sekali-12`."""
    return User.objects.create_user(
        username=f"pengguna{next(_serial)}", password="rahasia-sekali-12", role=role, office=office, **extra
    )


def nik(serial: int) -> str:
    """Give a synthetic NIK of 16 digits."""
    return f"321606{(serial // 10_000) % 28 + 1:02}0190{serial % 10_000:04}"


def make_cards(
    *,
    office: Office,
    number: int,
    verdict: Verdict = Verdict.DELIVERABLE,
    village_code: str = JATIMULYA,
    rw: str = "007",
    printed_on: date = date(2020, 4, 1),
    **fields: Any,
) -> list[Card]:
    """Make registered cards with checked addresses, in intake order; nothing else is done with them."""
    serials = [next(_serial) for _ in range(number)]
    addresses = Address.objects.bulk_create(
        [
            Address(
                office=office, alamat=f"Jl. Contoh No. {s}", rt_rw=f"001/{rw}", desa_kelurahan="Jatimulya",
                kecamatan="Tambun Selatan", kabupaten="Kab. Bekasi", provinsi="Jawa Barat", kode_pos="17510",
                rt="001", rw=rw, verdict=verdict, next_action="ACCEPT", village_code=village_code,
                match_level="VILLAGE", postcode="17510", confidence=0.99, latitude=-6.26, longitude=107.02,
                radius_m=900, checked_at=PRINTED_AT,
            )
            for s in serials
        ]
    )  # fmt: skip
    return Card.objects.bulk_create(
        [
            Card(
                office=office, reference=f"T{s:08}", fingerprint=f"{s:032}", nik=nik(s),
                nik_index=blind_index(nik(s), purpose="card.nik"), name=f"Warga Contoh {s}",
                printed_on=printed_on, address=address, created_at=PRINTED_AT, **fields,
            )
            for s, address in zip(serials, addresses, strict=True)
        ]
    )  # fmt: skip
