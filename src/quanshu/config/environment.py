"""What a node reads from its environment: one row per `QUANSHU_*` variable.

The table below is the only place where a variable is named; `docs/reference/settings.md` is made from it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


def read_flag(text: str) -> bool:
    """Turn the text of a switch into a bool; anything but a known word is a ValueError."""
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def read_folder(text: str) -> Path | None:
    """A folder, or None for an empty text."""
    return Path(text.strip()) if text.strip() else None


def read_list(text: str) -> list[str]:
    """Split a comma-separated text, dropping blanks."""
    return [part.strip() for part in text.split(",") if part.strip()]


def read_folders(text: str) -> list[Path]:
    """Folders, from a comma-separated text."""
    return [Path(part).resolve() for part in read_list(text)]


def read_count(text: str) -> int:
    """A whole number from 1 to 64."""
    number = int(text)
    if not 1 <= number <= 64:
        raise ValueError(f"{text!r} is not between 1 and 64")
    return number


def read_networks(text: str) -> list[str]:
    """Networks in CIDR form; anything else is a ValueError."""
    return [str(ip_network(part, strict=False)) for part in read_list(text)]


def read_engine(text: str) -> str:
    """One of the engines there are."""
    word = text.strip().lower()
    if word not in {"duckdb", "spark"}:
        raise ValueError(f"{text!r} is neither duckdb nor spark")
    return word


def read_log_format(text: str) -> str:
    """One of the forms of log lines."""
    word = text.strip().lower()
    if word not in {"json", "line"}:
        raise ValueError(f"{text!r} is neither json nor line")
    return word


def read_origin(text: str) -> str:
    """A name of a ledger: no blanks, no plus, as in the names of its keys (c2sp.org/signed-note)."""
    word = text.strip()
    if "+" in word or any(sign.isspace() or ord(sign) < 32 for sign in word):
        raise ValueError(f"{text!r} has blanks or a plus in it")
    return word


def read_bucket(text: str) -> str:
    """An address of an object store, or nothing."""
    word = text.strip().rstrip("/")
    parts = urlsplit(word)
    if word and (parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment):
        raise ValueError(f"{text!r} is not s3://bucket/prefix")
    return word


def read_issuer(text: str) -> str:
    """An issuer's address: over TLS, or on this machine; or nothing."""
    word = text.strip().rstrip("/")
    parts = urlsplit(word)
    local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if word and not (parts.netloc and (parts.scheme == "https" or local)):
        raise ValueError(f"{text!r} is no https address")
    return word


