//! Whatever the bytes are, reading a tar archive of images, plain or gzip, and decoding what is in it returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(stepnet::data::fuzzing::format("tar", bytes), "no such target");
});
