"""Make one archive a platform that a county installs without internet: ``make bundle``.

In it: the program as committed, every wheel with its hash, pip, ``install.sh``, systemd units, the list of licences. Needs a package
registry while it is made and nothing while it is installed. Wheels are for glibc 2.28 and newer.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from packaging.markers import Marker

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from dashboard import __version__  # noqa: E402

GLIBC = (2, 28)
PYTHONS = ("3.11", "3.12")
MACHINES = ("x86_64", "aarch64")
_LEFT_OUT = ("tests", ".ci", ".gitignore")


def _platforms(machine: str) -> list[str]:
    """Return the tags of all wheels that run on glibc 2.28, newest first."""
    modern = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC[1], 16, -1)]
    return [*modern, f"manylinux2014_{machine}", *([f"manylinux2010_{machine}", f"manylinux1_{machine}"] if machine == "x86_64" else [])]


def _requirements(python: str, machine: str) -> str:
    """Return the pins, with hashes, that hold on a platform: pip would judge their conditions by the machine that it runs on."""
    there = {"python_version": python, "python_full_version": f"{python}.0", "platform_machine": machine, "sys_platform": "linux",
             "platform_system": "Linux", "os_name": "posix", "implementation_name": "cpython",
             "platform_python_implementation": "CPython"}  # fmt: skip
    kept, keep = [], True
    for line in (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            pin, _, condition = line.partition(" ; ")
            keep = not condition or Marker(condition.rstrip("\\ ")).evaluate(there)
            line = f"{pin} \\" if condition else line
        if keep:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _download(requirements: Path, wheels: Path, python: str, machine: str) -> None:
    tag = f"cp{python.replace('.', '')}"
    options = ["--only-binary=:all:", "--no-deps", "--require-hashes", "--implementation=cp", f"--python-version={python}"]
    options += [f"--abi={abi}" for abi in (tag, "abi3", "none")] + [f"--platform={each}" for each in _platforms(machine)]
    for file in (requirements, PROJECT / "deploy" / "pip.txt"):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *options, "--dest", str(wheels)]
        subprocess.run([*command, "--requirement", str(file)], check=True, stderr=subprocess.DEVNULL)  # noqa: S603


def _licences(wheels: Path) -> str:
    """Return a line a package: name, version, licence as its metadata says."""
    lines = []
    for wheel in sorted(wheels.glob("*.whl"), key=lambda path: path.name.lower()):
        with zipfile.ZipFile(wheel) as archive:
            name = next(each for each in archive.namelist() if each.endswith(".dist-info/METADATA") and each.count("/") == 1)
            said = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
        classifiers = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier", []) if each.startswith("License ::")]
        licence = said.get("License-Expression") or "; ".join(classifiers) or (said.get("License") or "?").splitlines()[0]
        lines.append(f"{said['Name']}\t{said['Version']}\t{licence}")
    header = "# What the wheels in this archive say of their licences; the full texts lie in each wheel (*.dist-info).\n"
    return header + "\n".join(lines) + "\n"


def _checksums(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files)


def _git(*arguments: str) -> str:
    asked = ["git", "-C", str(PROJECT), *arguments]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def _program(folder: Path, packed: Path) -> None:
    """Lay the program as committed, without what only developers need, into ``folder``."""
    wanted = [name for name in _git("ls-tree", "--name-only", "HEAD").split() if name not in _LEFT_OUT]
    _git("archive", f"--output={packed}", "HEAD", *wanted)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")


def make(python: str, machine: str, out: Path) -> Path:
    """Write the archive for one platform into ``out`` and return it; its SHA-256 stands beside it."""
    release = f"{__version__}-{_git('rev-parse', '--short=8', 'HEAD')}"
    name = f"county-dashboard-{release}-py{python.replace('.', '')}-{machine}"
    with tempfile.TemporaryDirectory(prefix="dashboard-bundle-") as scratch:
        folder = Path(scratch) / name
        (folder / "wheels").mkdir(parents=True)
        _program(folder / "program", Path(scratch) / "program.tar")
        (folder / "requirements.txt").write_text(_requirements(python, machine), encoding="utf-8")
        _download(folder / "requirements.txt", folder / "wheels", python, machine)
        (folder / "LICENCES.txt").write_text(_licences(folder / "wheels"), encoding="utf-8")
        facts = f"RELEASE={release}\nPYTHON={python}\nMACHINE={machine}\nGLIBC={GLIBC[0]}.{GLIBC[1]}\n"
        (folder / "bundle.env").write_text(facts, encoding="utf-8")
        for each in ("install.sh", "Dockerfile"):
            shutil.copy(PROJECT / "deploy" / each, folder / each)
        (folder / "SHA256SUMS").write_text(_checksums(folder), encoding="utf-8")
        out.mkdir(parents=True, exist_ok=True)
        target = out / f"{name}.tar"
        with tarfile.open(target, "w") as archive:
            archive.add(folder, arcname=name)
    target.with_suffix(".tar.sha256").write_text(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  {target.name}\n", encoding="utf-8")
    return target


def main() -> None:
    """Make the archives that are asked for; all four by default."""
    parser = argparse.ArgumentParser(description="Make the archives for installation without internet.")
    parser.add_argument("--python", action="append", choices=PYTHONS)
    parser.add_argument("--machine", action="append", choices=MACHINES)
    parser.add_argument("--out", type=Path, default=PROJECT / "dist")
    given = parser.parse_args()
    for python in given.python or PYTHONS:
        for machine in given.machine or MACHINES:
            begun = time.monotonic()
            target = make(python, machine, given.out)
            print(f"{target}  {target.stat().st_size / 1e6:.0f} MB  {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