def read_claims(text: str) -> list[str]:
    """Three names of claims."""
    names = read_list(text)
    if len(names) != 3:
        raise ValueError(f"{text!r} does not name three claims")
    return names


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name without the prefix, default text, reader and meaning."""

    name: str
    default: str
    read: Callable[[str], Any]
    help: str

    @property
    def variable(self) -> str:
        return f"QUANSHU_{self.name}"


SETTINGS: tuple[Setting, ...] = (
    Setting("HOME", "var", Path, "Folder that holds the node's data: database, lake, files, keys, journals."),
    Setting("DATABASE_URL", "", str, "Database of the control plane; empty means SQLite in the home folder."),
    Setting("SECRET_KEY", "", str, "Django secret; empty means one made once and kept in the home folder."),
    Setting("DEBUG", "false", read_flag, "Show error details in the browser. Never on a node that people use."),
    Setting("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", read_list, "Host names the web process answers to."),
    Setting("TRUSTED_ORIGINS", "", read_list, "Origins (with scheme) allowed to post forms, behind a proxy."),
    Setting("SECURE_COOKIES", "false", read_flag, "Send cookies over HTTPS only; set it behind TLS."),
    Setting("WEB_HOST", "127.0.0.1", str, "Address the web process listens on."),
    Setting("WEB_PORT", "8000", int, "Port the web process listens on."),
    Setting("WEB_WORKERS", "1", read_count, "Processes that answer web requests."),
    Setting("GATEWAY_HOST", "127.0.0.1", str, "Address the gateway process listens on."),
    Setting("GATEWAY_PORT", "8100", int, "Port the gateway process listens on."),
    Setting(
        "GATEWAY_JOURNALS",
        "",
        read_folders,
        "Folders of receipts: a gateway writes to the first, a worker carries all; empty means the gateway folder.",
    ),
    Setting(
        "GATEWAY_JOURNAL_DAYS",
        "7",
        read_count,
        "Days a journal is kept after its last receipt came into the audit trail; as far back as a backup may lie.",
    ),
    Setting(
        "GATEWAY_URL",
        "",
        str,
        "Address departments call, also in answers to bulk reads; empty means the listening address.",
    ),
    Setting(
        "GATEWAY_LAKE",
        "",
        read_folder,
        "Folder of the lake whose files a gateway hands out in bulk; empty means the lake in the home folder.",
    ),
    Setting(
        "GATEWAY_ACCEL",
        "",
        str,
        "Address below which nginx sends the lake's files (X-Accel-Redirect); empty means the gateway sends them.",
    ),
    Setting("GATEWAY_WORKERS", "1", int, "Processes of the gateway on this host; they share limits and signatures."),
    Setting(
        "GATEWAY_SHARED_URL",
        "",
        str,
        "PostgreSQL through which gateways of several hosts share limits and signatures; empty for one host.",
    ),
    Setting(
        "SERVING_URL", "", str, "PostgreSQL that holds serving tables; empty means SQLite files in the home folder."
    ),
    Setting("GATEWAY_TLS_CERTIFICATE", "", str, "The gateway's certificate chain in PEM; empty means plain HTTP."),
    Setting("GATEWAY_TLS_KEY", "", str, "The private key of that certificate, in PEM."),
    Setting("GATEWAY_TLS_CLIENT_CA", "", str, "Authority in PEM whose client certificates the gateway demands."),
    Setting("GATEWAY_TLS_CA", "", str, "Authority in PEM that the node's own calls to the gateway trust."),
    Setting("GATEWAY_TLS_OWN_CERTIFICATE", "", str, "Client certificate in PEM that the node's own calls show."),
    Setting("GATEWAY_TLS_OWN_KEY", "", str, "The private key of that certificate, in PEM."),
    Setting(
        "GATEWAY_TRUSTED_PROXIES",
        "",
        read_networks,
        "Proxies (CIDR) whose word on callers' addresses, client certificates and the scheme counts; empty means none.",
    ),
    Setting("NODE_NAME", "济南市", str, "Name of the node, shown in the page shell and signed into snapshots."),
    Setting("NODE_REGION", "370100000000", str, "12-digit region code of the node."),
    Setting("LAKE_URL", "", read_bucket, "Where the lake lies: s3://bucket/prefix; empty means in the home folder."),
    Setting("LAKE_ENDPOINT", "", str, "Address of the object store; empty means the provider's own."),
    Setting("LAKE_REGION", "", str, "Region of the bucket; empty means us-east-1."),
    Setting("LAKE_KEY_ID", "", str, "Access key id of the object store."),
    Setting("LAKE_SECRET", "", str, "Secret access key; better in LAKE_KEY_FILE than here."),
    Setting("LAKE_KEY_FILE", "", str, "File whose first line is the access key id and second the secret."),
    Setting("LAKE_ALLOW_HTTP", "false", read_flag, "Reach the object store without TLS: only inside a closed network."),
    Setting("LAKE_MEMORY", "1GB", str, "Memory limit of one query engine connection."),
    Setting("LAKE_THREADS", "2", int, "Threads of one query engine connection."),
    Setting("ENGINE", "duckdb", read_engine, "Engine of model builds and quality scans: duckdb, or spark."),
    Setting("SPARK_MASTER", "local-cluster[2,1,1024]", str, "Spark master address, used when the engine is spark."),
    Setting("SPARK_MEMORY", "1g", str, "Memory of the Spark driver, and of each of its workers."),
    Setting("WORKER_THREADS", "2", int, "Background jobs run at the same time by one worker."),
    Setting("UPLOAD_MAX_MIB", "512", int, "Largest file a person may upload, in MiB."),
    Setting("DROP_FOLDERS", "", read_list, "Folders outside the home folder that a source may read files from."),
    Setting(
        "INTAKE_HOSTS",
        "",
        read_list,
        "Hosts that HTTP and SFTP sources may call: names, *.domain, addresses or networks, each with an optional "
        ":port; empty means none.",
    ),
    Setting(
        "INTAKE_PRIVATE_NETWORKS",
        "",
        read_networks,
        "Private networks (CIDR) whose addresses those hosts may have; empty means public addresses only.",
    ),
    Setting(
        "DELIVERY_HOSTS",
        "",
        read_list,
        "Hosts that deliveries may go to over SFTP or into a database: names, *.domain, addresses or networks, each "
        "with an optional :port; empty means none.",
    ),
    Setting(
        "DELIVERY_PRIVATE_NETWORKS",
        "",
        read_networks,
        "Private networks (CIDR) whose addresses those hosts may have; empty means public addresses only.",
    ),
    Setting("INTAKE_CONCURRENT", "4", int, "Loads done at the same time on this node."),
    Setting("INTAKE_QUEUE", "500", int, "Loads that may wait on this node; further ones are refused for the time."),
    Setting(
        "LOG_FORMAT", "line", read_log_format, "Form of log lines of every process: line, or json (one object a line)."
    ),
    Setting(
        "METRICS_TOKEN", "", str, "Bearer token that may read /metrics of web, gateway and worker; empty means none."
    ),
    Setting(
        "METRICS_ALLOW",
        "127.0.0.0/8,::1/128",
        read_networks,
        "Networks (CIDR) that may read /metrics without the token when they call directly, not through a proxy.",
    ),
    Setting("WORKER_METRICS_PORT", "0", int, "Port on WEB_HOST where a worker answers /metrics; 0 means none."),
    Setting(
        "RESIDENT_OIDC_ISSUER",
        "",
        read_issuer,
        "Issuer of the OpenID Connect provider by which residents and enterprises sign in; empty means they cannot.",
    ),
    Setting("RESIDENT_OIDC_CLIENT_ID", "", str, "Client id of this node at that provider."),
    Setting("RESIDENT_OIDC_CLIENT_SECRET", "", str, "Client secret; empty means a public client, by PKCE alone."),
    Setting(
        "RESIDENT_OIDC_CLAIMS",
        "citizen_id,uscc,name",
        read_claims,
        "Names of the claims with citizen ID, unified social credit code and name.",
    ),
    Setting("RESIDENT_SESSION_IDLE", "30", int, "Minutes after which a resident's unused session ends."),
    Setting("RESIDENT_SESSION_LONGEST", "240", int, "Minutes after which a resident's session ends in any case."),
    Setting("DEMO_IDENTITY_PORT", "8300", int, "Port of the demo's identity provider; another where it is taken."),
    Setting(
        "LEDGER_ORIGIN",
        "",
        read_origin,
        "Name of the node's ledger in its checkpoints, kept with its keys once they are made; empty means one made of "
        "the region's code.",
    ),
    Setting(
        "WITNESSES",
        "",
        read_list,
        "Witnesses that “quanshu up” runs beside the node, each as folder:port: for trials only; a witness that counts "
        "is run by another body.",
    ),
    Setting("SMTP_URL", "", str, "smtp://, smtp+starttls:// or smtps://user:password@host:port; empty means no mail."),
    Setting("MAIL_FROM", "quanshu@localhost", str, "Sender of mail."),
)


def read_environment(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read every setting; raise SystemExit with the variable's name when a value cannot be read."""
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = source.get(setting.variable, setting.default)
        try:
            values[setting.name] = setting.read(text)
        except ValueError as fault:
            raise SystemExit(f"{setting.variable}: {fault}. {setting.help}") from fault
    values["HOME"] = values["HOME"].resolve()
    return values


def bucket_access(values: Mapping[str, Any]) -> dict[str, Any]:
    """How the lake's bucket is reached, from settings and, when one is named, the key file."""
    key_id, secret, file = values["LAKE_KEY_ID"], values["LAKE_SECRET"], values["LAKE_KEY_FILE"]
    if file:
        try:
            key_id, secret = Path(file).read_text(encoding="utf-8").split()
        except (OSError, ValueError) as fault:
            raise SystemExit(
                f"QUANSHU_LAKE_KEY_FILE: {file} cannot be read as two lines, access key id and secret."
            ) from fault
    return {
        "endpoint": values["LAKE_ENDPOINT"].rstrip("/"),
        "region": values["LAKE_REGION"],
        "key_id": key_id,
        "secret": secret,
        "allow_http": values["LAKE_ALLOW_HTTP"],
    }


def secret_key(home: Path, given: str) -> str:
    """The given secret, else the one kept in the home folder, made on first use with owner-only rights."""
    if given:
        return given
    path = home / "keys" / "django-secret"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()
