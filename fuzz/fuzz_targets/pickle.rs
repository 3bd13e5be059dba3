//! Whatever the bytes are, reading PyTorch's files returns, and so does what takes their weights.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::exchange::fuzzing::format("pickle", bytes), "no such target");
});
