"""What the post says by telephone: recorded by scan, as a file's row would be, and undone."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry, User
from delivery.by_hand import record_by_hand, undo_last_by_hand
from delivery.models import HandEvent, Message, TrackingEvent
from delivery.refusals import Code, DeliveryRefused
from offices.models import Office
from shipments.models import ShipmentState
from tests import factories
from tests.delivery.mailing import HANDED_OVER_AT, Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = HANDED_OVER_AT + timedelta(days=2)


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=3)


def told(office: Office, user: User, *scans: str, status: str = "DELIVERED", **extra: object) -> list[str]:
    fields = {"at": AT, "occurred_at": AT - timedelta(hours=1), **extra}
    answers = record_by_hand(office_id=office.pk, scans=scans, status=status, actor_id=user.pk, **fields)  # type: ignore[arg-type]
    return [answer.outcome.value for answer in answers]


def test_a_scanned_set_is_recorded_with_one_outcome_per_scan(
    mailed: Mailed, registry: Office, post_office: Office, supervisor: User
) -> None:
    waiting = mail_cards(office=registry, post_office=post_office, number=1, state=ShipmentState.CLOSED)
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    foreign = mail_cards(office=other, post_office=post_office, number=1)
    number = [item.number or "" for item in mailed.items]
    scans = (
        number[0], mailed.cards[1].reference.lower(), number[0], "RZ000000005ID", str(foreign.items[0].number),
        str(waiting.items[0].number), number[2][:4] + str((int(number[2][4]) + 1) % 10) + number[2][5:],
    )  # fmt: skip
    assert told(registry, supervisor, *scans, status="ATTEMPT_FAILED", reason="ABSENT", place="Tambun") == [
        "applied", "applied", "duplicate", "unknown_item", "other_office", "not_posted", "misread",
    ]  # fmt: skip
    assert [state_of(card) for card in mailed.cards] == [("ATTEMPT_FAILED", "ABSENT")] * 2 + [("POSTED", "")]
    assert (HandEvent.objects.count(), state_of(foreign.cards[0])) == (2, ("POSTED", ""))
    entry = AuditEntry.objects.get(operation="RECORD_EVENTS")
    assert (entry.object_key, entry.details) == ("ATTEMPT_FAILED", {"reason": "ABSENT", "events": 2})


def test_the_last_set_is_undone_and_may_be_said_again(
    mailed: Mailed, registry: Office, supervisor: User, printing_user: User
) -> None:
    numbers = [str(item.number) for item in mailed.items]
    told(registry, supervisor, numbers[2], at=AT - timedelta(minutes=5))
    assert told(registry, supervisor, *numbers[:2]) == ["applied", "applied"]
    with pytest.raises(DeliveryRefused) as refused:
        undo_last_by_hand(office_id=registry.pk, actor_id=printing_user.pk, at=AT)
    assert refused.value.code is Code.NOTHING_TO_UNDO
    undone = undo_last_by_hand(office_id=registry.pk, actor_id=supervisor.pk, at=AT)
    assert undone == [card.reference for card in mailed.cards[:2]]
    assert [state_of(card)[0] for card in mailed.cards] == ["POSTED", "POSTED", "DELIVERED"]
    assert not Message.objects.filter(
        card__in=mailed.cards[:2], occasion="DELIVERED", state="QUEUED"
    ).exists()
    again = AT + timedelta(minutes=1)
    assert told(registry, supervisor, numbers[0], at=again) == ["applied"]
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")
    assert undo_last_by_hand(office_id=registry.pk, actor_id=supervisor.pk, at=again) == [
        mailed.cards[0].reference
    ]
    assert undo_last_by_hand(office_id=registry.pk, actor_id=supervisor.pk, at=again) == [
        mailed.cards[2].reference
    ]


@pytest.mark.parametrize(
    ("status", "hours", "code"),
    [
        ("COLLECTED", 0, Code.MEANING_UNKNOWN),
        ("LOST", 0, Code.MEANING_UNKNOWN),
        ("DELIVERED", 3, Code.TIME_AHEAD),
        ("DELIVERED", -71 * 366 * 24, Code.TIME_TOO_EARLY),
    ],
)
def test_what_only_we_can_do_and_what_lies_ahead_is_refused(
    mailed: Mailed, registry: Office, supervisor: User, status: str, hours: int, code: Code
) -> None:
    before = TrackingEvent.objects.count()
    with pytest.raises(DeliveryRefused) as refused:
        told(
            registry, supervisor, str(mailed.items[0].number), status=status,
            occurred_at=AT + timedelta(hours=hours),
        )  # fmt: skip
    assert refused.value.code is code
    assert (TrackingEvent.objects.count(), state_of(mailed.cards[0])) == (before, ("POSTED", ""))
