"""An import package: a folder or zip of CSV and XLSX files named after tables, with an optional ``package.yaml``.

Nothing in a package is trusted: names are never used as paths, zips are unpacked under limits that count real bytes, links are refused.
"""

import difflib
import hashlib
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Table

from dashboard.errors import PackageError
from dashboard.language import marked
from dashboard.store.importing.columns import normal_name, table_names
from dashboard.store.importing.findings import Finding, Findings, visible
from dashboard.store.schema import label, package_tables

MANIFEST = "package.yaml"
FILES_LIMIT = 500
UNPACKED_LIMIT = 16 * 1024**3
RATIO_LIMIT = 200
RATIO_FLOOR = 16 * 1024**2
WORKBOOK_LIMIT = 768 * 1024**2
WORKBOOK_STRINGS_LIMIT = 32 * 1024**2
_MANIFEST_LIMIT = 64 * 1024
_BLOCK = 1024**2
_NOTE_SUFFIXES = (".txt", ".md")
_NOTE_NAMES = ("数据字典.xlsx",)
_IGNORED_NAMES = ("thumbs.db", "desktop.ini")
_COPY_MARKS = re.compile(
    r"( ?- ?副本|[-_ ]?[(（][^()（）]*[)）]|[-_ ]?\d{4}([-.年]?\d{1,2}月?)?|[-_ ]?\d{1,2}月|[-_ ]copy)+$", re.IGNORECASE
)
_DATA_SUFFIXES = (".csv", ".xlsx")
# What a folder's own programs leave in it: resource forks, locks of open workbooks.
_TRACES = ("~$", "._", ".~")
_OTHER_MANIFESTS = ("package.yaml", "package.yml", "package.txt", "package.yaml.txt", "package.yml.txt")
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1


Scope = Literal["month", "reporter"]


