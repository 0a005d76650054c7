"""How applications sign: profiles, certificates, public keys, and which key a call was signed by."""

from django.db import migrations, models

import quanshu.sharing.services.models


class Migration(migrations.Migration):
    dependencies = [("services", "0002_row_marks")]

    operations = [
        migrations.AddField("consumer", "profiles", models.JSONField(default=quanshu.sharing.services.models.convention)),
        migrations.AddField("consumer", "fingerprints", models.JSONField(default=list)),
        migrations.AddField("consumerkey", "scheme", models.CharField(default="hmac", max_length=10)),
        migrations.AddField("consumerkey", "public_key", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField(
            "consumerkey", "created_by", models.CharField(blank=True, default="", max_length=100), preserve_default=False
        ),
        migrations.AddField("consumerkey", "first_used_at", models.DateTimeField(null=True)),
        migrations.AddField("consumerkey", "last_used_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "exchange", "kid", models.CharField(blank=True, default="", max_length=20), preserve_default=False
        ),
        migrations.AddField(
            "exchange", "scheme", models.CharField(blank=True, default="", max_length=30), preserve_default=False
        ),
        migrations.AlterField("consumerkey", "secret_sealed", models.TextField(blank=True)),
    ]
