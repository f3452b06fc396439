"""Cards, shipments, handovers and labels; why a card was set aside, which nothing changes."""

import django.db.models.deletion
import django.db.models.expressions
import privacy.fields
import uuid
from django.conf import settings
from django.db import migrations, models

from privacy.append_only import AppendOnly

class Migration(migrations.Migration):

    replaces = [('shipments', '0001_cards_shipments_handover'), ('shipments', '0002_dispositions_are_append_only'), ('shipments', '0003_items_taken_out_and_serials_found'), ('shipments', '0004_lane_policies_and_holds_of_lists'), ('shipments', '0005_numbers_given_by_the_post'), ('shipments', '0006_label_runs_and_parts'), ('shipments', '0007_destroyed_cards')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('addresses', '0001_initial'),
        ('jobs', '0001_initial'),
        ('offices', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Card',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(help_text='own reference with check character', max_length=12)),
                ('fingerprint', models.CharField(help_text='the printed row; the same row twice is one card', max_length=32)),
                ('nik', privacy.fields.EncryptedTextField(purpose='card.nik')),
                ('nik_index', models.CharField(max_length=32)),
                ('kk', privacy.fields.EncryptedTextField(blank=True, default='', purpose='card.kk')),
                ('kk_index', models.CharField(blank=True, default='', max_length=32)),
                ('phone', privacy.fields.EncryptedTextField(blank=True, default='', purpose='card.phone')),
                ('name', models.CharField(max_length=120)),
                ('blank_serial', models.CharField(blank=True, default='', max_length=32)),
                ('printed_on', models.DateField()),
                ('lane', models.PositiveSmallIntegerField(choices=[(10, 'urgent'), (20, 'elderly or disabled'), (30, 'first card'), (40, 'print-ready record (PRR)'), (45, 'sent again'), (50, 'ordinary')], default=50)),
                ('channel', models.CharField(choices=[('POST', 'by post'), ('COUNTER', 'at a counter'), ('VILLAGE', 'by the village office')], default='POST', max_length=7)),
                ('disposition', models.CharField(choices=[('REGISTERED', 'registered'), ('DAMAGED', 'damaged'), ('DUPLICATE', 'printed twice'), ('WITHDRAWN', 'withdrawn'), ('VOID', 'void'), ('DESTROYED', 'destroyed')], default='REGISTERED', max_length=10)),
                ('intake_row', models.PositiveIntegerField(blank=True, null=True)),
                ('access_version', models.PositiveSmallIntegerField(default=1, help_text='raised to void the PIN and the link')),
                ('created_at', models.DateTimeField()),
                ('address', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='card', to='addresses.address')),
                ('office', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='offices.office')),
            ],
            options={
                'indexes': [models.Index(fields=['nik_index'], name='card_nik'), models.Index(condition=models.Q(('disposition', 'REGISTERED'), _negated=True), fields=['office', 'disposition'], name='card_aside'), models.Index(condition=models.Q(('blank_serial', ''), _negated=True), fields=['blank_serial'], name='card_blank_serial')],
                'constraints': [models.UniqueConstraint(fields=('reference',), name='card_reference_once'), models.UniqueConstraint(fields=('office', 'fingerprint'), name='printed_row_once'), models.CheckConstraint(condition=models.Q(('lane__in', [10, 20, 30, 40, 45, 50])), name='card_lane_known'), models.CheckConstraint(condition=models.Q(('channel__in', ['POST', 'COUNTER', 'VILLAGE'])), name='card_channel_known'), models.CheckConstraint(condition=models.Q(('disposition__in', ['REGISTERED', 'DAMAGED', 'DUPLICATE', 'WITHDRAWN', 'VOID', 'DESTROYED'])), name='card_disposition_known')],
            },
        ),
        migrations.CreateModel(
            name='Bag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveSmallIntegerField()),
                ('code', models.CharField(max_length=32)),
            ],
            options={
                'ordering': ['sequence'],
            },
        ),
        migrations.CreateModel(
            name='AreaHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('village_code', models.CharField(blank=True, default='', help_text='empty: the cards of a list', max_length=13)),
                ('rws', models.JSONField(default=list, help_text='RW numbers of three digits; empty: the whole village')),
                ('action', models.CharField(choices=[('WAIT', 'wait'), ('WITHDRAW', 'withdraw to another channel')], max_length=8)),
                ('channel', models.CharField(blank=True, choices=[('POST', 'by post'), ('COUNTER', 'at a counter'), ('VILLAGE', 'by the village office')], default='', max_length=7)),
                ('reason', models.CharField(max_length=200)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
                ('released_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='area_holds', to='offices.office')),
            ],
            options={
                'ordering': ['-created_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='hold_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('action', 'WAIT'), ('channel', '')), models.Q(('action', 'WITHDRAW'), ('channel__in', ['COUNTER', 'VILLAGE'])), _connector='OR'), name='withdrawal_names_a_channel')],
            },
        ),
        migrations.CreateModel(
            name='BacklogEntry',
            fields=[
                ('card', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='backlog', serialize=False, to='shipments.card')),
                ('lane', models.PositiveSmallIntegerField()),
                ('printed_on', models.DateField()),
                ('village_code', models.CharField(max_length=13)),
                ('rw', models.CharField(blank=True, default='', max_length=3)),
            ],
            options={
                'verbose_name_plural': 'backlog entries',
            },
        ),
        migrations.CreateModel(
            name='HeldCard',
            fields=[
                ('card', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='held', serialize=False, to='shipments.card')),
            ],
        ),
        migrations.CreateModel(
            name='CirculatingCard',
            fields=[
                ('nik_index', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('card', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='circulating', to='shipments.card')),
            ],
        ),
        migrations.CreateModel(
            name='DispositionChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.CharField(choices=[('REGISTERED', 'registered'), ('DAMAGED', 'damaged'), ('DUPLICATE', 'printed twice'), ('WITHDRAWN', 'withdrawn'), ('VOID', 'void'), ('DESTROYED', 'destroyed')], max_length=10)),
                ('after', models.CharField(choices=[('REGISTERED', 'registered'), ('DAMAGED', 'damaged'), ('DUPLICATE', 'printed twice'), ('WITHDRAWN', 'withdrawn'), ('VOID', 'void'), ('DESTROYED', 'destroyed')], max_length=10)),
                ('reason', models.CharField(max_length=200)),
                ('changed_at', models.DateTimeField()),
                ('card', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disposition_changes', to='shipments.card')),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['changed_at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('before', models.F('after')), _negated=True), name='disposition_differs')],
            },
        ),
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given', models.PositiveIntegerField()),
                ('giver', models.CharField(help_text='name and position of our officer', max_length=120)),
                ('taker', models.CharField(help_text="name and position of the post's officer", max_length=120)),
                ('handed_over_at', models.DateTimeField()),
                ('received', models.PositiveIntegerField(blank=True, null=True)),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('handed_over_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('received_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('given__gt', 0)), name='handover_gives_something'), models.CheckConstraint(condition=models.Q(models.Q(('received__isnull', True), ('received_at__isnull', True)), models.Q(('received__isnull', False), ('received_at__isnull', False)), _connector='OR'), name='receipt_has_count_and_time')],
            },
        ),
        migrations.CreateModel(
            name='IntakeFile',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('file', models.FileField(blank=True, upload_to='intake/')),
                ('rejected', models.FileField(blank=True, help_text='rejected rows, to correct', upload_to='intake/')),
                ('state', models.CharField(choices=[('WAITING', 'waiting'), ('DONE', 'done'), ('REFUSED', 'refused')], default='WAITING', max_length=8)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('outcomes', models.JSONField(default=dict)),
                ('fault', models.JSONField(default=dict, help_text='code and parameters of the reason for a refusal')),
                ('uploaded_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='intake_files', to='offices.office')),
                ('uploaded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-uploaded_at'],
            },
        ),
        migrations.AddField(
            model_name='card',
            name='intake_file',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='shipments.intakefile'),
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('number', models.CharField(blank=True, help_text='empty until the post gives one', max_length=24, null=True)),
                ('live', models.BooleanField(default=True, null=True)),
                ('packed_at', models.DateTimeField(blank=True, null=True)),
                ('taken_out_at', models.DateTimeField(blank=True, null=True)),
                ('number_given_at', models.DateTimeField(blank=True, help_text='when the post gave the number; the frozen manifest has none', null=True)),
                ('bag', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='shipments.bag')),
                ('card', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='shipments.card')),
            ],
            options={
                'ordering': ['shipment', 'position'],
                'constraints': [models.UniqueConstraint(fields=('card', 'live'), name='card_in_one_live_shipment'), models.UniqueConstraint(fields=('number',), name='item_number_once'), models.CheckConstraint(condition=models.Q(('live__isnull', True), ('live', True), _connector='OR'), name='item_live_is_true_or_null'), models.CheckConstraint(condition=models.Q(('taken_out_at__isnull', True), ('live__isnull', True), _connector='OR'), name='item_taken_out_is_not_live')],
            },
        ),
        migrations.CreateModel(
            name='HandoverDifference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('MISSING', 'missing'), ('EXTRA', 'extra'), ('DAMAGED', 'damaged')], max_length=7)),
                ('scanned', models.CharField(blank=True, default='', help_text='what was scanned, when extra', max_length=40)),
                ('note', models.CharField(blank=True, default='', max_length=200)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('resolution', models.CharField(blank=True, default='', max_length=200)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('handover', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='shipments.handover')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='shipments.item')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('item',), name='one_open_difference_per_item'), models.CheckConstraint(condition=models.Q(('kind', 'EXTRA'), ('item__isnull', False), _connector='OR'), name='difference_names_an_item'), models.CheckConstraint(condition=models.Q(('closed_at__isnull', True), models.Q(('resolution', ''), _negated=True), _connector='OR'), name='closed_difference_has_resolution')],
            },
        ),
        migrations.CreateModel(
            name='LabelRun',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('format', models.CharField(max_length=12)),
                ('start', models.PositiveSmallIntegerField(default=1, help_text='first free cell of the first sheet')),
                ('right_mm', models.FloatField(default=0.0)),
                ('down_mm', models.FloatField(default=0.0)),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('asked_at', models.DateTimeField()),
                ('asked_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('office', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offices.office')),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
                'indexes': [models.Index(fields=['office', '-asked_at'], name='label_run_of_office')],
            },
        ),
        migrations.CreateModel(
            name='LanePolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.PositiveSmallIntegerField(choices=[(10, 'urgent'), (20, 'elderly or disabled'), (30, 'first card'), (40, 'print-ready record (PRR)'), (45, 'sent again'), (50, 'ordinary')])),
                ('rank', models.PositiveSmallIntegerField(help_text='a smaller one goes first; lanes of one rank go together, first printed first')),
                ('is_active', models.BooleanField(default=True, help_text='no: its cards go with the ordinary ones')),
                ('office', models.ForeignKey(limit_choices_to={'kind': 'REGISTRY'}, on_delete=django.db.models.deletion.CASCADE, related_name='lane_policies', to='offices.office')),
            ],
            options={
                'verbose_name_plural': 'lane policies',
                'ordering': ['office', 'rank', 'lane'],
                'constraints': [models.UniqueConstraint(fields=('office', 'lane'), name='one_policy_per_office_and_lane'), models.CheckConstraint(condition=models.Q(('lane__in', [10, 20, 30, 40, 45, 50])), name='policy_lane_known'), models.CheckConstraint(condition=models.Q(('is_active', True), models.Q(('lane', 50), _negated=True), _connector='OR'), name='ordinary_lane_is_used')],
            },
        ),
        migrations.CreateModel(
            name='ListedCard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('card', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='shipments.card')),
                ('hold', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='listed_cards', to='shipments.areahold')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('hold', 'card'), name='card_once_in_a_list')],
            },
        ),
        migrations.CreateModel(
            name='NumberBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('S10', 'UPU S10 range'), ('LIST', 'uploaded list')], max_length=4)),
                ('service_indicator', models.CharField(blank=True, default='', max_length=2)),
                ('country', models.CharField(blank=True, default='ID', max_length=2)),
                ('first_serial', models.PositiveIntegerField(default=0)),
                ('last_serial', models.PositiveIntegerField(default=0)),
                ('next_serial', models.PositiveIntegerField(default=0)),
                ('allotted_on', models.DateField()),
                ('is_active', models.BooleanField(default=True)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='number_blocks', to='offices.office')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('next_serial__gte', models.F('first_serial')), ('next_serial__lte', django.db.models.expressions.CombinedExpression(models.F('last_serial'), '+', models.Value(1)))), name='next_serial_inside_block'), models.CheckConstraint(condition=models.Q(('last_serial__lte', 99999999)), name='serial_has_eight_digits'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'S10'), _negated=True), ('service_indicator__regex', '^[A-Z]{2}$'), _connector='OR'), name='s10_block_has_indicator')],
            },
        ),
        migrations.CreateModel(
            name='AllottedNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('number', models.CharField(max_length=24, unique=True)),
                ('block', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='numbers', to='shipments.numberblock')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('block', 'position'), name='list_position_once')],
            },
        ),
        migrations.CreateModel(
            name='PrintCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('finding', models.CharField(choices=[('GOOD', 'good'), ('DAMAGED', 'damaged'), ('PRINTED_TWICE', 'printed twice'), ('ELSEWHERE', 'belongs to another office')], max_length=13)),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('checked_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('card', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='print_checks', to='shipments.card')),
                ('checked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-checked_at', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('card',), name='one_standing_print_check_per_card')],
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=32, unique=True)),
                ('state', models.CharField(choices=[('OPEN', 'open'), ('CLOSED', 'closed'), ('HANDED_OVER', 'handed over'), ('RECEIVED', 'received'), ('CANCELLED', 'cancelled')], default='OPEN', max_length=11)),
                ('item_count', models.PositiveIntegerField(default=0, help_text='frozen at closing')),
                ('manifest_sha256', models.CharField(blank=True, default='', max_length=64)),
                ('r7_number', models.CharField(blank=True, default='', max_length=40)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='offices.office')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post_office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='incoming_shipments', to='offices.office')),
            ],
            options={
                'ordering': ['-opened_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['OPEN', 'CANCELLED']), models.Q(('item_count__gt', 0), models.Q(('manifest_sha256', ''), _negated=True)), _connector='OR'), name='closed_shipment_is_frozen'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'CANCELLED'), _negated=True), ('cancelled_at__isnull', False), _connector='OR'), name='cancelled_shipment_has_time')],
            },
        ),
        migrations.CreateModel(
            name='LabelPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('format', models.CharField(max_length=12)),
                ('labels', models.PositiveIntegerField()),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('printed_at', models.DateTimeField()),
                ('printed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(blank=True, help_text='empty: printed by command', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='prints', to='shipments.labelrun')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='label_prints', to='shipments.shipment')),
            ],
            options={
                'ordering': ['-printed_at'],
                'constraints': [models.UniqueConstraint(fields=('run', 'shipment'), name='label_print_once_per_run')],
            },
        ),
        migrations.CreateModel(
            name='LabelPart',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField(help_text='counted from 1 within the shipment')),
                ('first_position', models.PositiveIntegerField()),
                ('last_position', models.PositiveIntegerField()),
                ('start', models.PositiveSmallIntegerField(default=1)),
                ('labels', models.PositiveIntegerField(default=0)),
                ('file', models.FileField(blank=True, help_text='empty: not drawn yet, or removed', upload_to='labels/')),
                ('drawn_at', models.DateTimeField(blank=True, null=True)),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='shipments.labelrun')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='label_parts', to='shipments.shipment')),
            ],
            options={
                'ordering': ['run_id', 'shipment_id', 'number'],
                'indexes': [models.Index(condition=models.Q(('file', ''), _negated=True), fields=['drawn_at'], name='label_file_kept')],
                'constraints': [models.UniqueConstraint(fields=('run', 'shipment', 'number'), name='label_part_once'), models.CheckConstraint(condition=models.Q(('drawn_at__isnull', False), models.Q(('file', ''), ('labels', 0)), _connector='OR'), name='label_file_has_time')],
            },
        ),
        migrations.AddField(
            model_name='item',
            name='shipment',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='shipments.shipment'),
        ),
        migrations.AddField(
            model_name='handover',
            name='shipment',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='handover', to='shipments.shipment'),
        ),
        migrations.AddField(
            model_name='bag',
            name='shipment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bags', to='shipments.shipment'),
        ),
        migrations.AddField(
            model_name='backlogentry',
            name='office',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offices.office'),
        ),
        migrations.AddField(
            model_name='heldcard',
            name='hold',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='held_cards', to='shipments.areahold'),
        ),
        migrations.AddIndex(
            model_name='card',
            index=models.Index(fields=['intake_file', 'intake_row'], name='card_of_intake'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('shipment', 'position'), name='item_position_once'),
        ),
        migrations.AddConstraint(
            model_name='bag',
            constraint=models.UniqueConstraint(fields=('shipment', 'sequence'), name='bag_sequence_once'),
        ),
        migrations.AddIndex(
            model_name='backlogentry',
            index=models.Index(fields=['office', 'lane', 'printed_on', 'card'], name='backlog_order'),
        ),
        AppendOnly('shipments_dispositionchange'),
    ]
