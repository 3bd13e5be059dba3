//! Whatever a request to `stepnet serve` says, reading it returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stepnet_serve::fuzzing::request(bytes));
