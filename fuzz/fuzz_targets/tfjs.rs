//! Whatever the bytes are, reading models of TensorFlow.js returns: the JSON up to the first zero, the weights after it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::exchange::fuzzing::format("tfjs", bytes), "no such target");
});
