"""Tables as a source: rows of Parquet or lines of JSON, each with the content of one file."""

from codekiln.corpus.sources.table.form import check_table, choose_tables, table_files
from codekiln.corpus.sources.table.source import TableSource

__all__ = ["TableSource", "check_table", "choose_tables", "table_files"]
