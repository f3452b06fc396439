"""Both sides count a transfer; a card that one side does not find is a case with an owner."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# What has arrived in full was counted by the receiver.
CLOSE_WHAT_ARRIVED = """
UPDATE delivery_transfer SET closed_at = received_at
WHERE received_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM delivery_transfercard c WHERE c.transfer_id = delivery_transfer.id AND c.live = TRUE
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0001_initial"),
        ("offices", "0001_initial"),
        ("shipments", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TransferDifference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("NOT_PACKED", "not there when it was packed"),
                            ("MISSING", "missing"),
                            ("EXTRA", "extra"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "scanned",
                    models.CharField(
                        blank=True, default="", help_text="what was scanned, when extra", max_length=40
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "arrived",
                    models.BooleanField(default=False, help_text="closed because the card came after all"),
                ),
                ("resolution", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={
                "ordering": ["-opened_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="transfer",
            name="closed_at",
            field=models.DateTimeField(
                blank=True, help_text="when the receiver's count was complete", null=True
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="packed",
            field=models.PositiveIntegerField(blank=True, help_text="what the sender counted", null=True),
        ),
        migrations.AddField(
            model_name="transfer",
            name="packed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="transfer",
            name="packed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("packed__isnull", True), ("packed_at__isnull", True)),
                    models.Q(("packed__lte", models.F("sent")), ("packed_at__isnull", False)),
                    _connector="OR",
                ),
                name="transfer_packs_what_it_sends",
            ),
        ),
        migrations.AddField(
            model_name="transferdifference",
            name="card",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="shipments.card",
            ),
        ),
        migrations.AddField(
            model_name="transferdifference",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="transferdifference",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="transferdifference",
            name="transfer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="differences",
                to="delivery.transfer",
            ),
        ),
        migrations.AddIndex(
            model_name="transferdifference",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["transfer"],
                name="transfer_differences_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferdifference",
            constraint=models.UniqueConstraint(
                condition=models.Q(("card__isnull", False), ("closed_at__isnull", True)),
                fields=("transfer", "card"),
                name="one_difference_per_card_of_a_transfer",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferdifference",
            constraint=models.UniqueConstraint(
                condition=models.Q(("card__isnull", True), ("closed_at__isnull", True)),
                fields=("transfer", "scanned"),
                name="one_difference_per_extra_of_a_transfer",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferdifference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("card__isnull", True), ("kind", "EXTRA"), models.Q(("scanned", ""), _negated=True)
                    ),
                    models.Q(models.Q(("kind", "EXTRA"), _negated=True), ("card__isnull", False)),
                    _connector="OR",
                ),
                name="transfer_difference_names_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferdifference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("arrived", False), ("closed_at__isnull", True)),
                    models.Q(
                        ("closed_at__isnull", False),
                        models.Q(
                            ("arrived", True), models.Q(("resolution", ""), _negated=True), _connector="OR"
                        ),
                    ),
                    _connector="OR",
                ),
                name="closed_transfer_difference_says_why",
            ),
        ),
        migrations.RunSQL(CLOSE_WHAT_ARRIVED, migrations.RunSQL.noop),
    ]
