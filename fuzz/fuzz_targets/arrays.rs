//! Whatever the bytes are, opening a file of arrays and showing a part of each returns.
#![no_main]

use std::path::Path;

use stepnet::data::arrays::ArrayFile;
use stepnet::see::show::{At, stored};

// A part such as `[0, :5]`, a line break, the file. What is shown stays short, so only sizes that
// reading has let through could make it slow.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else {
        return;
    };
    let (text, file) = (&bytes[..end], &bytes[end + 1..]);
    let at: At = String::from_utf8_lossy(text).parse().unwrap_or_default();
    let Ok(mut file) = ArrayFile::from_bytes(Path::new("fuzz.safetensors"), file.to_vec()) else {
        return;
    };
    for name in file.names().to_vec() {
        let Ok(array) = file.read(&name) else {
            continue;
        };
        for nested in [false, true] {
            if let Ok(shown) = stored(&array, &at, nested) {
                shown.to_string();
            }
        }
    }
});
