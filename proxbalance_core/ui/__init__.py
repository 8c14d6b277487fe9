"""The Streamlit shell: navigation, shared state, and the parts that pages are put together from."""
