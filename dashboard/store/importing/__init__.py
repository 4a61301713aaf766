"""The import: one package of files in, the whole of it or nothing."""
