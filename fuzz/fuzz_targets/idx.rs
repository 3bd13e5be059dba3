//! Whatever the bytes are, reading IDX files, plain and gzip returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stepnet::data::fuzzing::idx(bytes));