class Manifest(BaseModel):
    """What ``package.yaml`` may say; every entry is optional."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=200)
    data_kind: Literal["county", "demonstration"] = "county"
    coordinate_system: Literal["WGS-84", "CGCS2000", "GCJ-02"] = "WGS-84"
    scope: Scope | None = None


@dataclass(frozen=True)
class PackageFile:
    """One file of a package: ``name`` is what the county calls it, ``path`` where it can be read now."""

    name: str
    path: Path
    table: Table
    kind: Literal["csv", "xlsx"]
    checksum: str


@dataclass(frozen=True)
class Package:
    """A readable package; ``left_out`` are files that hold no table and were not read.

    ``checksum`` depends on names and contents only, not on zip or folder, order or times.
    """

    name: str
    manifest: Manifest
    files: tuple[PackageFile, ...]
    left_out: tuple[str, ...]
    checksum: str


def _refused(what: str, where: str, remedy: str | None = None) -> PackageError:
    return PackageError(what, remedy or marked("请检查数据包后重新打包"), where=visible(where))


def open_package(path: Path, folder: Path, findings: Findings, scope: Scope | None = None) -> Package:
    """Return the package at ``path`` (folder or zip), unpacked into ``folder`` where needed.

    ``scope`` takes the place of what the manifest says. Files that are no tables go into ``findings``.
    Raises ``PackageError`` when the package cannot be read or must not be.
    """
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as error:
        raise _refused(marked("找不到数据包"), path.name, marked("请给出数据包文件夹或 zip 文件的位置")) from error
    if is_folder:
        members = dict(_folder_members(path))
        name = visible(path.resolve().name)
    elif is_file:
        members = dict(_zip_members(path, folder))
        name = visible(path.stem)
    else:
        raise _refused(marked("找不到数据包"), path.name, marked("请给出数据包文件夹或 zip 文件的位置"))
    members = _without_common_folders(members)
    manifest = _manifest(members.pop(MANIFEST, None))
    if scope is not None:
        manifest = manifest.model_copy(update={"scope": scope})
    left_out = tuple(visible(item) for item in sorted(members) if _is_note(item))
    members = {item: place for item, place in members.items() if not _is_note(item)}
    files = tuple(_package_files(members, findings))
    if not files and not findings.errors:
        raise _refused(
            marked("数据包里没有任何数据表文件"),
            path.name,
            marked("请放入以表名命名的 CSV 或 XLSX 文件，模板见 python -m dashboard templates"),
        )
    return Package(
        name=manifest.name or name, manifest=manifest, files=files, left_out=left_out, checksum=_package_checksum(manifest, files)
    )


def package_members(path: Path, folder: Path) -> dict[str, Path]:
    """Return the files of a folder or zip (unpacked into ``folder``) by name, or the one file itself; a common folder is left off.

    Raises ``PackageError`` for what cannot be read or must not be.
    """
    if path.is_dir():
        return _without_common_folders(dict(_folder_members(path)))
    if not path.is_file():
        raise _refused(marked("找不到数据包"), path.name, marked("请给出数据包文件夹或 zip 文件的位置"))
    return _without_common_folders(dict(_zip_members(path, folder))) if path.suffix.lower() == ".zip" else {path.name: path}


# Members ---------------------------------------------------------------------------------------------------------------


def _is_ignored(name: str) -> bool:
    *folders, last = PurePosixPath(name).parts
    hidden = last.startswith(_TRACES) or (last.startswith(".") and not _named_as_table(last))
    return hidden or last.lower() in _IGNORED_NAMES or any(part.startswith((".", "~$")) or part == "__MACOSX" for part in folders)


def _named_as_table(last: str) -> bool:
    """Return whether a file name is that of a table but for what stands before and behind it: a dot, marks of a copy, endings."""
    stem = last.lstrip(".").split(".", 1)[0]
    return any(_table_of(f"{each}.")[0] is not None for each in (stem, _COPY_MARKS.sub("", stem)))


def _is_note(name: str) -> bool:
    """Return whether a file is text for people, or hidden; no table is named so (床位月报.txt is one with a wrong ending)."""
    last = PurePosixPath(name).name
    if last.startswith(".") or last.lower() in _NOTE_NAMES:
        return True
    return last.lower().endswith(_NOTE_SUFFIXES) and not _named_as_table(last) and last.lower() not in _OTHER_MANIFESTS


def _folder_members(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield every regular file below ``root`` by its relative name; a link that leaves ``root`` is refused."""
    count = 0
    inside = root.resolve()
    for current, folders, names in os.walk(root):
        for name in [*folders, *names]:
            path = Path(current) / name
            if path.is_symlink() and not _target(path, root).is_relative_to(inside):
                raise _refused(marked("数据包里有指向文件夹之外的链接"), path.relative_to(root).as_posix())
        for name in names:
            path = Path(current) / name
            relative = path.relative_to(root).as_posix()
            if _is_ignored(relative):
                continue
            if not path.is_file():
                raise _refused(marked("数据包里有不是普通文件的内容"), relative)
            count += 1
            _check_count(count, root.name)
            yield relative, path


def _target(path: Path, root: Path) -> Path:
    """Return where a link leads; one that leads to itself is refused."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise _refused(marked("数据包里有断开或指向自己的链接"), path.relative_to(root).as_posix()) from error


def _check_count(count: int, where: str) -> None:
    if count > FILES_LIMIT:
        raise PackageError(
            marked("数据包里的文件太多，最多 {limit} 个"), marked("请检查是否选错了文件夹"), where=visible(where), limit=FILES_LIMIT
        )


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of ``entry``; macOS writes UTF-8 and Chinese Windows GBK without saying so, Python reads both as cp437."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        with suppress(UnicodeEncodeError):
            name = _decoded(entry.orig_filename.encode("cp437")) or name
    return name.replace("\\", "/")


def _decoded(text: bytes) -> str | None:
    """Return ``text`` read as UTF-8 or, where it is none, as GB18030; None where it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return text.decode(encoding)
    return None


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or ":" in name or "\x00" in name:
        raise _refused(marked("压缩包里有指向外部的路径"), name)
    if entry.flag_bits & _ENCRYPTED:
        raise _refused(marked("压缩包有密码"), name, marked("请去掉密码后重新打包"))
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _refused(marked("压缩包里有链接"), name)
    if pure.suffix.lower() == ".zip":
        raise _refused(marked("压缩包里还有压缩包"), name, marked("请解压后把数据文件放在同一层"))


