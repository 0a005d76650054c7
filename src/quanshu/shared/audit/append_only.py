"""The database itself refuses to change or delete rows of the audit trail, whoever asks.

The integrator writes its results as new rows (LedgerLeaf, TreeHead), so no update at all is allowed. A
migration that remakes one of the tables on SQLite loses the triggers with the old table and installs them again.
"""

from __future__ import annotations

TABLES = ("audit_auditentry", "audit_ledgerleaf", "audit_treehead")
FAULT = "The audit trail is append-only: its rows are never changed or deleted."
REMEDY = "Record a new entry that corrects the old one."


def install_statements(vendor: str) -> list[str]:
    """SQL that installs the triggers; LookupError for a database we have none for."""
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{FAULT} {REMEDY}'); END"
            for table in TABLES
            for verb in ("UPDATE", "DELETE")
        ]
    if vendor == "postgresql":
        refuse = (
            "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{FAULT}' USING ERRCODE = 'restrict_violation', HINT = '{REMEDY}'; END $$"
        )
        return [refuse, *map(_postgresql_trigger, TABLES)]
    raise LookupError(f"no append-only triggers are written for {vendor}")


def remove_statements(vendor: str) -> list[str]:
    """SQL that takes the triggers away."""
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for table in TABLES for verb in ("update", "delete")]
    drops = [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}" for table in TABLES]
    return [*drops, "DROP FUNCTION IF EXISTS audit_append_only()"]


def _postgresql_trigger(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )
