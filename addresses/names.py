"""Fold Indonesian place names so that different writings of one name become one key."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

MAX_NAME_LENGTH: Final = 120
"""Longer "names" are cut: no area of the gazetteer has a name longer than 50 characters."""

_WORD = re.compile(r"[a-z]+|[0-9]+")
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")

_UNITS: Final = {
    "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5,
    "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9,
}  # fmt: skip
_JOINED_NUMBERS: Final = {
    **_UNITS,
    "pertama": 1,
    "kedua": 2,
    "ketiga": 3,
    "sepuluh": 10,
    "sebelas": 11,
    **{f"{word}belas": 10 + unit for word, unit in _UNITS.items()},
    **{f"{word}puluh": 10 * unit for word, unit in _UNITS.items()},
}
_ROMAN_ONES: Final = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
ROMAN: Final = {"x" * (n // 10) + _ROMAN_ONES[n % 10]: n for n in range(1, 30)}

ABBREVIATIONS: Final = {
    "sei": "sungai", "sui": "sungai", "sungei": "sungai", "sngai": "sungai", "seungai": "sungai",
    "gn": "gunung", "gng": "gunung", "gunong": "gunung",
    "tj": "tanjung", "tg": "tanjung", "tjg": "tanjung", "tjung": "tanjung", "tanjong": "tanjung",
    "kp": "kampung", "kpg": "kampung", "kamp": "kampung", "kampong": "kampung",
    "bkt": "bukit", "tlk": "teluk", "tl": "teluk", "klp": "kelapa", "sp": "simpang", "spg": "simpang",
    "pd": "pondok", "pdk": "pondok", "ps": "pasar", "psr": "pasar", "perk": "perkebunan",
    "kby": "kebayoran", "kb": "kebon", "jkt": "jakarta", "lb": "lubuk", "lbk": "lubuk",
    "utr": "utara", "sel": "selatan", "slt": "selatan", "tim": "timur", "tmr": "timur",
    "bar": "barat", "brt": "barat", "tgh": "tengah", "teng": "tengah", "kep": "kepulauan",
    "rw": "rawa", "pl": "pulau", "kr": "karang", "krg": "karang", "bj": "bojong", "gp": "gampong",
    "mns": "meunasah",
}  # fmt: skip
"""Short words with one usual meaning. Other meanings are tried by `abbreviates` inside the parent area."""


@lru_cache(maxsize=16_384)
def plain(text: str) -> str:
    """Lower case without accents and apostrophes; everything that is no letter or digit becomes one space."""
    text = text[:MAX_NAME_LENGTH].lower()
    words = text.split()
    if text.isascii() and "".join(words).isalnum():
        return " ".join(words)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
        text = "".join(char for char in text if not unicodedata.combining(char))
    elif "'" in text or "`" in text:
        text = _APOSTROPHES.sub("", text)
    return _NOT_NAME.sub(" ", text).strip()


def words_of(text: str) -> list[str]:
    """The canonical words of a name: abbreviations written out, numbers as figures."""
    read = plain(text)
    words = read.split() if read.replace(" ", "").isalpha() else _WORD.findall(read)
    if len(words) > 1 and all(len(word) == 1 for word in words):
        return ["".join(words)]
    if len(words) < 2:
        return words
    return _canonical(words)


def _canonical(words: list[str]) -> list[str]:
    out: list[str] = []
    open_number = False  # "dua puluh" waits for "enam"
    for word in words:
        number = _JOINED_NUMBERS.get(word)
        if number is None:
            roman = ROMAN.get(word)
            if roman is not None:
                out.append(str(roman))
            elif word in {"puluh", "belas"} and open_number:
                value = int(out[-1])
                out[-1] = str(value * 10 if word == "puluh" else value + 10)
                continue
            elif word.isdigit():
                out.append(word.lstrip("0") or "0")
            else:
                out.append(ABBREVIATIONS.get(word, word))
            open_number = False
        elif open_number and number < 10 and out[-1].endswith("0"):
            out[-1] = str(int(out[-1]) + number)
            open_number = False
        else:
            out.append(str(number))
            open_number = True
    return out


def join_words(words: list[str]) -> str:
    """One key without spaces; neighbouring numbers stay apart, so "I II" is not "III"."""
    out = ""
    for word in words:
        if out and word[0].isdigit() and out[-1].isdigit():
            out += "."
        out += word
    return out


@lru_cache(maxsize=32_768)
def key_of(text: str) -> str:
    """The key under which a name is looked up: "Sei Dadap I/II" and "Sungai Dadap 1-2" have the same."""
    if text.isascii() and text.isalpha():
        return text[:MAX_NAME_LENGTH].lower()
    return join_words(words_of(text))


_SPELLING: Final = (
    ("oe", "u"), ("dj", "j"), ("tj", "c"), ("sj", "sy"), ("nj", "ny"), ("ch", "kh"),
    ("v", "p"), ("f", "p"), ("q", "k"), ("ie", "i"), ("eu", "e"), ("y", "i"), ("ng", "n"), ("h", ""),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=32_768)
def sound_of(key: str) -> str:
    """A key that ignores old spelling (oe, dj, tj), doubled letters and a silent h."""
    for old, new in _SPELLING:
        key = key.replace(old, new)
    return _DOUBLED.sub(r"\1", key)


LEVEL_WORDS: Final = {
    "village": frozenset(
        (
            "kel",
            "kelurahan",
            "klurahan",
            "desa",
            "ds",
            "dsa",
            "gampong",
            "gp",
            "nagari",
            "nag",
            "pekon",
            "kampung",
            "kp",
            "kampong",
            "kute",
            "negeri",
        )
    ),
    "district": frozenset(
        ("kec", "kecamatan", "kcmtn", "camat", "distrik", "dist", "kapanewon", "kemantren")
    ),
    "regency": frozenset(("kab", "kabupaten", "kota", "kodya", "kotamadya", "kotamadia", "kodia", "kt")),
    "province": frozenset(("prov", "provinsi", "prop", "propinsi", "prp")),
}
CITY_WORDS: Final = frozenset(("kota", "kodya", "kotamadya", "kotamadia", "kodia", "kt"))
FILLER_WORDS: Final = frozenset(("adm", "administrasi", "adminstrasi", "tingkat"))


def without_level_word(text: str, level: str) -> tuple[str, str]:
    """(level word, rest): strips one level word only, so "Kec. Kota Selatan" keeps its "Kota"."""
    first, _, rest = plain(text).partition(" ")
    if rest and first in LEVEL_WORDS[level]:
        return first, rest
    return "", ""


def abbreviates(short: str, whole: str) -> bool:
    """Whether `short` shortens `whole`: same first letter, its letters in order ("Bj" Banjar)."""
    if not short or not whole or short[0] != whole[0] or len(short) >= len(whole):
        return False
    position = 0
    for letter in short:
        position = whole.find(letter, position) + 1
        if not position:
            return False
    return True