def _zip_members(path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Unpack the files of a zip under numbered names in ``folder`` and yield them by their names in the zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [(entry, _zip_name(entry)) for entry in archive.infolist()]
            for entry, name in entries:
                _check_entry(entry, name)
            wanted = [(entry, name) for entry, name in entries if not entry.is_dir() and not _is_ignored(name)]
            _check_count(len(wanted), path.name)
            if len({name for _, name in wanted}) < len(wanted):
                raise _refused(marked("压缩包里有重名的文件"), path.name)
            room = UNPACKED_LIMIT
            for number, (entry, name) in enumerate(wanted):
                target = folder / f"entry{number}"
                room -= _unpack(archive, entry, name, target, room)
                yield name, target
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, lzma.LZMAError, RuntimeError, ValueError) as error:
        raise _refused(marked("不是可以读取的 zip 文件"), path.name, marked("数据包应为文件夹或 zip；请重新打包")) from error
    except OSError as error:
        raise _refused(marked("数据包无法解压"), path.name, marked("请检查磁盘空间和文件权限")) from error


def _bomb(name: str) -> PackageError:
    return _refused(marked("压缩包解压后过大，可能是恶意文件"), name, marked("请检查来源；确有大文件时请直接使用文件夹"))


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, target: Path, room: int) -> int:
    """Write ``entry`` to ``target`` and return its size; what counts is what comes out, not what the header says."""
    allowed = min(room, max(RATIO_FLOOR, entry.compress_size * RATIO_LIMIT))
    written = 0
    with archive.open(entry) as source, target.open("wb") as sink:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > allowed:
                raise _bomb(name)
            sink.write(block)
    return written


def _without_common_folders(members: dict[str, Path]) -> dict[str, Path]:
    """Drop the folders that all names share: people zip the folder, or a folder in a folder, rather than its files."""
    parents = [PurePosixPath(name).parts[:-1] for name in members]
    depth = 0
    while parents and all(len(parent) > depth and parent[depth] == parents[0][depth] for parent in parents):
        depth += 1
    return {"/".join(PurePosixPath(name).parts[depth:]): path for name, path in members.items()}


# Manifest and files ----------------------------------------------------------------------------------------------------


def _manifest(path: Path | None) -> Manifest:
    if path is None:
        return Manifest()
    remedy = marked("请按 docs/importing.md 的写法改正，或删除这个文件")
    try:
        if path.stat().st_size > _MANIFEST_LIMIT:
            raise PackageError(marked("说明文件过大"), remedy, where=MANIFEST)
        text = _decoded(path.read_bytes())
        if text is None:
            raise _refused(marked("编码既不是 UTF-8 也不是 GB18030"), MANIFEST, marked("请另存为 UTF-8"))
        content = yaml.safe_load(text)
        return Manifest.model_validate(content if content is not None else {})
    except ValidationError as error:
        places = ", ".join(".".join(map(str, item["loc"])) or "?" for item in error.errors())
        raise PackageError(marked("说明文件的内容不正确"), remedy, where=visible(f"{MANIFEST}: {places}")) from error
    except OSError as error:
        raise _refused(marked("文件无法读取"), MANIFEST, marked("请检查文件权限")) from error
    # What a tag such as !!timestamp or !!int makes of nonsense is an error of its constructor, not of YAML.
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise PackageError(marked("说明文件不是正确的 YAML"), remedy, where=MANIFEST) from error


