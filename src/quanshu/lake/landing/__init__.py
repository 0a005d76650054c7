"""Landing: sources become rows of text, rows of text become typed rows, and nothing is lost on the way."""

from quanshu.lake.landing.csv_files import detect_encoding, read_csv
from quanshu.lake.landing.databases import database_file, read_sql
from quanshu.lake.landing.http_api import PAGINGS, HttpSpec, host_of, read_http
from quanshu.lake.landing.json_lines import read_json_lines
from quanshu.lake.landing.network import Reach
from quanshu.lake.landing.parquet_files import TypedRows, read_parquet
from quanshu.lake.landing.sftp import RemoteFile, SftpSpec, fetch_host_key, fetch_sftp, fingerprint, list_sftp
from quanshu.lake.landing.splitting import Split, split
from quanshu.lake.landing.types import ROW_NUMBER, ColumnSpec, DataType, Reason, Refusal, TextRows
from quanshu.lake.landing.workbooks import read_excel

__all__ = [
    "PAGINGS",
    "ROW_NUMBER",
    "ColumnSpec",
    "DataType",
    "HttpSpec",
    "Reach",
    "Reason",
    "Refusal",
    "RemoteFile",
    "SftpSpec",
    "Split",
    "TextRows",
    "TypedRows",
    "database_file",
    "detect_encoding",
    "fetch_host_key",
    "fetch_sftp",
    "fingerprint",
    "host_of",
    "list_sftp",
    "read_csv",
    "read_excel",
    "read_http",
    "read_json_lines",
    "read_parquet",
    "read_sql",
    "split",
]
