"""The handover policy by page and API: what is refused is said at its place, and only one's own registry is there."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, Role, User
from offices.models import HandoverPolicy, Office
from tests import factories
from tests.web.conftest import SignIn

PAGE, API = "/kebijakan/", "/api/v1/policies/"


@pytest.fixture
def chief(sign_in: SignIn, supervisor: User) -> Client:
    client = sign_in(supervisor)
    client.cookies["django_language"] = "en"
    return client


def typed(client: Client, **changes: Any) -> dict[str, Any]:
    """Give what the page's form holds, with some of it changed."""
    form = client.get(PAGE).context["form"]
    values = {name: form[name].value() for name in form.fields}
    kept = {name: value for name, value in values.items() if value not in (None, False)}
    return {**kept, **changes}


def test_the_policy_is_changed_and_said(chief: Client, registry: Office) -> None:
    changes = {"hold_days": "21", "reminder_days": "5; 10", "items_per_day": "400"}
    papers = {"papers_HOLDER_1": ["FAMILY_CARD"]}
    page = chief.post(PAGE, typed(chief, **changes, **papers), follow=True).content.decode()
    assert "The policy was changed." in page
    policy = HandoverPolicy.objects.get(office=registry)
    assert (policy.hold_days, policy.reminder_days, policy.items_per_day) == (21, [5, 10], 400)
    assert policy.documents["HOLDER"][1:] == [["FAMILY_CARD"]]
    audit = chief.get("/audit/?operation=SET_POLICY").content.decode()
    assert "changed the handover policy" in audit
    again = chief.post(PAGE, typed(chief), follow=True).content.decode()
    assert "Nothing has changed." in again
    assert AuditEntry.objects.filter(operation="SET_POLICY").count() == 1


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"hold_days": "0"}, 422, "Days that a card waits at the counter:"),
        ({"hold_days": ""}, 422, "Days that a card waits at the counter:"),
        ({"reminder_days": "soon"}, 422, "Write days such as 7, 14."),
        ({"reminder_days": "7, 30"}, 409, "Write at most 5 different days of reminders"),
        ({"collectors": ["SAME_FAMILY_CARD"]}, 409, "The holder may always collect."),
        ({"collectors": ["NEIGHBOUR"]}, 422, "Who may collect:"),
        ({"papers_HOLDER_0": []}, 409, "Say which papers must be shown by: the holder."),
        ({"seen": "x"}, 409, "Somebody has changed the policy meanwhile."),
    ],
)
def test_what_makes_no_sense_is_refused_and_what_was_typed_is_kept(
    chief: Client, changes: dict[str, Any], status: int, said: str
) -> None:
    response = chief.post(PAGE, typed(chief, offer_minutes="77", **changes))
    assert response.status_code == status
    assert said in response.content.decode()
    assert 'value="77"' in response.content.decode()
    assert not HandoverPolicy.objects.exists()


def test_the_api_changes_what_is_named_and_leaves_the_rest(chief: Client, registry: Office) -> None:
    (shown,) = chief.get(API).json()
    assert (shown["office"], shown["hold_days"], shown["collectors"]) == (
        registry.code, 30, ["HOLDER", "SAME_FAMILY_CARD"],
    )  # fmt: skip
    asked = {
        "office": registry.code,
        "version": shown["version"],
        "hold_days": 20,
        "documents": {"HOLDER": [["OLD_CARD"]]},
    }
    changed = chief.post(API, asked, content_type="application/json").json()
    assert (changed["hold_days"], changed["reminder_days"]) == (20, [7, 14])
    assert changed["documents"]["HOLDER"] == [["OLD_CARD"]]
    assert changed["documents"]["SAME_FAMILY_CARD"] == [["FAMILY_CARD"]]
    late = chief.post(API, asked, content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (409, "policy_changed")
    wrong = chief.post(API, {"office": registry.code, "reminder_days": [25]}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "policy_reminders")
    empty = chief.post(API, {"office": registry.code, "hold_days": 0}, content_type="application/json")
    assert empty.status_code == 400


def test_another_registrys_policy_is_not_there(chief: Client) -> None:
    factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    assert chief.get(f"{PAGE}?office=3275").status_code == 404
    assert chief.post(f"{PAGE}?office=3275", {}).status_code == 404
    asked = {"office": "3275", "hold_days": 9}
    assert chief.post(API, asked, content_type="application/json").status_code == 404
    assert not HandoverPolicy.objects.exists()


def test_an_administrator_chooses_the_registry(sign_in: SignIn, registry: Office) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    client = sign_in(factories.make_user(role=Role.ADMINISTRATOR, office=None))
    page = client.get(f"{PAGE}?office=3275").content.decode()
    assert registry.code in page
    form = client.get(f"{PAGE}?office=3275").context["form"]
    values = {name: form[name].value() for name in form.fields}
    values = {name: value for name, value in values.items() if value not in (None, False)}
    client.post(f"{PAGE}?office=3275", {**values, "hold_days": "20"})
    assert HandoverPolicy.objects.get().office == other
