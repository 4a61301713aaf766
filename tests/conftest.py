"""Shared fixtures: every test carries its folder's marker, and a real PostgreSQL of the session's own."""

import atexit
import fcntl
import gc
import os
import pickle
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from dashboard.store.importing.loader import LoadReport
    from tests.kept import KeptCounties

# A busy machine is no failure: no deadline for one example.
hypothesis_settings.register_profile("steady", deadline=None)
hypothesis_settings.load_profile("steady")

_FOLDERS = ("unit", "integration", "pages", "browser", "engines")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = Path(item.path).relative_to(Path(__file__).parent).parts[0]
        if folder in _FOLDERS:
            item.add_marker(getattr(pytest.mark, folder))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the garbage collector need not walk over it with every test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # answers are large and stay: looking for garbage after every 700 objects was a twelfth of all work
    atexit.register(gc.unfreeze)


@pytest.fixture(scope="session", autouse=True)
def _own_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests write (audit entries of loads and exports too) never reaches the workspace of this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('workspace') / 'workspace.sqlite'}")
        yield


@pytest.fixture(scope="session", autouse=True)
def _caches_let_go() -> Iterator[None]:
    """Close what the caches hold open: a DuckDB connection that lives until the interpreter ends makes its binding list leaks."""
    yield
    if "dashboard.services.common.cache" in sys.modules:
        from dashboard.services.common.cache import let_go

        let_go()
    gc.collect()


@pytest.fixture(scope="session")
def kept_counties(tmp_path_factory: pytest.TempPathFactory) -> "KeptCounties":
    """Counties that tests only read, made once for all that ask for the same rows."""
    from tests.kept import KeptCounties

    return KeptCounties(tmp_path_factory.mktemp("kept"))


@dataclass(frozen=True)
class Demonstration:
    """The demonstration county as package and as database; nobody writes to either."""

    package: Path
    url: str
    report: "LoadReport"


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """Half a minute's work, done once for all workers: the second waits for the first."""
    from dashboard.demo import write_package
    from dashboard.store.importing.loader import load_package

    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demonstration"
    folder.mkdir(exist_ok=True)
    url, kept = f"duckdb:///{folder / 'reporting.duckdb'}", folder / "report"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            report = load_package(write_package(folder / "package"), url)
            assert report.accepted, [item.text() for item in report.findings][:5]
            # The other worker gets what can be sent: the counts by rule are exact, the single findings are for reading.
            kept.write_bytes(pickle.dumps(replace(report, counts=dict(report.counts), findings=())))
    return Demonstration(folder / "package", url, pickle.loads(kept.read_bytes()))


def _postgresql_binaries() -> Path | None:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def own_postgresql() -> Iterator[tuple[str, Path]]:
    """A throw-away PostgreSQL started from Debian's package: its SQLAlchemy URL and its data folder. Skips where there is none."""
    binaries = _postgresql_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql) and TEST_PG_URL is not set")
    folder = Path(tempfile.mkdtemp(prefix="dashboard-pg-", dir="/tmp"))
    options: dict[str, object] = {"check": True, "capture_output": True}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        options |= {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": folder}
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        **options,  # type: ignore[call-overload]
    )
    server = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
    subprocess.run([binaries / "pg_ctl", "-D", data, "-w", "-l", log, "-o", server, "start"], **options)  # type: ignore[call-overload]
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}", data
    finally:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **options)  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The SQLAlchemy URL of a running PostgreSQL: TEST_PG_URL, or a throw-away one."""
    given = os.environ.get("TEST_PG_URL")
    if given:
        yield given
        _drop_kept(given)
        return
    with own_postgresql() as (url, _data):
        yield url


def _drop_kept(server: str) -> None:
    """Leave no database of ``KeptCounties`` on a server that goes on."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        names = connection.execute(text("SELECT datname FROM pg_database WHERE datname LIKE :mine"), {"mine": f"kept\\_{os.getpid()}\\_%"})
        for name in names.scalars().all():
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own."""
    name = f"t{os.getpid()}_{os.urandom(4).hex()}"
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield postgresql_server.replace("/postgres?", f"/{name}?")
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def own_mariadb(*databases: str) -> Iterator[str]:
    """A throw-away MariaDB from Debian's package, on a socket of its own: the SQLAlchemy URL of the first of its ``databases``.

    Skips where there is none.
    """
    server, maker = Path("/usr/sbin/mariadbd"), Path("/usr/bin/mariadb-install-db")
    if not (server.exists() and maker.exists() and Path("/usr/bin/my_print_defaults").exists()):
        pytest.skip("MariaDB is not installed (apt-get install mariadb-server-core mariadb-client-core)")
    folder = Path(tempfile.mkdtemp(prefix="dashboard-maria-", dir="/tmp"))
    user = []
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = ["--user=nobody"]
    common = [f"--datadir={folder / 'data'}", *user]
    subprocess.run([maker, "--no-defaults", *common, "--auth-root-authentication-method=normal"], check=True, capture_output=True)
    process = subprocess.Popen(
        [
            server, "--no-defaults", *common, f"--socket={folder / 's'}", "--skip-networking", f"--log-error={folder / 'log'}",
            "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",  # nobody keeps what is in it
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not (folder / "s").exists() and time.monotonic() < until and process.poll() is None:
            time.sleep(0.1)
        url = f"mysql+pymysql://root@localhost/{{}}?unix_socket={folder / 's'}"
        engine = create_engine(url.format(""))
        with engine.connect() as connection:
            for name in databases:
                connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
        engine.dispose()
        yield url.format(databases[0])
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """The SQLAlchemy URL of the database ``his`` of a running MariaDB of the tests' own."""
    with own_mariadb("his") as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb_server: str) -> Iterator[str]:
    """The URL of an empty MariaDB database of this test's own."""
    name = f"t{os.getpid()}_{os.urandom(4).hex()}"
    engine = create_engine(mariadb_server)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
        yield mariadb_server.replace("/his?", f"/{name}?")
        connection.execute(text(f"DROP DATABASE {name}"))
    engine.dispose()


@pytest.fixture
def duckdb_url(tmp_path: Path) -> str:
    """The URL of a DuckDB file that does not exist yet."""
    return f"duckdb:///{tmp_path / 'reporting.duckdb'}"
