"""Who received it, as a text says; and which file gave an item the post's number."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0015_holds_reckoned_from_their_days"),
        ("shipments", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="statustext",
            name="receiver",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.CreateModel(
            name="GivenNumber",
            fields=[
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="number_giver",
                        serialize=False,
                        to="shipments.item",
                    ),
                ),
                (
                    "courier_file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="given_numbers",
                        to="delivery.courierfile",
                    ),
                ),
            ],
        ),
    ]
