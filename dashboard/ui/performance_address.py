"""What of the page stands in its address: the scheme, the open section and the open cell, so that a link restores the view.

Period and insurance scheme are the filters of all pages. Weights that were moved and not saved are not in a link.
"""

import streamlit as st

SCHEME, PART, UNIT, DIMENSION = "evaluation", "part", "unit", "dimension"
_WRITTEN = "performance_address"


def asked() -> dict[str, str]:
    """Return what a followed link asks for; empty when the address is what this session wrote itself."""
    written = st.session_state.get(_WRITTEN, {})
    found = {name: st.query_params[name] for name in (SCHEME, PART, UNIT, DIMENSION) if name in st.query_params}
    return {} if found == written else found


def write(**chosen: str) -> None:
    """Write the page's choices into the address."""
    values = {name: value for name, value in chosen.items() if value}
    if st.session_state.get(_WRITTEN) != values or any(st.query_params.get(name) != value for name, value in values.items()):
        st.query_params.update(values)
    st.session_state[_WRITTEN] = values
