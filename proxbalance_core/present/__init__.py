"""Results to view rows, charts and exports. No streamlit, no store, no decisions."""
