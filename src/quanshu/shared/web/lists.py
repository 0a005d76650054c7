"""Lists: search, filters in the URL, sorting, paging and export, the same for every room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import FieldError, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import Invalid
from quanshu.shared.web.exports import export_response, note_masked_list
from quanshu.shared.web.pages import Action, Page

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseBase

PAGE_SIZES = (25, 50, 100)


class BadFilter(Invalid):
    code = "web.bad_filter"
    message = "The filter %(field)s does not accept the value “%(value)s”."
    remedy = "Choose a value from the list, or clear the filters."


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `value` is a dotted path or a function of the row; `sort` an ORM field, "" = not sortable.

    `kind` is text, number, date, datetime, percent, badge or code; `tone` colours a badge. `mask` names the mask
    (`lake.masking`) under which a personal value leaves in an export; the page shows it as it is.
    """

    key: str
    label: Any
    value: str | Callable[[Any], Any] = ""
    sort: str = ""
    kind: str = "text"
    link: Callable[[Any], str] | None = None
    tone: Callable[[Any], str] | None = None
    phone: bool = True
    mask: str = ""

    def read(self, row: Any) -> Any:
        if callable(self.value):
            return self.value(row)
        found: Any = row
        for part in (self.value or self.key).split("."):
            found = found.get(part) if isinstance(found, dict) else getattr(found, part, None)
            if callable(found):
                found = found()
            if found is None:
                return None
        return found


def state_column(names: Mapping[Any, Any], tones: Mapping[Any, str], *, sort: str = "") -> Column:
    """The badge of a row's `state`: its name and its tone."""
    return Column(
        "state",
        gettext_lazy("State"),
        value=lambda row: names[row.state],
        kind="badge",
        tone=lambda row: tones[row.state],
        sort=sort,
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter in the URL. `choices` is [(value, label)] or a function of the page; kind select, date or text.

    `field` is the ORM look-up; `apply` replaces it where one look-up will not do.
    """

    key: str
    label: Any
    choices: Sequence[tuple[str, Any]] | Callable[[Any], Sequence[tuple[str, Any]]] = ()
    field: str = ""
    kind: str = "select"
    apply: Callable[[Any, str], Any] | None = None

    def options(self, page: ListPage) -> Sequence[tuple[str, Any]]:
        return self.choices(page) if callable(self.choices) else self.choices

    def narrow(self, page: ListPage, rows: Any, text: str) -> Any:
        if self.kind == "date":
            if parse_day(text) is None:
                raise BadFilter(field=str(self.label), value=text)
        elif self.kind == "select" and text not in {str(value) for value, _label in self.options(page)}:
            raise BadFilter(field=str(self.label), value=text)
        if self.apply:
            return self.apply(rows, text)
        value: Any = parse_day(text) if self.kind == "date" else text
        return rows.filter(**{self.field or self.key: value})


def parse_day(text: str) -> date | None:
    """An ISO date, or None."""
    try:
        return parse_date(text)
    except ValueError:
        return None


class ListPage(Page):
    """A list. Subclasses give `queryset()` already narrowed by `visible_to(actor)`, and the columns."""

    template_name = "web/list.html"
    columns: ClassVar[Sequence[Column]] = ()
    filters: ClassVar[Sequence[Filter]] = ()
    search: ClassVar[Sequence[str]] = ()
    search_hint: Any = ""
    order: ClassVar[str] = ""
    empty_title: Any = ""
    empty_hint: Any = ""
    export_name: ClassVar[str] = "list"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(cls.columns, Sequence) and any(column.mask for column in cls.columns):
            note_masked_list(cls.export_name, cls.title)

    def queryset(self) -> QuerySet[Any]:
        raise NotImplementedError(f"{type(self).__name__} lists nothing")

    def actions(self) -> Sequence[Action]:
        """Buttons above the list (for example "New")."""
        return ()

    def row_context(self) -> dict[str, Any]:
        return {}

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Narrow by the search box: every word must be found in one of the search fields."""
        for word in text.split():
            clause = Q()
            for name in self.search:
                clause |= Q(**{f"{name}__icontains": word})
            rows = rows.filter(clause)
        return rows

    def narrowed(self) -> QuerySet[Any]:
        """The queryset after search, filters and sort, as the URL says."""
        asked = self.request.GET
        rows = self.queryset()
        text = asked.get("q", "").strip().replace("\x00", "")
        if text and self.search:
            rows = self.find(rows, text[:200])
        for item in self.filters:
            value = asked.get(item.key, "").strip()
            if value:
                rows = self.narrow(item, rows, value)
        order = self.sorting()
        return rows.order_by(*order) if order else rows

    def narrow(self, item: Filter, rows: Any, value: str) -> Any:
        try:
            return item.narrow(self, rows, value)
        except (ValueError, ValidationError, FieldError) as fault:
            raise BadFilter(field=str(item.label), value=value) from fault

    def sorting(self) -> list[str]:
        """What the address asks for where it is a column that sorts, else the list's own order."""
        sorts = {column.key: column.sort for column in self.columns if column.sort}
        asked = self.request.GET.get("sort", "")
        chosen = asked if asked.lstrip("-") in sorts else self.order
        if not chosen:
            return []
        name = chosen.lstrip("-")
        # Rows that compare equal would jump between pages without a last word.
        return [("-" if chosen.startswith("-") else "") + sorts.get(name, name), "pk"]

    def page_size(self) -> int:
        asked = self.request.GET.get("size", "")
        return int(asked) if asked.isdigit() and int(asked) in PAGE_SIZES else PAGE_SIZES[0]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rows = self.narrowed()
        export = request.GET.get("export", "")
        if export:
            return export_response(self, rows, export, now=self.now)
        paginator = Paginator(rows, self.page_size())
        current = paginator.get_page(request.GET.get("page", "1"))
        context = {
            "rows": current,
            "paginator": paginator,
            "page_range": paginator.get_elided_page_range(current.number, on_each_side=2, on_ends=1),
            "columns": self.columns,
            "filter_rows": [self.filter_row(item) for item in self.filters],
            "q": request.GET.get("q", ""),
            "sort": request.GET.get("sort", "") or self.order,
            "page_sizes": PAGE_SIZES,
            "narrowed": any(request.GET.get(key) for key in ["q", *(item.key for item in self.filters)]),
            "actions": self.actions(),
            **self.row_context(),
            **self.context(**kwargs),
        }
        htmx = getattr(request, "htmx", False)
        if htmx and request.headers.get("HX-Target") == "list":
            return self.render(context, template="web/list_table.html")
        return self.render(context)

    def filter_row(self, item: Filter) -> dict[str, Any]:
        return {
            "key": item.key,
            "label": item.label,
            "kind": item.kind,
            "options": item.options(self) if item.kind == "select" else (),
            "value": self.request.GET.get(item.key, ""),
        }


def plain_cells(
    columns: Iterable[Column], row: Any, masks: Mapping[str, Callable[[str], Any]] | None = None
) -> list[Any]:
    """The row's values for an export: dates and numbers kept, everything else as text, personal ones masked."""
    cells = []
    for column in columns:
        value = column.read(row)
        masked = (masks or {}).get(column.key)
        if masked is not None:
            cells.append(None if value is None else masked(str(value)))
            continue
        keep = value is None or isinstance(value, int | float | date | datetime)
        cells.append(value if keep else str(value))
    return cells
