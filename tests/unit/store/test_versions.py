"""A change of the schema is a new version: a database must be able to say that an older program may not open it."""

from dashboard.store.importing.migration import fingerprint
from dashboard.store.versions import SCHEMA_FINGERPRINT


def test_a_changed_schema_has_a_new_version() -> None:
    assert fingerprint() == SCHEMA_FINGERPRINT, (
        "schema.py has changed: raise SCHEMA_VERSION by one in store/versions.py and put down what "
        "`python -m dashboard.store.importing.migration` prints as SCHEMA_FINGERPRINT"
    )
