//! Whatever the bytes are, reading models of Keras returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::exchange::fuzzing::format("keras", bytes), "no such target");
});
