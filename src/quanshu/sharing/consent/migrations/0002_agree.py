"""The scene that a consent was given for by showing a code."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]

    operations = [
        migrations.AddField("consent", "occasion", models.CharField(blank=True, default="", max_length=200)),
    ]
