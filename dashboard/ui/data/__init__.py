"""数据与口径: reports and their quality, findings and loads, lineage, dictionary, sizing."""
