//! Markers and the segments after them (T.81 B.1.1).

/// The code of the marker at `at`, and where it ends; fill bytes before it are allowed.
pub(super) fn next_marker(bytes: &[u8], at: usize) -> Result<(u8, usize), String> {
    let mut end = at;
    if bytes.get(end).is_some_and(|&byte| byte != 0xff) {
        return Err(format!("expected a marker at byte {at}"));
    }
    while bytes.get(end) == Some(&0xff) {
        end += 1;
    }
    match bytes.get(end) {
        None => Err(format!(
            "the file ends early: no end-of-image marker in {} bytes",
            bytes.len()
        )),
        Some(0) => Err(format!("expected a marker at byte {at}")),
        Some(&marker) => Ok((marker, end + 1)),
    }
}

/// The content of the segment whose length stands at `at`.
pub(super) fn segment(bytes: &[u8], at: usize) -> Result<&[u8], String> {
    let early = || format!("the file ends early: inside the segment at byte {at}");
    let raw = bytes.get(at..at + 2).ok_or_else(early)?;
    let length = usize::from(u16::from_be_bytes([raw[0], raw[1]]));
    if length < 2 {
        return Err(format!("a segment of length {length} at byte {at}"));
    }
    bytes.get(at + 2..at + length).ok_or_else(early)
}
