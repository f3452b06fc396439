"""Who looked at whose data, which nothing changes, requests and breaches."""

import django.db.models.deletion
import privacy.fields
from django.conf import settings
from django.db import migrations, models

from privacy.append_only import AppendOnly

class Migration(migrations.Migration):

    replaces = [('privacy', '0001_access_log_and_requests'), ('privacy', '0002_access_log_is_append_only'), ('privacy', '0003_breach_register')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('offices', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('OPEN', 'opened'), ('SEARCH', 'searched'), ('EXPORT', 'exported')], max_length=8)),
                ('subject_kind', models.CharField(max_length=24)),
                ('subject_key', models.CharField(max_length=64)),
                ('records', models.PositiveIntegerField(default=1)),
                ('at', models.DateTimeField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['subject_kind', 'subject_key', 'at'], name='access_of_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(('records__gte', 0)), name='access_records_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Breach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', privacy.fields.EncryptedTextField(purpose='breach.what')),
                ('data_kinds', privacy.fields.EncryptedTextField(help_text='which personal data', purpose='breach.data_kinds')),
                ('measures', privacy.fields.EncryptedTextField(blank=True, default='', purpose='breach.measures')),
                ('people', models.PositiveIntegerField()),
                ('occurred_at', models.DateTimeField(blank=True, null=True)),
                ('noticed_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('authority_notified_at', models.DateTimeField(blank=True, null=True)),
                ('people_notified_at', models.DateTimeField(blank=True, null=True)),
                ('recorded_at', models.DateTimeField()),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offices.office')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'breaches',
                'ordering': ['-noticed_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('due_at__gt', models.F('noticed_at'))), name='breach_due_after_notice'), models.CheckConstraint(condition=models.Q(('occurred_at__isnull', True), ('occurred_at__lte', models.F('noticed_at')), _connector='OR'), name='breach_noticed_after_it_happened'), models.CheckConstraint(condition=models.Q(models.Q(('authority_notified_at__isnull', True), ('authority_notified_at__gte', models.F('noticed_at')), _connector='OR'), models.Q(('people_notified_at__isnull', True), ('people_notified_at__gte', models.F('noticed_at')), _connector='OR')), name='breach_told_after_notice')],
            },
        ),
        migrations.CreateModel(
            name='DataRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('ACCESS', 'copy of my data'), ('CORRECTION', 'correction'), ('ERASURE', 'erasure')], max_length=12)),
                ('subject_kind', models.CharField(default='card', max_length=24)),
                ('subject_key', models.CharField(max_length=64)),
                ('text', privacy.fields.EncryptedTextField(blank=True, default='', purpose='data_request.text')),
                ('received_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answer', privacy.fields.EncryptedTextField(blank=True, default='', purpose='data_request.answer')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offices.office')),
            ],
            options={
                'ordering': ['due_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('due_at__gt', models.F('received_at'))), name='data_request_due_after_receipt'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('answered_by__isnull', True)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='data_request_answer_has_author')],
            },
        ),
        AppendOnly('privacy_accessrecord'),
    ]
