"""Pure functions on arrays and frames. No Streamlit, no SQL, no plotting."""
