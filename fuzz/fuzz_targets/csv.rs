//! Whatever the bytes are, reading CSV tables and the data sets in them returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("csv", bytes), "no such target");
});
