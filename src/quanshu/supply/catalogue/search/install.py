"""The index itself: FTS5 with triggers on SQLite, a generated vector with GIN on PostgreSQL."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "catalogue_searchtext"
COLUMNS = "title, items, unit, abstract"
OLD = "'delete', old.id, old.title, old.items, old.unit, old.abstract"
NEW = "new.id, new.title, new.items, new.unit, new.abstract"
FORGET = f"INSERT INTO catalogue_search(catalogue_search, rowid, {COLUMNS}) VALUES({OLD});"
ADD = f"INSERT INTO catalogue_search(rowid, {COLUMNS}) VALUES({NEW});"
SQLITE = (
    f"""CREATE VIRTUAL TABLE IF NOT EXISTS catalogue_search USING fts5(
        {COLUMNS}, content='{TABLE}', content_rowid='id', columnsize=0, prefix='1 3',
        tokenize="ascii tokenchars '~^_-'")""",
    f"CREATE TRIGGER IF NOT EXISTS catalogue_search_add AFTER INSERT ON {TABLE} BEGIN {ADD} END",
    f"CREATE TRIGGER IF NOT EXISTS catalogue_search_forget AFTER DELETE ON {TABLE} BEGIN {FORGET} END",
    f"CREATE TRIGGER IF NOT EXISTS catalogue_search_change AFTER UPDATE ON {TABLE} BEGIN {FORGET} {ADD} END",
)
# A tsvector counts no position above 16383; a longer text keeps its words and loses only phrases at its end.
POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION catalogue_search_part(tokens text) RETURNS tsvector
       LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
       SELECT coalesce(string_agg(quote_literal(token) || ':' || least(place, 16383), ' '), '')::tsvector
       FROM regexp_split_to_table(tokens, ' ') WITH ORDINALITY AS parts(token, place) WHERE token <> '' $$""",
    f"""ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS vector tsvector GENERATED ALWAYS AS (
        setweight(catalogue_search_part(title), 'A') || setweight(catalogue_search_part(items), 'B') ||
        setweight(catalogue_search_part(unit), 'C') || setweight(catalogue_search_part(abstract), 'D')) STORED""",
    f"CREATE INDEX IF NOT EXISTS catalogue_search_vector ON {TABLE} USING gin(vector)",
    f"CREATE OR REPLACE VIEW catalogue_search AS SELECT id AS rowid, vector AS catalogue_search FROM {TABLE}",  # noqa: S608
)
WITHOUT = {
    "sqlite": ("DROP TABLE IF EXISTS catalogue_search",),
    "postgresql": ("DROP VIEW IF EXISTS catalogue_search",),
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the index where it is missing; safe to repeat."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT to_regclass('catalogue_search')")
            if cursor.fetchone()[0]:
                return
        for statement in SQLITE if connection.vendor == "sqlite" else POSTGRESQL:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the index away before its table goes."""
    with connection.cursor() as cursor:
        for statement in WITHOUT[connection.vendor]:
            cursor.execute(statement)


def installed(connection: BaseDatabaseWrapper) -> bool:
    """Whether the table is there to index."""
    with connection.cursor() as cursor:
        return TABLE in connection.introspection.table_names(cursor)


def refill(connection: BaseDatabaseWrapper) -> None:
    """Make the index anew from the table of texts."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO catalogue_search(catalogue_search) VALUES('rebuild')")
        else:
            cursor.execute("REINDEX INDEX catalogue_search_vector")
