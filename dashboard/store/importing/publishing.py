"""Moving a new file of the embedded database onto the live one, in one step."""

import os
import stat
from pathlib import Path


def publish(new: Path, live: Path) -> None:
    """Move ``new`` onto ``live`` in one step, with its rights. Raises OSError."""
    _keep_rights(new, live)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(live)
    # A write-ahead log beside the old file belongs to the old file.
    live.with_name(f"{live.name}.wal").unlink(missing_ok=True)
    folder = os.open(live.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _keep_rights(new: Path, live: Path) -> None:
    """Give the new file the mode and the owner of the one it replaces; the first one is its owner's alone."""
    try:
        old = live.stat()
    except FileNotFoundError:
        new.chmod(0o600)
        return
    if (old.st_uid, old.st_gid) != (new.stat().st_uid, new.stat().st_gid):
        os.chown(new, old.st_uid, old.st_gid)
    new.chmod(stat.S_IMODE(old.st_mode))
