"""Offices, what they serve and when they are open."""

import datetime
import django.core.validators
import django.db.models.deletion
import offices.models
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('offices', '0001_offices_areas_closures_quotas'), ('offices', '0002_weekdays_documents_and_reminders'), ('offices', '0003_service_days_and_label_file_days'), ('offices', '0004_what_follows_undelivered_cards'), ('offices', '0005_status_files_applied_without_a_person'), ('offices', '0006_slots_of_a_day')]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Office',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=16, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('REGISTRY', 'registry office'), ('COUNTER', 'counter'), ('POST_OFFICE', 'post office'), ('VILLAGE', 'village office')], max_length=12)),
                ('region_code', models.CharField(max_length=13, validators=[django.core.validators.RegexValidator('^\\d{2}(\\.\\d{2}(\\.\\d{2}(\\.\\d{4})?)?)?$', 'Write a region code such as 32.16.06.2003.')])),
                ('address', models.TextField(blank=True, default='')),
                ('opening_hours', models.CharField(blank=True, default='', max_length=120)),
                ('open_weekdays', models.JSONField(default=offices.models.working_week, help_text='0 = Monday … 6 = Sunday')),
                ('opens_at', models.TimeField(default=datetime.time(8, 0), help_text='from here on the day is cut into slots')),
                ('closes_at', models.TimeField(default=datetime.time(15, 0))),
                ('time_zone', models.CharField(choices=[('Asia/Jakarta', 'WIB'), ('Asia/Makassar', 'WITA'), ('Asia/Jayapura', 'WIT')], default='Asia/Jakarta', max_length=16)),
                ('latitude', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('longitude', models.DecimalField(blank=True, decimal_places=4, max_digits=8, null=True)),
                ('items_per_day', models.PositiveIntegerField(blank=True, null=True)),
                ('service_days', models.PositiveSmallIntegerField(blank=True, help_text="a post office's open days until news of an item is overdue; empty: the registry's policy", null=True)),
                ('applies_status_files', models.BooleanField(default=False, help_text='its status files are applied without a person who looks at the preview')),
                ('is_active', models.BooleanField(default=True)),
                ('parent', models.ForeignKey(blank=True, help_text='the registry office that it works for', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='offices.office')),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('code', ''), _negated=True), name='office_code_not_empty'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'REGISTRY'), ('parent__isnull', True)), models.Q(models.Q(('kind', 'REGISTRY'), _negated=True), ('parent__isnull', False)), _connector='OR'), name='office_works_for_a_registry'), models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='office_closes_after_it_opens')],
            },
        ),
        migrations.CreateModel(
            name='HandoverPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('collectors', models.JSONField(default=list, help_text='who may collect: HOLDER, SAME_FAMILY_CARD, WRITTEN_AUTHORITY, VILLAGE_OFFICER')),
                ('documents', models.JSONField(default=offices.models.documents_to_show, help_text='collector → lists of documents; one of each list must be shown')),
                ('old_card_required', models.BooleanField(default=True)),
                ('delivery_attempts', models.PositiveSmallIntegerField(default=2)),
                ('hold_days', models.PositiveSmallIntegerField(default=30)),
                ('reminder_days', models.JSONField(default=offices.models.days_of_reminders, help_text='days after arrival at the counter')),
                ('slot_minutes', models.PositiveSmallIntegerField(default=60, help_text="length of a counter's slot, for which people book")),
                ('offer_minutes', models.PositiveSmallIntegerField(default=60, help_text='how long a place that became free is kept for the next on the waiting list')),
                ('silent_after_days', models.PositiveSmallIntegerField(default=8, help_text='open days of a post office until news of an item is overdue')),
                ('label_file_days', models.PositiveSmallIntegerField(default=7, help_text='days after which drawn labels are removed: they hold names and addresses')),
                ('items_per_shipment', models.PositiveIntegerField(default=2000)),
                ('items_per_bag', models.PositiveIntegerField(default=200)),
                ('items_per_day', models.PositiveIntegerField(blank=True, null=True)),
                ('office', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='policy', to='offices.office')),
            ],
            options={
                'verbose_name_plural': 'handover policies',
                'constraints': [models.CheckConstraint(condition=models.Q(('delivery_attempts__gte', 1), ('hold_days__gte', 1), ('items_per_bag__gte', 1), ('items_per_shipment__gte', 1)), name='policy_numbers_positive'), models.CheckConstraint(condition=models.Q(('offer_minutes__gte', 1), ('slot_minutes__gte', 5)), name='policy_minutes_positive')],
            },
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(blank=True, help_text='a card that came back after fewer attempts is sent again', null=True)),
                ('days', models.PositiveSmallIntegerField(blank=True, help_text='not sent again when so many days have passed since it was first posted', null=True)),
                ('follows', models.CharField(blank=True, choices=[('COUNTER', 'counter pickup'), ('SEND_AGAIN', 'send again once, then counter pickup'), ('VILLAGE', 'village list'), ('REGISTRY', 'back to the registry')], default='', max_length=10)),
                ('hold_days', models.PositiveSmallIntegerField(blank=True, help_text='how long a counter keeps a card', null=True)),
                ('after_hold', models.CharField(blank=True, choices=[('VILLAGE', 'village list, then back to the registry'), ('REGISTRY', 'back to the registry')], default='', max_length=10)),
                ('office', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='follow_up', to='offices.office')),
            ],
            options={
                'ordering': ['office__code'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('attempts__isnull', True), ('attempts__gte', 1), _connector='OR'), models.Q(('days__isnull', True), ('days__gte', 1), _connector='OR'), models.Q(('hold_days__isnull', True), ('hold_days__gte', 1), _connector='OR')), name='follow_up_numbers_positive'), models.CheckConstraint(condition=models.Q(('follows__in', ['', 'COUNTER', 'SEND_AGAIN', 'VILLAGE', 'REGISTRY']), ('after_hold__in', ['', 'VILLAGE', 'REGISTRY'])), name='follow_up_known')],
            },
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(choices=[('POSTING', 'posting'), ('RECEIVING', 'receiving'), ('PICKUP', 'counter pickup')], max_length=12)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('delegate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='delegated', to='offices.office')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='delegations', to='offices.office')),
            ],
            options={
                'ordering': ['-starts_on'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='delegation_ends_after_start'), models.CheckConstraint(condition=models.Q(('office', models.F('delegate')), _negated=True), name='delegation_to_another_office')],
            },
        ),
        migrations.CreateModel(
            name='Closure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_code', models.CharField(blank=True, default='', max_length=13, validators=[django.core.validators.RegexValidator('^\\d{2}(\\.\\d{2}(\\.\\d{2}(\\.\\d{4})?)?)?$', 'Write a region code such as 32.16.06.2003.')])),
                ('service', models.CharField(blank=True, choices=[('POSTING', 'posting'), ('RECEIVING', 'receiving'), ('PICKUP', 'counter pickup')], default='', help_text='empty: all', max_length=12)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('reason', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('office', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='closures', to='offices.office')),
            ],
            options={
                'ordering': ['-starts_on'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='closure_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('area_code', ''), ('office__isnull', False)), models.Q(('office__isnull', True), models.Q(('area_code', ''), _negated=True)), _connector='OR'), name='closure_of_office_or_area')],
            },
        ),
        migrations.CreateModel(
            name='AreaServed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(choices=[('POSTING', 'posting'), ('RECEIVING', 'receiving'), ('PICKUP', 'counter pickup')], max_length=12)),
                ('area_code', models.CharField(max_length=13, validators=[django.core.validators.RegexValidator('^\\d{2}(\\.\\d{2}(\\.\\d{2}(\\.\\d{4})?)?)?$', 'Write a region code such as 32.16.06.2003.')])),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='areas', to='offices.office')),
            ],
            options={
                'verbose_name_plural': 'areas served',
                'constraints': [models.UniqueConstraint(fields=('service', 'area_code'), name='one_office_per_service_and_area')],
            },
        ),
        migrations.CreateModel(
            name='Quota',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.CharField(choices=[('ORDINARY', 'ordinary'), ('URGENT', 'urgent')], max_length=8)),
                ('per_day', models.PositiveIntegerField(default=20)),
                ('per_slot', models.PositiveIntegerField(blank=True, help_text="empty: the day's places in equal parts, rounded up", null=True)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quotas', to='offices.office')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('office', 'lane'), name='one_quota_per_office_and_lane')],
            },
        ),
        migrations.CreateModel(
            name='QuotaDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.CharField(choices=[('ORDINARY', 'ordinary'), ('URGENT', 'urgent')], max_length=8)),
                ('day', models.DateField()),
                ('places', models.PositiveIntegerField()),
                ('taken', models.PositiveIntegerField(default=0)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quota_days', to='offices.office')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('office', 'lane', 'day'), name='one_quota_day'), models.CheckConstraint(condition=models.Q(('taken__lte', models.F('places'))), name='quota_day_not_exceeded')],
            },
        ),
        migrations.CreateModel(
            name='QuotaSlot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.CharField(choices=[('ORDINARY', 'ordinary'), ('URGENT', 'urgent')], max_length=8)),
                ('day', models.DateField()),
                ('starts_at', models.TimeField()),
                ('places', models.PositiveIntegerField()),
                ('taken', models.PositiveIntegerField(default=0)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quota_slots', to='offices.office')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('office', 'lane', 'day', 'starts_at'), name='one_quota_slot'), models.CheckConstraint(condition=models.Q(('taken__lte', models.F('places'))), name='quota_slot_not_exceeded')],
            },
        ),
    ]
