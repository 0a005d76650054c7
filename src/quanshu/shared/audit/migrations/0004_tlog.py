from __future__ import annotations

from django.db import migrations, models

from quanshu.shared.audit.append_only import install_statements, remove_statements


def install(apps, schema_editor):
    for statement in install_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


def install_old(apps, schema_editor):
    for statement in install_statements(schema_editor.connection.vendor, erasable=False):
        schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    for statement in remove_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_monitoring")]
    operations = [
        # SQLite remakes the table, and the triggers go with the old one.
        migrations.RunPython(remove, install_old, elidable=False),
        migrations.AddField(
            model_name="ledgerleaf",
            name="digest",
            field=models.BinaryField(default=b"", max_length=32),
            preserve_default=False,
        ),
        # Leaves that stand already are of form 0.
        migrations.AddField(
            model_name="ledgerleaf",
            name="form",
            field=models.PositiveSmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunPython(install, remove, elidable=False),
    ]
