//! Whatever the bytes are, reading IDX files, plain and gzip returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("idx", bytes), "no such target");
});
