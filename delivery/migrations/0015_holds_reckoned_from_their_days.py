from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import migrations, models
from django.db.models import F, Sum
from django.db.models.functions import TruncDate

CHUNK = 5_000


def tell_days(apps, schema_editor):
    """Take the days that closures added from the last day again, and count them from the day of arrival."""
    stays = apps.get_model("delivery", "CounterStay").objects
    for zone in apps.get_model("offices", "Office").objects.values_list("time_zone", flat=True).distinct():
        arrived = TruncDate("arrived_at", tzinfo=ZoneInfo(zone))
        stays.filter(counter__time_zone=zone).update(hold_from=arrived, hold_base=F("hold_until"))
    longer = apps.get_model("delivery", "ClosureStay").objects.values("stay_id", "stay__hold_until")
    groups = defaultdict(list)
    for row in longer.annotate(added=Sum("days")).order_by("stay_id"):
        groups[row["stay__hold_until"] - timedelta(days=row["added"])].append(row["stay_id"])
    for base, keys in groups.items():
        for start in range(0, len(keys), CHUNK):
            stays.filter(pk__in=keys[start : start + CHUNK]).update(hold_base=base)


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0014_transfers_counted_by_both_sides"),
        ("offices", "0007_closures_that_send_cards_away"),
    ]

    operations = [
        migrations.AddField("counterstay", "hold_from", models.DateField(null=True)),
        migrations.AddField("counterstay", "hold_base", models.DateField(null=True)),
        migrations.RunPython(tell_days, migrations.RunPython.noop),
        migrations.AlterField(
            "counterstay",
            "hold_from",
            models.DateField(help_text="closed days from here on do not count"),
        ),
        migrations.AlterField(
            "counterstay", "hold_base", models.DateField(help_text="the last day without closures")
        ),
        migrations.AlterField(
            "counterstay", "hold_until", models.DateField(help_text="the last day, closed days added")
        ),
        migrations.DeleteModel("ClosureStay"),
    ]
