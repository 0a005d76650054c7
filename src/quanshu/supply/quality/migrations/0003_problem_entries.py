from typing import Any

from django.db import migrations


def fill(apps: Any, editor: Any) -> None:
    """Every problem so far was found by a rule; its table is the rule's."""
    problem, rule = apps.get_model("quality", "Problem"), apps.get_model("quality", "Rule")
    for pk, entry in rule.objects.values_list("pk", "entry_id"):
        problem.objects.filter(rule_id=pk, entry__isnull=True).update(entry_id=entry)


class Migration(migrations.Migration):
    dependencies = [("quality", "0002_exceptions")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
