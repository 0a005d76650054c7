from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]

    operations = [migrations.AddField("run", "deleted", models.BigIntegerField(null=True))]
