"""An error seen in a library goes to the unit its value comes from, and the library follows the correction."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quanshu.city.citizen.api import CorrectionData, file_correction, land_proposed, records_of
from quanshu.city.citizen.queries.finding import libraries_from
from quanshu.kernel.clock import freeze
from quanshu.sharing.subjects.api import actor_of_subject
from quanshu.supply.libraries.api import BuildState
from support_catalogue import make_cast
from support_citizen import a_subject, proof
from support_libraries import make_shelf
from support_quality import GOOD, MONDAY, load, own_lake, work

pytestmark = pytest.mark.django_db
NUMBER = "370102199001010028"


def test_a_report_on_a_library_reaches_the_source_and_comes_back(settings: Any, tmp_path: Path) -> None:
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    with own_lake(settings, tmp_path) as folder, freeze(MONDAY):
        cast = make_cast()
        shelf = make_shelf(cast, folder)
        load(shelf.people, folder, GOOD)
        model = shelf.model()
        assert shelf.build(model).state == BuildState.DONE
        model.refresh_from_db()
        subject = a_subject(NUMBER, "李四")
        records = records_of(subject)
        built = next(record for record in records if record.library)
        assert {record.entry_uid for record in records} > {built.entry_uid}
        field = built.field("name")
        assert field is not None
        assert field.unit == str(cast.units["police"]), "the source unit, not the library's keeper"
        assert field.origin is not None
        assert (field.origin.entry_uid, field.origin.column) == (shelf.people.uid, "name")
        # A field of the grade important is nobody's own, nor is one worked out from it.
        assert built.field("died_on") is None
        assert built.field("status") is None
        assert [entry.pk for entry, _columns in libraries_from(shelf.people, "name")] == [model.entry_id]

        correction = file_correction(
            actor=actor_of_subject(subject),
            subject=subject,
            data=CorrectionData(built.entry_uid, built.uid, "name", "李肆", "身份证上的姓名是李肆"),
            files=[("身份证.pdf", proof())],
            now=MONDAY,
        )
        assert (correction.entry_id, correction.unit_id) == (shelf.people.pk, cast.units["police"].pk)
        land_proposed(actor=cast.actor("steward"), correction=correction, now=MONDAY + timedelta(minutes=1))
        work(MONDAY + timedelta(minutes=2))
        # The periodic job that builds what follows its sources waits some minutes; here it is built at once.
        assert shelf.build(model).state == BuildState.DONE
        values = {record.title: field.value for record in records_of(subject) if (field := record.field("name"))}
    assert set(values.values()) == {"李肆"}, values
