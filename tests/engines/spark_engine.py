"""A Spark of the tests' own: a master, two workers and the Thrift server before them, with the tables of a published folder."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.loopback import free_port, is_listening

_PATIENCE = 420


def _wait(port: int, processes: list["subprocess.Popen[bytes]"], folder: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if is_listening(port):
            return
        if any(process.poll() is not None for process in processes):
            break
        time.sleep(0.5)
    lines = [line for log in sorted(folder.glob("*.log")) for line in log.read_text(errors="replace").splitlines()]
    said = [line for line in lines if "Exception" in line or "Error" in line]
    raise RuntimeError("Spark did not start\n" + "\n".join(said[:20]))


@contextmanager
def own_spark() -> Iterator[str]:
    """Start master, two workers and the Thrift server: the address, as SQLAlchemy calls it, of a database without tables."""
    import pyspark

    home = Path(pyspark.__file__).parent
    folder = Path(tempfile.mkdtemp(prefix="dashboard-spark-", dir="/tmp"))
    master, thrift = free_port(), free_port()
    address = f"spark://127.0.0.1:{master}"
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(folder / "work")}
    environment |= {"SPARK_DAEMON_MEMORY": "768m", "SPARK_LOCAL_DIRS": str(folder / "local")}
    processes: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> None:
        log = (folder / f"{name}.log").open("wb")
        processes.append(
            subprocess.Popen([home / "bin" / arguments[0], *arguments[1:]], env=environment, cwd=folder, stdout=log, stderr=log)
        )

    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(_stop, processes)
        start(
            "master",
            "spark-class",
            "org.apache.spark.deploy.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            str(master),
            "--webui-port",
            "0",
        )
        _wait(master, processes, folder)
        for number in range(2):
            worker = ("org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "-c", "1", "-m", "1g", address)
            start(f"worker{number}", "spark-class", *worker)
        settings = {
            "hive.server2.thrift.port": str(thrift),
            "hive.server2.thrift.bind.host": "127.0.0.1",
            "hive.server2.authentication": "NOSASL",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.sql.shuffle.partitions": "2",
            "spark.executor.memory": "700m",
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.hadoop.hive.server2.thrift.port": str(thrift),
        }
        options = [part for name, value in settings.items() for part in (("--conf", f"{name}={value}") if name.startswith("spark") else ())]
        hive = [part for name, value in settings.items() for part in (("--hiveconf", f"{name}={value}") if name.startswith("hive") else ())]
        server = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
        start("thrift", "spark-submit", "--master", address, *options, "--class", server, "spark-internal", *hive)
        _wait(thrift, processes, folder)
        yield f"hive://127.0.0.1:{thrift}/default?auth=NOSASL"


def defined(spark: str, name: str, published: Path) -> str:
    """Run the SQL of a published folder in the database ``name`` of a Spark; return the address of that database."""
    from sqlalchemy import create_engine

    url = spark.replace("/default?", f"/{name}?")
    engine = create_engine(spark)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    script = "\n".join(line for line in (published / "ddl" / "spark.sql").read_text().splitlines() if not line.startswith("--"))
    engine = create_engine(url)
    with engine.connect() as connection:
        for statement in filter(str.strip, script.split(";\n")):
            connection.exec_driver_sql(statement.rstrip().rstrip(";"))
    engine.dispose()
    return url


def _stop(processes: list["subprocess.Popen[bytes]"]) -> None:
    for process in reversed(processes):
        process.terminate()
    for process in processes:
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
