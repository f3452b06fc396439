"""Wishes are granted or declined in words, and a transfer says what its cards are to do where they arrive."""

from django.db import migrations, models
from django.db.models import Q

# Until now whatever went to a registry office was what nobody had collected.
NOBODY_COLLECTED = """
UPDATE delivery_transfer SET purpose = 'UNCLAIMED'
WHERE to_office_id IN (SELECT id FROM offices_office WHERE kind = 'REGISTRY')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0017_messages_numbered_by_item_and_stay"),
    ]

    operations = [
        migrations.AddField(
            model_name="residentchoice",
            name="answer",
            field=models.CharField(
                blank=True, default="", help_text="the office's words, for the holder", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="residentchoice",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[("", "not answered"), ("GRANTED", "granted"), ("DECLINED", "declined")],
                default="",
                help_text="what the office said to the wish",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="residentchoice",
            constraint=models.CheckConstraint(
                condition=Q(outcome="") | Q(settled_at__isnull=False), name="answered_wish_is_settled"
            ),
        ),
        migrations.AddConstraint(
            model_name="residentchoice",
            constraint=models.CheckConstraint(
                condition=~Q(outcome="DECLINED") | ~Q(answer=""), name="declined_wish_has_answer"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("PICKUP", "to be collected there"),
                    ("UNCLAIMED", "nobody collected them"),
                    ("POST", "to be posted again"),
                ],
                default="PICKUP",
                max_length=9,
            ),
        ),
        migrations.RunSQL(NOBODY_COLLECTED, migrations.RunSQL.noop, elidable=True),
        migrations.AlterField(
            model_name="message",
            name="occasion",
            field=models.CharField(
                choices=[
                    ("REGISTERED", "registered"),
                    ("DISPATCHED", "dispatched"),
                    ("OUT_FOR_DELIVERY", "out for delivery"),
                    ("ATTEMPT_FAILED", "attempt failed"),
                    ("READY_AT_COUNTER", "ready at the counter"),
                    ("REMINDER", "reminder"),
                    ("MOVED", "moved to another counter"),
                    ("REOPENED", "the counter is open again"),
                    ("PLACE_OFFERED", "a place became free"),
                    ("COLLECTED", "collected"),
                    ("ENQUIRY_ANSWERED", "question answered"),
                    ("ADDRESS_CHECKED", "address correction decided"),
                    ("WISH_ANSWERED", "wish answered"),
                    ("CONTACT_CHANGED", "phone or e-mail changed"),
                    ("REPLY_NOTED", "reply noted"),
                    ("REPLY_HELP", "reply not understood"),
                ],
                max_length=16,
            ),
        ),
    ]
