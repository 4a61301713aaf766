"""Pure what-if models. No Streamlit, no SQL, no plotting."""
