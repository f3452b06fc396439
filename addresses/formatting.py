"""Write an address as it is printed on mail: the lines of UPU S42 for Indonesia."""

from __future__ import annotations

from addresses.gazetteer import Gazetteer, is_five_digits
from addresses.outcome import AddressCheck, AddressInput, Part
from addresses.parsing import MAX_FIELD_LENGTH, MAX_LINE_LENGTH, cleaned, read_rt_rw

VILLAGE_WORDS = {"1": "Kel.", "2": "Desa", "3": "Desa Adat"}
"""By the first digit of the code's fourth part: kelurahan, desa, desa adat."""


def village_word(code: str) -> str:
    """The level word printed before a village's name."""
    return VILLAGE_WORDS.get(code[9:10], "Desa")


def address_lines(
    gazetteer: Gazetteer, address: AddressInput, check: AddressCheck, *, with_province: bool = False
) -> tuple[str, ...]:
    """The lines below the name: street; RT/RW; village and district; regency in capitals with the postcode.

    The resident's own spelling is printed; the official name fills in only where a field is empty. The code
    decides between "Kel." and "Desa". Empty parts leave no gap.
    """
    lines = [
        _clean(address.alamat, MAX_LINE_LENGTH),
        _neighbourhood(address, check),
        _village_line(gazetteer, address, check),
        _regency_line(address, check),
    ]
    if with_province:
        lines.append(_own_or_official(address.provinsi, check, Part.PROVINCE).upper())
    return tuple(line for line in lines if line)


def _clean(text: str, limit: int = MAX_FIELD_LENGTH) -> str:
    return " ".join(cleaned(text, limit).split())


def _neighbourhood(address: AddressInput, check: AddressCheck) -> str:
    rt, rw, _ = read_rt_rw(address.rt_rw) if address.rt_rw else ("", "", False)
    # The line may carry them already: printed twice they would look like two neighbourhoods.
    if not address.rt_rw.strip():
        return _hamlet(address)
    rt, rw = rt or check.component(Part.RT).canonical, rw or check.component(Part.RW).canonical
    written = " / ".join(part for part in (rt and f"RT {rt}", rw and f"RW {rw}") if part)
    return ", ".join(part for part in (written, _hamlet(address)) if part)


def _hamlet(address: AddressInput) -> str:
    hamlet = _clean(address.dusun).strip("-/., ")
    village = _clean(address.desa_kelurahan)
    return f"Dusun {hamlet}" if hamlet and hamlet.casefold() != village.casefold() else ""


def _own_or_official(typed: str, check: AddressCheck, part: Part) -> str:
    return _clean(typed) or check.component(part).canonical


def _village_line(gazetteer: Gazetteer, address: AddressInput, check: AddressCheck) -> str:
    village = _own_or_official(address.desa_kelurahan, check, Part.VILLAGE)
    district = _own_or_official(address.kecamatan, check, Part.DISTRICT)
    parts = []
    if village:
        word = village_word(check.village_code) if check.village_code in gazetteer else "Desa/Kel."
        parts.append(village if _has_level_word(village) else f"{word} {village}")
    if district:
        parts.append(district if _has_level_word(district) else f"Kec. {district}")
    return ", ".join(parts)


def _has_level_word(name: str) -> bool:
    first = name.split()[0].casefold().rstrip(".:")
    return first in {"kel", "kelurahan", "desa", "ds", "kec", "kecamatan", "distrik", "gampong", "nagari"}


def _regency_line(address: AddressInput, check: AddressCheck) -> str:
    """ "KABUPATEN BEKASI 17530": the official name in full, since kota and kabupaten are often confused.

    The postcode is the village's: a typed one is another's in every third address.
    """
    regency = check.component(Part.REGENCY).canonical or _clean(address.kabupaten)
    typed = address.kode_pos.strip()
    postcode = check.component(Part.POSTCODE).canonical or (typed if is_five_digits(typed) else "")
    return " ".join(part for part in (regency.upper(), postcode) if part)
