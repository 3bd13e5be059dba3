//! Whatever the bytes are, reading them as a list of image files returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("list", bytes), "no such target");
});
