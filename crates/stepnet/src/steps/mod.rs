//! The notebook functions, one by one, as plain loops: the specification.
