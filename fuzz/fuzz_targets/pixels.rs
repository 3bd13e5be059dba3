//! Whatever the bytes are, reading them as a table with a column of pixels, and the data set in it, returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("pixels", bytes), "no such target");
});
