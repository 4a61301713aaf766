"""Whom an institution is compared with: those of its kind and tier, or of its class where these are too few."""

import pandas as pd

from dashboard.catalogue.utilisation import utilisation_settings


def peer_groups(institutions: pd.DataFrame) -> pd.DataFrame:
    """Return by institution its ``narrow`` group (kind and tier) and ``wide`` class, and whom it is compared with.

    ``single_kind``: its narrow group is large enough; else it stands against its whole class, or, where that is too small too, against
    nobody (``size`` 0).
    """
    lines = utilisation_settings()
    narrow = institutions["kind"] + "/" + institutions["tier"]
    wide = institutions["kind"].map(lines.peer_class)
    narrow_size, wide_size = narrow.map(narrow.value_counts()), wide.map(wide.value_counts())
    single = narrow_size >= lines.minimum_peers
    size = narrow_size.where(single, wide_size.where(wide_size >= lines.minimum_peers, 0))
    return pd.DataFrame({"narrow": narrow, "wide": wide.where(size > 0), "single_kind": single, "size": size.astype("int64")})
