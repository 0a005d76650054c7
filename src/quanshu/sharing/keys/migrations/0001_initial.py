"""Warnings of keys that end."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("services", "0003_signing")]

    operations = [
        migrations.CreateModel(
            name="KeyWarning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("days", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("told", models.PositiveSmallIntegerField(default=0)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="warnings",
                        to="services.consumerkey",
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
                "constraints": [models.UniqueConstraint(fields=("key", "days"), name="keys_warned_once")],
            },
        ),
    ]
