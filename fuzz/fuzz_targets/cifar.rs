//! Whatever the bytes are, reading CIFAR's binary form returns.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stepnet::data::fuzzing::cifar(bytes));
