import django.db.models.deletion
from django.db import migrations, models

from quanshu.supply.catalogue.search.install import install, remove


def make_index(apps, schema_editor):
    install(schema_editor.connection)


def drop_index(apps, schema_editor):
    remove(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='search_texts', to='catalogue.entry')),
                ('in_force', models.BooleanField()),
                ('latest', models.BooleanField()),
                ('title_key', models.CharField(db_index=True, max_length=100)),
                ('title_length', models.PositiveSmallIntegerField()),
                ('title', models.TextField()),
                ('items', models.TextField()),
                ('unit', models.TextField()),
                ('abstract', models.TextField()),
                ('made_by', models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='entry',
            name='exempt',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='SearchPosting',
            fields=[
                ('text', models.OneToOneField(db_column='rowid', on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='posting', serialize=False, to='catalogue.searchtext')),
                ('words', models.TextField(db_column='catalogue_search')),
            ],
            options={
                'db_table': 'catalogue_search',
                'managed': False,
            },
        ),
        migrations.AddConstraint(
            model_name='searchtext',
            constraint=models.UniqueConstraint(fields=('entry', 'in_force'), name='catalogue_search_text_once'),
        ),
        migrations.RunPython(make_index, drop_index),
    ]
