"""The ground a service answers on, and the consent a call was made under.

Services in force go on answering. Whether one tells of sensitive items is read from its entry as it was published,
so that those without a ground can be listed.
"""

from django.db import migrations, models

LEVELS, ALWAYS = {"general-3", "general-4"}, {"important", "core"}


def mark_sensitive(apps, schema_editor):
    EntryVersion = apps.get_model("catalogue", "EntryVersion")
    for service in list(apps.get_model("services", "Service").objects.select_related("entry")):
        version = EntryVersion.objects.filter(
            entry_id=service.entry_id, number=service.entry.published_version or 0
        ).first()
        if version is None:
            continue
        items = {row["name"]: row for row in version.snapshot.get("items", ())}
        if service.shape == "verify":
            names = [part["name"] for part in service.spec.get("parameters", ()) if part.get("compare")]
        elif service.shape == "query":
            names = [part["name"] for part in service.spec.get("fields", ())]
        else:
            names = []
        found = [items[name] for name in names if name in items]
        service.sensitive = any(
            item.get("grade") in ALWAYS or (item.get("personal") and item.get("grade") in LEVELS) for item in found
        )
        service.save(update_fields=["sensitive"])


class Migration(migrations.Migration):

    dependencies = [("services", "0008_masks"), ("catalogue", "0003_standard")]

    operations = [
        migrations.AddField("service", "consent_mode", models.CharField(default="none", max_length=10)),
        migrations.AddField(
            "service", "statutory_basis", models.CharField(blank=True, default="", max_length=300)
        ),
        migrations.AddField("service", "sensitive", models.BooleanField(default=False)),
        migrations.AddField(
            "exchange",
            "consent_uid",
            models.CharField(blank=True, db_index=True, default="", max_length=36),
        ),
        migrations.RunPython(mark_sensitive, migrations.RunPython.noop),
    ]
