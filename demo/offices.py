"""Set up the offices, areas, policies and users of the story."""

import secrets
from dataclasses import dataclass, replace

from accounts.models import Role, User
from addresses import gazetteer
from demo.bekasi import POST_OFFICES, REGENCY, REGISTRY_CODE
from offices.models import AreaServed, HandoverPolicy, Office, Quota, Service

CLERK = "loket"


@dataclass(frozen=True, slots=True)
class Login:
    """A generated sign-in, shown once on the terminal."""

    role: str
    username: str
    password: str


def set_up_offices() -> Office:
    """Make the registry office, a counter in every district and the post offices; give the registry office."""
    registry = Office.objects.create(
        code=REGISTRY_CODE,
        name="Disdukcapil Kabupaten Bekasi",
        kind=Office.Kind.REGISTRY,
        region_code=REGENCY,
        address="Komplek Perkantoran Pemerintah Kabupaten Bekasi\nCikarang Pusat, Kabupaten Bekasi 17530",
    )
    HandoverPolicy.objects.create(
        office=registry, collectors=["HOLDER", "SAME_FAMILY_CARD", "WRITTEN_AUTHORITY", "VILLAGE_OFFICER"]
    )
    AreaServed.objects.create(office=registry, service=Service.RECEIVING, area_code=REGENCY)
    for district in gazetteer.load().children(REGENCY):
        counter = Office.objects.create(
            code=f"L{district.code.replace('.', '')}",
            name=f"Loket Kecamatan {district.name}",
            kind=Office.Kind.COUNTER,
            parent=registry,
            region_code=district.code,
            address=f"Kantor Kecamatan {district.name}, Kabupaten Bekasi",
            latitude=round(district.lat, 4),
            longitude=round(district.lon, 4),
        )
        AreaServed.objects.create(office=counter, service=Service.PICKUP, area_code=district.code)
        for lane, places in ((Quota.Lane.ORDINARY, 60), (Quota.Lane.URGENT, 20)):
            Quota.objects.create(office=counter, lane=lane, per_day=places)
    for code, name, districts in POST_OFFICES:
        post_office = Office.objects.create(
            code=code, name=name, kind=Office.Kind.POST_OFFICE, parent=registry, region_code=districts[0]
        )
        for district_code in districts:
            AreaServed.objects.create(office=post_office, service=Service.POSTING, area_code=district_code)
    return registry


def set_up_users(*, registry: Office, counter: Office, post_office: Office) -> list[Login]:
    """Make one user a role with a generated password."""
    people = (
        (Role.PRINTING, "cetak", registry),
        (Role.PARTNER, f"pos-{post_office.code}", post_office),
        (Role.COUNTER, CLERK, counter),
        (Role.SUPERVISOR, "kabid", registry),
        (Role.DATA_PROTECTION, "pdp", registry),
        (Role.ADMINISTRATOR, "admin", None),
    )
    logins = []
    for role, username, office in people:
        password = secrets.token_urlsafe(12)
        administrator = role == Role.ADMINISTRATOR
        User.objects.create_user(
            username=username, password=password, role=role, office=office,
            is_staff=administrator, is_superuser=administrator,
        )  # fmt: skip
        place = office.name if office else ""
        logins.append(Login(role=f"{role.label} {place}".strip(), username=username, password=password))
    return logins


def seated(login: Login, counter: Office) -> Login:
    """Let the clerk of a login work at another counter."""
    User.objects.filter(username=login.username).update(office=counter)
    return replace(login, role=f"{Role.COUNTER.label} {counter.name}")


def first_of(kind: Office.Kind, *, region: str) -> Office:
    """Give the story's office of a kind that serves a region."""
    service = {Office.Kind.COUNTER: Service.PICKUP, Office.Kind.POST_OFFICE: Service.POSTING}[kind]
    return AreaServed.objects.select_related("office").get(service=service, area_code=region).office
