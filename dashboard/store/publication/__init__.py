"""The reporting database handed on to engines that only read: Parquet files, or tables of a server that speaks MySQL's protocol.

Nothing is checked here again: what stands in the database has passed the import. What is written is whole or not there at all.
"""
