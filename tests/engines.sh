#!/usr/bin/env bash
# Every query and every page on other engines, each frame held against DuckDB's: `make test-engines`. MariaDB, Spark (a master, two
# workers and its Thrift server) and ClickHouse (chDB, in process) are started and stopped by the tests. What cannot be had skips by name.
# Apart from `make test`: a JVM four times over and half a gigabyte of packages are more than every change should wait for.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
bash tests/prepare_system.sh
if ! command -v java >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the tests: default-jre-headless"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq default-jre-headless >/dev/null ||
    echo "NOT INSTALLED: Java. The Spark tests will be SKIPPED (apt-get install default-jre-headless)." >&2
fi
export OPENBLAS_NUM_THREADS=1
exec "$PYTHON" -m pytest -n 0 tests/engines "$@"
