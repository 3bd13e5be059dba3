//! Random numbers: the legacy generator of numpy, bit for bit.
