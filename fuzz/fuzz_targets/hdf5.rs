//! Whatever the bytes are, reading HDF5 files and the data sets in them returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stepnet::data::fuzzing::hdf5(bytes));
