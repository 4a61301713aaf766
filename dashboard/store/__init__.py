"""The reporting database: engine, schema (the contract with the county), query runner, import and quality checks."""
