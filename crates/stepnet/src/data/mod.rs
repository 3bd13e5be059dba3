//! Data sets and the readers of data files.
