//! The header of an `.npy` file: a Python dictionary literal with three fixed keys.

/// The most dimensions numpy has.
const MAX_DIMENSIONS: usize = 64;

/// The facts in the header.
#[derive(Debug, PartialEq)]
pub(crate) struct Header {
    /// The type, such as `<f4`.
    pub(crate) descr: String,
    /// Whether the first index runs fastest.
    pub(crate) fortran_order: bool,
    /// The size of every dimension.
    pub(crate) shape: Vec<usize>,
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order, each
/// exactly once. The error says what was expected and at which byte.
pub(crate) fn parse(text: &[u8]) -> Result<Header, String> {
    let mut cursor = Cursor { text, at: 0 };
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    cursor.expect(b'{')?;
    while !cursor.take(b'}') {
        let at = cursor.at;
        let key = cursor.string()?;
        cursor.expect(b':')?;
        let twice = match key.as_str() {
            "descr" => descr.replace(cursor.descr()?).is_some(),
            "fortran_order" => fortran_order.replace(cursor.boolean()?).is_some(),
            "shape" => shape.replace(cursor.shape()?).is_some(),
            _ => return Err(format!("unknown key {key:?} at byte {at}")),
        };
        if twice {
            return Err(format!("key {key:?} twice"));
        }
        if !cursor.take(b',') {
            cursor.expect(b'}')?;
            break;
        }
    }
    cursor.skip_space();
    if cursor.at < text.len() {
        return Err(format!("expected the end at byte {}", cursor.at));
    }
    Ok(Header {
        descr: descr.ok_or("key 'descr' is missing")?,
        fortran_order: fortran_order.ok_or("key 'fortran_order' is missing")?,
        shape: shape.ok_or("key 'shape' is missing")?,
    })
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn skip_space(&mut self) {
        while self
            .text
            .get(self.at)
            .is_some_and(|byte| byte.is_ascii_whitespace())
        {
            self.at += 1;
        }
    }

    /// Takes one character, after space, if it comes next.
    fn take(&mut self, wanted: u8) -> bool {
        self.skip_space();
        let found = self.text.get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: u8) -> Result<(), String> {
        if self.take(wanted) {
            return Ok(());
        }
        Err(format!(
            "expected {:?} at byte {}",
            char::from(wanted),
            self.at
        ))
    }

    /// A quoted text without escapes.
    fn string(&mut self) -> Result<String, String> {
        self.skip_space();
        let start = self.at;
        let wrong = || format!("expected a quoted text at byte {start}");
        let quote = *self.text.get(start).ok_or_else(wrong)?;
        if quote != b'\'' && quote != b'"' {
            return Err(wrong());
        }
        let rest = &self.text[start + 1..];
        let length = rest
            .iter()
            .position(|&byte| byte == quote)
            .ok_or_else(wrong)?;
        self.at = start + length + 2;
        String::from_utf8(rest[..length].to_vec()).map_err(|_| wrong())
    }

    fn descr(&mut self) -> Result<String, String> {
        self.skip_space();
        if self.text.get(self.at) == Some(&b'[') {
            return Err("structured types (several fields) are not supported".into());
        }
        self.string()
    }

    fn boolean(&mut self) -> Result<bool, String> {
        self.skip_space();
        for (word, value) in [("True", true), ("False", false)] {
            if self.text[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(format!("expected True or False at byte {}", self.at))
    }

    /// A tuple of sizes: `()`, `(3,)`, `(3, 4)`.
    fn shape(&mut self) -> Result<Vec<usize>, String> {
        self.expect(b'(')?;
        let mut shape = Vec::new();
        while !self.take(b')') {
            shape.push(self.size()?);
            if shape.len() > MAX_DIMENSIONS {
                return Err(format!("more than {MAX_DIMENSIONS} dimensions"));
            }
            if !self.take(b',') {
                self.expect(b')')?;
                break;
            }
        }
        Ok(shape)
    }

    fn size(&mut self) -> Result<usize, String> {
        self.skip_space();
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = String::from_utf8_lossy(&rest[..length]);
        if length == 0 {
            return Err(format!("expected a size at byte {}", self.at));
        }
        // Python 2 wrote long integers as 3L.
        self.at += length + usize::from(rest.get(length) == Some(&b'L'));
        digits
            .parse()
            .map_err(|_| format!("the size {digits} is too large"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_numpy_writes_them() {
        let text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }          \n";
        let header = parse(text).unwrap();
        assert_eq!(
            header,
            Header {
                descr: "<f4".into(),
                fortran_order: false,
                shape: vec![3, 4]
            }
        );
        let text = b"{'shape': (5L,), 'fortran_order': True, 'descr': \"|u1\"}";
        assert_eq!(parse(text).unwrap().shape, [5]);
        let text = b"{'descr': '<i8', 'fortran_order': False, 'shape': ()}";
        assert_eq!(parse(text).unwrap().shape, [0; 0]);
    }

    #[test]
    fn errors_name_the_place() {
        let cases: [(&[u8], &str); 9] = [
            (b"", "expected '{' at byte 0"),
            (
                b"{'descr': '<f4', 'shape': (1,)}",
                "key 'fortran_order' is missing",
            ),
            (b"{'descr': [('a', '<f4')]}", "structured"),
            (b"{'shape': (-1,)}", "expected a size at byte 11"),
            (b"{'shape': (99999999999999999999999,)}", "too large"),
            (b"{'shape': (1,), 'shape': (2,)}", "twice"),
            (b"{'fortran_order': 1}", "expected True or False at byte 18"),
            (
                b"{'evil': __import__('os')}",
                "unknown key \"evil\" at byte 1",
            ),
            (b"{'descr': '<f4", "expected a quoted text at byte 10"),
        ];
        for (text, expected) in cases {
            let problem = parse(text).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