def _nearest(name: str) -> dict[str, object]:
    """Return what an unknown file name most likely means, and how a second file of a table is named."""
    stem, _, suffix = PurePosixPath(name).name.rpartition(".")
    known = table_names()
    near = difflib.get_close_matches(normal_name(_COPY_MARKS.sub("", stem or suffix)), list(known), n=3, cutoff=0.6)
    tables = list(dict.fromkeys(known[item] for item in near)) or [table for table in package_tables() if table.info.get("period")][:3]
    return {"known": "、".join(f"{table.name}({label(table)})" for table in tables), "example": f"{label(tables[0])}__2.csv"}


def _table_of(name: str) -> tuple[Table | None, str]:
    """Return the table that a file name means (a part after a double underscore is the county's own) and its canonical name."""
    stem, _, suffix = name.rpartition(".")
    base, _, part = stem.partition("__")
    table = table_names().get(normal_name(base))
    if table is None:
        return None, name
    return table, f"{table.name}{'__' if part else ''}{part}.{suffix.lower()}"


def _not_a_table(name: str, last: str) -> Finding:
    """Return what is wrong with a file ``name`` that no table is called by; ``last`` is its name without folders."""
    if last.casefold() in _OTHER_MANIFESTS:
        return Finding("manifest_name", visible(name))
    if last.lower().endswith(_DATA_SUFFIXES):
        return Finding("unknown_file", visible(name), details=_nearest(name))
    return Finding("file_kind" if _named_as_table(last) else "other_file", visible(name))


def _package_files(members: dict[str, Path], findings: Findings) -> Iterator[PackageFile]:
    whole: dict[str, str] = {}
    for name in sorted(members):
        table, canonical = _table_of(name)
        kind = canonical.rpartition(".")[2]
        folder, _, last = name.rpartition("/")
        if folder and _table_of(last)[0] is not None:
            findings.add(Finding("file_in_folder", visible(name), details={"folder": visible(folder)}))
        elif table is None:
            findings.add(_not_a_table(name, last))
        elif kind not in ("csv", "xlsx"):
            findings.add(Finding("file_kind", visible(name)))
        elif whole.setdefault(canonical.rpartition(".")[0], name) != name:
            findings.add(Finding("doubled_file", visible(name), details={"example": f"{table.name}__2.{kind}"}))
        else:
            yield PackageFile(visible(name), members[name], table, kind, _checksum(members[name], name))  # type: ignore[arg-type]


def _checksum(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _refused(marked("文件无法读取"), name, marked("请检查文件权限")) from error


def _package_checksum(manifest: Manifest, files: tuple[PackageFile, ...]) -> str:
    described = sorted(f"{_table_of(file.name)[1]}\t{file.checksum}" for file in files)
    described.append(manifest.model_dump_json(exclude=None if manifest.scope else {"scope"}))
    return hashlib.sha256("\n".join(described).encode(errors="surrogateescape")).hexdigest()


def check_workbook(file: PackageFile) -> None:
    """Refuse a workbook (itself a zip) that would unpack beyond the limits. Raises ``PackageError`` or BadZipFile."""
    with zipfile.ZipFile(file.path) as archive:
        total = 0
        for entry in archive.infolist():
            _check_entry(entry, entry.filename)
            limit = WORKBOOK_STRINGS_LIMIT if entry.filename.lower().endswith("sharedstrings.xml") else WORKBOOK_LIMIT
            # zipfile stops reading at the declared size, so the declared size is the bound for what openpyxl will read.
            too_dense = entry.file_size > max(RATIO_FLOOR, entry.compress_size * RATIO_LIMIT)
            total += entry.file_size
            if entry.file_size > limit or total > WORKBOOK_LIMIT or too_dense:
                raise workbook_too_large(file)


def workbook_too_large(file: PackageFile) -> PackageError:
    """Return the error for a workbook that would unpack beyond the limits, or has a row that does."""
    return _refused(marked("工作簿过大：展开后太大、文字太多，或有过宽的行"), file.name, marked("请另存为 CSV，或检查来源"))
