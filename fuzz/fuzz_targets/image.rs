//! Whatever the bytes are, decoding an image (every decoder, the JPEG walk, and the three rules of resizing) returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stepnet::data::fuzzing::image(bytes));
