//! Forms with files (`multipart/form-data`, RFC 7578).

use std::ops::Range;

use crate::http::{Answer, Refusal};

/// A part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The name of its file; without one, that of the field.
    pub(super) name: String,
    /// Where its content lies in the body.
    pub(super) content: Range<usize>,
}

/// The most parts of a form.
const MOST: usize = 10_000;

/// The most bytes of a part's head.
const HEAD: usize = 8 << 10;

/// The boundary that a content type names, if it is that of a form.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (media, parameters) = content_type.split_once(';')?;
    if !media.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// A parameter of a header, with or without quotes.
fn parameter<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        let (key, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim());
        }
        rest = after;
    }
}

/// The parts of a form.
///
/// # Errors
/// A body that is not a form with this boundary.
pub(super) fn parts(body: &[u8], boundary: &str) -> Answer<Vec<Part>> {
    let wrong =
        |expected: &str| Refusal::wrong(format!("the form is damaged, expected {expected}"));
    let line = format!("\r\n--{boundary}");
    // The first boundary need not follow a line.
    let first = &line.as_bytes()[2..];
    let mut at = match body.starts_with(first) {
        true => first.len(),
        false => find(body, line.as_bytes(), 0).ok_or_else(|| wrong("its boundary"))? + line.len(),
    };
    let mut parts = Vec::new();
    loop {
        if body[at..].starts_with(b"--") {
            return Ok(parts);
        }
        let head = find(&body[..body.len().min(at + HEAD)], b"\r\n\r\n", at);
        let head = head.ok_or_else(|| wrong("the head of a part"))?;
        let content = head + 4;
        let next = find(body, line.as_bytes(), content);
        let next = next.ok_or_else(|| wrong("a boundary after each part"))?;
        parts.push(Part {
            name: name(&String::from_utf8_lossy(&body[at..head])),
            content: content..next,
        });
        if parts.len() > MOST {
            return Err(Refusal::too_large(format!(
                "the form has more than {MOST} parts"
            )));
        }
        at = next + line.len();
    }
}

/// The name of a part by its head.
fn name(head: &str) -> String {
    let lines = head.split("\r\n");
    let mut disposition = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let named = name.trim().eq_ignore_ascii_case("content-disposition");
        named.then_some(value)
    });
    let parameters = disposition.next().and_then(|value| value.split_once(';'));
    let parameters = parameters.map_or("", |(_, parameters)| parameters);
    let file = parameter(parameters, "filename").filter(|name| !name.is_empty());
    let name = file.or_else(|| parameter(parameters, "name"));
    name.unwrap_or("image").to_owned()
}

/// Where `wanted` begins in `bytes`, from `at` on. It begins with a byte that is rare in it, so that a search passes over
/// the content quickly.
fn find(bytes: &[u8], wanted: &[u8], at: usize) -> Option<usize> {
    let windows = bytes.get(at..)?.windows(wanted.len());
    let mut places = windows.enumerate();
    let found = places.find(|(_, window)| window[0] == wanted[0] && *window == wanted);
    found.map(|(place, _)| at + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_is_in_the_content_type() {
        let form = "multipart/form-data; boundary=";
        assert_eq!(boundary(&format!("{form}abc")), Some("abc"));
        let quoted = "Multipart/Form-Data; charset=\"a;b\"; Boundary=\"a b\"";
        assert_eq!(boundary(quoted), Some("a b"));
        for none in ["image/png", form, "multipart/mixed; boundary=a", ""] {
            assert_eq!(boundary(none), None, "{none}");
        }
    }

    #[test]
    fn parts_have_the_names_of_their_files() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a=b;c.png\"\r\nContent-Type: image/png\r\n\r\n\r\n--y\r\n--x\r\ncontent-disposition: form-data; name=g\r\n\r\n\r\n--x--\r\n";
        let parts = parts(body, "x").unwrap();
        let found: Vec<(&str, &[u8])> = parts
            .iter()
            .map(|part| (part.name.as_str(), &body[part.content.clone()]))
            .collect();
        assert_eq!(found, [("a=b;c.png", &b"\r\n--y"[..]), ("g", b"")]);
        // Cut off anywhere before the last boundary, it is refused.
        for end in 0..body.len() - 5 {
            assert!(super::parts(&body[..end], "x").is_err(), "{end}");
        }
    }
}
