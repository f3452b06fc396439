"""Addresses, their reviews, aliases of places and turns at a geocoder."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('addresses', '0001_addresses_reviews_aliases'), ('addresses', '0002_geocoder_turns')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('offices', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='GeocoderTurn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=24, unique=True)),
                ('next_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Address',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('alamat', models.CharField(max_length=250)),
                ('rt_rw', models.CharField(blank=True, default='', max_length=40)),
                ('dusun', models.CharField(blank=True, default='', max_length=100)),
                ('desa_kelurahan', models.CharField(blank=True, default='', max_length=100)),
                ('kecamatan', models.CharField(blank=True, default='', max_length=100)),
                ('kabupaten', models.CharField(blank=True, default='', max_length=100)),
                ('provinsi', models.CharField(blank=True, default='', max_length=100)),
                ('kode_pos', models.CharField(blank=True, default='', max_length=10)),
                ('rt', models.CharField(blank=True, default='', max_length=3)),
                ('rw', models.CharField(blank=True, default='', max_length=3)),
                ('verdict', models.CharField(choices=[('DELIVERABLE', 'deliverable'), ('NEEDS_REVIEW', 'needs review'), ('UNDELIVERABLE', 'undeliverable')], max_length=13)),
                ('next_action', models.CharField(max_length=8)),
                ('village_code', models.CharField(blank=True, default='', max_length=13)),
                ('match_level', models.CharField(default='NONE', max_length=8)),
                ('postcode', models.CharField(blank=True, default='', max_length=5)),
                ('confidence', models.FloatField(default=0)),
                ('rule', models.CharField(blank=True, default='', max_length=40)),
                ('reasons', models.CharField(blank=True, default='', help_text='codes, separated by spaces', max_length=400)),
                ('alternatives', models.JSONField(default=list)),
                ('latitude', models.FloatField(blank=True, null=True)),
                ('longitude', models.FloatField(blank=True, null=True)),
                ('radius_m', models.PositiveIntegerField(blank=True, null=True)),
                ('point_source', models.CharField(blank=True, default='', max_length=16)),
                ('gazetteer', models.CharField(blank=True, default='', max_length=24)),
                ('group_key', models.CharField(blank=True, default='', help_text='village / district as typed', max_length=210)),
                ('checked_at', models.DateTimeField()),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offices.office')),
            ],
            options={
                'verbose_name_plural': 'addresses',
                'indexes': [models.Index(condition=models.Q(('verdict', 'DELIVERABLE'), _negated=True), fields=['office', 'group_key'], name='address_review_queue')],
                'constraints': [models.CheckConstraint(condition=models.Q(('verdict__in', ['DELIVERABLE', 'NEEDS_REVIEW', 'UNDELIVERABLE'])), name='address_verdict_known'), models.CheckConstraint(condition=models.Q(models.Q(('verdict', 'DELIVERABLE'), _negated=True), models.Q(('village_code', ''), _negated=True), _connector='OR'), name='deliverable_address_has_village'), models.CheckConstraint(condition=models.Q(models.Q(('latitude__isnull', True), ('longitude__isnull', True), ('radius_m__isnull', True)), models.Q(('latitude__isnull', False), ('longitude__isnull', False), ('radius_m__isnull', False)), _connector='OR'), name='address_point_has_radius')],
            },
        ),
        migrations.CreateModel(
            name='AddressReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.CharField(choices=[('ACCEPTED', 'candidate accepted'), ('CORRECTED', 'field corrected'), ('UNDELIVERABLE', 'marked undeliverable'), ('PHONE_ASKED', 'phone asked for')], max_length=13)),
                ('village_code', models.CharField(blank=True, default='', max_length=13)),
                ('corrections', models.JSONField(default=dict, help_text='field → corrected text')),
                ('note', models.CharField(blank=True, default='', max_length=200)),
                ('decided_at', models.DateTimeField()),
                ('address', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='addresses.address')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-decided_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='GeocodeCache',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=24)),
                ('query', models.CharField(max_length=200)),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('label', models.CharField(blank=True, default='', max_length=200)),
                ('fetched_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider', 'query'), name='one_answer_per_geocoder_query')],
            },
        ),
        migrations.CreateModel(
            name='RegionAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('parent_code', models.CharField(help_text='the region inside which the name is used', max_length=8)),
                ('region_code', models.CharField(max_length=13)),
                ('state', models.CharField(choices=[('SUGGESTED', 'suggested'), ('ACCEPTED', 'accepted'), ('REFUSED', 'refused')], default='ACCEPTED', max_length=10)),
                ('uses', models.PositiveIntegerField(default=0)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'region aliases',
                'constraints': [models.UniqueConstraint(fields=('name', 'parent_code', 'region_code'), name='one_alias_per_name_and_region')],
            },
        ),
        migrations.CreateModel(
            name='RegionPostcode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('village_code', models.CharField(max_length=13, unique=True)),
                ('postcode', models.CharField(max_length=5)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('postcode__regex', '^\\d{5}$')), name='postcode_five_digits')],
            },
        ),
    ]
