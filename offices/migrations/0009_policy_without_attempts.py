"""The attempts of the post are the follow-up rule's; the policy's own were never read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("offices", "0008_extra_days_and_hours_said_from_what_is_set")]

    operations = [
        migrations.RemoveConstraint(model_name="handoverpolicy", name="policy_numbers_positive"),
        migrations.RemoveField(model_name="handoverpolicy", name="delivery_attempts"),
        migrations.AddConstraint(
            model_name="handoverpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(hold_days__gte=1, items_per_shipment__gte=1, items_per_bag__gte=1),
                name="policy_numbers_positive",
            ),
        ),
    ]
