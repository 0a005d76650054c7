"""Landing: sources become rows of text, rows of text become typed rows, and nothing is lost on the way."""

from quanshu.lake.landing.csv_files import detect_encoding, read_csv
from quanshu.lake.landing.databases import database_file, read_sql
from quanshu.lake.landing.splitting import Split, split
from quanshu.lake.landing.types import ColumnSpec, DataType, Reason, Refusal, TextRows
from quanshu.lake.landing.workbooks import read_excel

__all__ = [
    "ColumnSpec",
    "DataType",
    "Reason",
    "Refusal",
    "Split",
    "TextRows",
    "database_file",
    "detect_encoding",
    "read_csv",
    "read_excel",
    "read_sql",
    "split",
]
