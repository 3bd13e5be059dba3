//! Whatever the bytes are, reading HDF5 files and the data sets in them returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("hdf5", bytes), "no such target");
});
