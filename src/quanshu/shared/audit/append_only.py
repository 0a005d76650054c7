"""The database itself refuses to change or delete rows of the audit trail, whoever asks.

The integrator writes its results as new rows (LedgerLeaf, TreeHead). The one update there is: an entry's salt may be
emptied, once, with nothing else of the row changed (`erase_salt`). A migration that remakes one of the tables on
SQLite loses the triggers with the old table and installs them again; one that adds a column to AuditEntry adds it to
COLUMNS.
"""

from __future__ import annotations

TABLES = ("audit_auditentry", "audit_ledgerleaf", "audit_treehead")
ENTRIES = TABLES[0]
COLUMNS = (
    "id", "uid", "at", "actor_uid", "actor_name", "actor_kind", "actor_unit", "action", "object_kind", "object_uid",
    "label", "unit_path", "region_code", "details", "outcome", "request_id", "trace_id",
)  # fmt: skip
FAULT = "The audit trail is append-only: its rows are never changed or deleted."
REMEDY = "Record a new entry that corrects the old one."


def install_statements(vendor: str, *, erasable: bool = True) -> list[str]:
    """SQL that installs the triggers; LookupError for a database we have none for.

    `erasable` is False in the migrations of before there was `erase_salt`.
    """
    if vendor == "sqlite":
        return [_sqlite_trigger(table, verb, erasable) for table in TABLES for verb in ("UPDATE", "DELETE")]
    if vendor == "postgresql":
        refuse = (
            "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{FAULT}' USING ERRCODE = 'restrict_violation', HINT = '{REMEDY}'; END $$"
        )
        if not erasable:
            return [refuse, *map(_postgresql_trigger, TABLES)]
        rest = [_postgresql_trigger(table) for table in TABLES if table != ENTRIES]
        return [refuse, *rest, *_postgresql_erasable()]
    raise LookupError(f"no append-only triggers are written for {vendor}")


def remove_statements(vendor: str) -> list[str]:
    """SQL that takes the triggers away."""
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for table in TABLES for verb in ("update", "delete")]
    drops = [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}" for table in TABLES]
    drops.append(f"DROP TRIGGER IF EXISTS {ENTRIES}_salt_only ON {ENTRIES}")
    return [*drops, "DROP FUNCTION IF EXISTS audit_append_only()", "DROP FUNCTION IF EXISTS audit_salt_only()"]


def _sqlite_trigger(table: str, verb: str, erasable: bool) -> str:
    when = ""
    if erasable and table == ENTRIES and verb == "UPDATE":
        same = " AND ".join(f'OLD."{column}" IS NEW."{column}"' for column in COLUMNS)
        when = f"WHEN NOT (OLD.salt <> '' AND NEW.salt = '' AND {same}) "
    return (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {when}"
        f"BEGIN SELECT RAISE(ABORT, '{FAULT} {REMEDY}'); END"
    )


def _postgresql_trigger(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )


def _postgresql_erasable() -> list[str]:
    same = "(to_jsonb(OLD) - 'salt') = (to_jsonb(NEW) - 'salt')"
    return [
        "CREATE OR REPLACE FUNCTION audit_salt_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF OLD.salt <> '' AND NEW.salt = '' AND {same} THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{FAULT}' USING ERRCODE = 'restrict_violation', HINT = '{REMEDY}'; END $$",
        f"CREATE TRIGGER {ENTRIES}_append_only BEFORE DELETE OR TRUNCATE ON {ENTRIES} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
        f"CREATE TRIGGER {ENTRIES}_salt_only BEFORE UPDATE ON {ENTRIES} "
        "FOR EACH ROW EXECUTE FUNCTION audit_salt_only()",
    ]
