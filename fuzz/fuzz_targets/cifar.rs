//! Whatever the bytes are, reading CIFAR's binary form returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("cifar", bytes), "no such target");
});
