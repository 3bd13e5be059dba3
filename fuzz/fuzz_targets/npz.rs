//! Whatever the bytes are, reading npz files and the data sets in them returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("npz", bytes), "no such target");
});
