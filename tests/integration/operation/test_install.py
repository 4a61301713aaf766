"""The installer refuses in words what it cannot install on, before it writes anything; the bundle asks for the wheels of its platform."""

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from dashboard.settings import PROJECT

_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def bundling() -> ModuleType:
    described = importlib.util.spec_from_file_location("bundling", PROJECT / "deploy" / "bundle.py")
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


def _bundle(folder: Path, **facts: str) -> Path:
    """An archive as unpacked, with an installer and nothing to install."""
    said = {"RELEASE": "1-test", "PYTHON": _HERE, "MACHINE": platform.machine(), "GLIBC": "2.28"} | facts
    folder.mkdir()
    (folder / "bundle.env").write_text("".join(f"{name}={value}\n" for name, value in said.items()))
    shutil.copy(PROJECT / "deploy" / "install.sh", folder / "install.sh")
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(lines))
    return folder


def _install(bundle: Path, to: Path, shims: Path | None = None) -> str:
    path = os.pathsep.join([*([str(shims)] if shims else []), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", bundle / "install.sh", "--to", to], capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert not (to / "versions").exists()
    return done.stderr


def _shim(folder: Path, name: str, answer: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{answer}\n")
    (folder / name).chmod(0o755)
    return folder


def test_another_processor_is_refused(tmp_path: Path) -> None:
    assert "riscv64" in _install(_bundle(tmp_path / "bundle", MACHINE="riscv64"), tmp_path / "to")


def test_an_old_glibc_is_refused(tmp_path: Path) -> None:
    shims = _shim(tmp_path / "shims", "getconf", 'echo "glibc 2.17"')
    said = _install(_bundle(tmp_path / "bundle"), tmp_path / "to", shims)
    assert "glibc 2.17 太旧" in said


def test_a_machine_without_the_right_python_is_told_which(tmp_path: Path) -> None:
    assert "找不到 Python 3.99" in _install(_bundle(tmp_path / "bundle", PYTHON="3.99"), tmp_path / "to")


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    shims = _shim(tmp_path / "shims", "df", 'echo "Filesystem 1M Used Available"; echo "x 1 1 12 1% /"')
    assert "磁盘只剩 12 MB" in _install(_bundle(tmp_path / "bundle"), tmp_path / "to", shims)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    bundle = _bundle(tmp_path / "bundle")
    with (bundle / "install.sh").open("a") as file:
        file.write("# changed\n")
    assert "安装包不完整" in _install(bundle, tmp_path / "to")


def test_commands_see_files_from_where_they_are_typed(tmp_path: Path) -> None:
    """The command that is written for the operator, with a Python that says what it was asked and from where."""
    script = (PROJECT / "deploy" / "install.sh").read_text(encoding="utf-8")
    _before, _sign, rest = script.partition('cat >"$to/bin/dashboard" <<TEXT\n')
    (tmp_path / "bin").mkdir()
    written = subprocess.run(
        ["bash", "-c", f'to="{tmp_path}"; cat <<TEXT\n{rest.partition("TEXT")[0]}TEXT'], capture_output=True, text=True, check=True
    )
    (tmp_path / "bin" / "dashboard").write_text(written.stdout)
    python = tmp_path / "current" / ".venv" / "bin"
    python.mkdir(parents=True)
    (python / "python").symlink_to(sys.executable)
    (tmp_path / "current" / "dashboard").mkdir()
    (tmp_path / "current" / "dashboard" / "__main__.py").write_text("import os, sys; print(os.getcwd(), *sys.argv[1:])")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "dashboard").mkdir(parents=True)
    (elsewhere / "dashboard" / "__main__.py").write_text("print('not this one')")
    done = subprocess.run(
        ["bash", tmp_path / "bin" / "dashboard", "load", "a b.zip"], cwd=elsewhere, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(elsewhere), "load", "a", "b.zip"]


def test_there_is_nothing_to_go_back_to_at_first(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", PROJECT / "deploy" / "install.sh", "--back", "--to", tmp_path / "to"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "没有可以退回的版本" in done.stderr


def test_the_wheels_are_those_of_the_platform(bundling: ModuleType) -> None:
    pins = bundling._requirements("3.12", "aarch64")
    names = {line.partition("==")[0] for line in pins.splitlines() if line and not line.startswith((" ", "#"))}
    assert {"streamlit", "duckdb", "psycopg-binary", "watchdog"} <= names
    assert "colorama" not in names, "for Windows only"
    assert " ; " not in pins
    assert pins.count("--hash=") > len(names)
    platforms = bundling._platforms("aarch64")
    assert "manylinux_2_28_aarch64" in platforms
    assert not [each for each in platforms if "x86_64" in each or "2_29" in each]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed (apt-get install systemd)")
    (tmp_path / "bin").mkdir()
    _shim(tmp_path / "bin", "dashboard", "true")
    for unit in (PROJECT / "deploy" / "systemd").iterdir():
        text = unit.read_text(encoding="utf-8").replace("@FOLDER@", str(tmp_path)).replace("@USER@", "root")
        (tmp_path / unit.name.replace("@", "@8501")).write_text(text, encoding="utf-8")
    units = sorted(path for path in tmp_path.iterdir() if path.suffix in (".service", ".timer"))
    done = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "dashboard" in line]
    assert not ours, ours
