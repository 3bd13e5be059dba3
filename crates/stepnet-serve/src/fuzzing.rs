//! What the fuzz target calls: the readers of requests, over bytes.

use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::{rest, v2};

/// Reads the headers in the first line and the body after it, as each of the endpoints would.
pub fn request(bytes: &[u8]) {
    let end = bytes.iter().position(|&byte| byte == b'\n');
    let (line, body) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    let Ok(value) = HeaderValue::from_bytes(line) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, value.clone());
    headers.insert(HeaderName::from_static(v2::LENGTH), value);
    rest::read_for_fuzzing(&headers, body);
    v2::read_for_fuzzing(&headers, body);
}
