"""数据与口径: reports expected and arrived, loads and findings, lineage and dictionary."""
