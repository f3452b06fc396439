"""What other rooms call: check and store addresses, work the review desk, teach the gazetteer names."""

from addresses.checking import (
    StoredAddress,
    build_addresses,
    check_addresses,
    corrections_of,
    printed_lines,
    printed_region,
    region_line,
    store_addresses,
)
from addresses.outcome import AddressCheck, AddressInput
from addresses.regions import (
    Imported,
    current_gazetteer,
    current_resolver,
    import_aliases,
    import_postcodes,
)
from addresses.reopening import reopen_addresses
from addresses.reviews import (
    AliasSuggestion,
    Candidate,
    Decided,
    ReviewGroup,
    alias_suggestions,
    decide,
    decide_alias,
    recheck_waiting,
    review_groups,
    waiting_addresses,
)

__all__ = [
    "AddressCheck",
    "AddressInput",
    "AliasSuggestion",
    "Candidate",
    "Decided",
    "Imported",
    "ReviewGroup",
    "StoredAddress",
    "alias_suggestions",
    "build_addresses",
    "check_addresses",
    "corrections_of",
    "current_gazetteer",
    "current_resolver",
    "decide",
    "decide_alias",
    "import_aliases",
    "import_postcodes",
    "printed_lines",
    "printed_region",
    "recheck_waiting",
    "region_line",
    "reopen_addresses",
    "review_groups",
    "store_addresses",
    "waiting_addresses",
]
