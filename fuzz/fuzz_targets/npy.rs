//! Whatever the bytes are, reading npy files returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("npy", bytes), "no such target");
});
