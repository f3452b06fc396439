"""Sheets in and out: read any workbook safely, find its header, understand its cells, write workbooks."""
