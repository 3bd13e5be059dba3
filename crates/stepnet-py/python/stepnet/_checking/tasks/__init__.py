"""The checks, by notebook: for each function cases, and a second version of it with switches for the known mistakes."""
