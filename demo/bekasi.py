"""Kabupaten Bekasi in 2020: the published figures that the sample maker works to, its offices, its old names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

REGENCY = "32.16"
REGISTRY_CODE = "3216"


@dataclass(frozen=True, slots=True)
class Shares:
    """How many cards of a sample have which fate."""

    printed: int
    damaged: int
    printed_twice: int
    withdrawn: int
    unclear: int
    undeliverable: int

    def scaled(self, cards: int) -> "Shares":
        """Give the same story for another number of printed cards; every fate happens at least once."""

        def part(number: int) -> int:
            return max(1, round(number * cards / self.printed))

        return Shares(
            printed=cards,
            damaged=part(self.damaged),
            printed_twice=part(self.printed_twice),
            withdrawn=part(self.withdrawn),
            unclear=part(self.unclear),
            undeliverable=part(self.undeliverable),
        )


# As the press reported them; `unclear` is the number of cards that the reports left unexplained.
PUBLISHED = Shares(
    printed=132_289, damaged=202, printed_twice=91, withdrawn=345, unclear=1_249, undeliverable=2_801
)
FEWEST_CARDS = 200

WITHDRAWN_VILLAGE = "32.16.06.1001"  # Jatimulya, houses cleared for the light-rail depot
WITHDRAWN_RW = 7
VILLAGE_OF_LIST = "32.16.17"  # Muaragembong: river country, given out by the village

# Post offices of the story (code, name, district codes); the division is the story's, not the post's.
POST_OFFICES: Sequence[tuple[str, str, Sequence[str]]] = (
    ("17510", "Kantor Pos Tambun", ("32.16.05", "32.16.06")),
    ("17520", "Kantor Pos Cibitung", ("32.16.07",)),
    ("17530", "Kantor Pos Cikarang", ("32.16.08", "32.16.09", "32.16.19", "32.16.20")),
    ("17550", "Kantor Pos Cikarang Timur", ("32.16.10", "32.16.11", "32.16.12")),
    ("17610", "Kantor Pos Babelan", ("32.16.01", "32.16.02")),
    ("17630", "Kantor Pos Sukatani", ("32.16.03", "32.16.04", "32.16.14", "32.16.15")),
    ("17710", "Kantor Pos Pebayuran", ("32.16.13", "32.16.16", "32.16.17")),
    ("17320", "Kantor Pos Setu", ("32.16.18",)),
    ("17340", "Kantor Pos Cibarusah", ("32.16.21", "32.16.22", "32.16.23")),
)

# Other spellings that residents still write.
OLD_NAMES: Mapping[str, str] = {
    "32.16.01.2001": "Segara Makmur",
    "32.16.09.2009": "Hajarmekar",
    "32.16.10.2003": "Karang Setra",
    "32.16.13.2004": "Sumberreja",
    "32.16.14.2006": "Sukakersa",
}

# How many cards a district gets beside the others: the towns along the railway have most people.
WEIGHTS: Mapping[str, int] = {
    "32.16.06": 42, "32.16.07": 22, "32.16.08": 22, "32.16.09": 23, "32.16.02": 21, "32.16.05": 16, "32.16.19": 14,
    "32.16.18": 12, "32.16.01": 11, "32.16.21": 10,
}  # fmt: skip
ORDINARY_WEIGHT = 6
