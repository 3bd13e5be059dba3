//! Whatever the bytes are, reading them as a zip archive of images, and decoding what is in it, returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("zip", bytes), "no such target");
});
