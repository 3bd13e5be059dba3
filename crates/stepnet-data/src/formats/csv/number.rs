//! Numbers in text, with a decimal point or a decimal comma.

/// A comma in a number, and where it was.
type Comma = (u64, String);

/// Reads numbers, and sees to it that all of a table are meant in one way.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Whether a comma may be part of a number: where it does not separate fields.
    commas_may_be: bool,
    /// Whether a number had a point in it.
    points: bool,
    /// The first number with a comma.
    comma: Option<Comma>,
    /// Whether a comma was at a place where it cannot separate thousands.
    decimal: bool,
}

impl Numbers {
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            commas_may_be: delimiter != b',',
            ..Self::default()
        }
    }

    /// The number in a field, if it is one.
    pub(super) fn read(&mut self, field: &str, line: u64) -> Option<f64> {
        let field = field.trim();
        if let Ok(value) = field.parse() {
            self.points |= field.contains('.');
            return Some(value);
        }
        let (whole, fraction) = field.split_once(',').filter(|_| self.commas_may_be)?;
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let plain = whole.trim_start_matches(['-', '+']);
        // An exponent may follow: 1,5E-03.
        let figures = fraction.split(['e', 'E']).next().unwrap_or_default();
        if !digits(plain) || !digits(figures) {
            return None;
        }
        self.decimal |= figures.len() != 3 || plain.starts_with('0') || plain.len() > 3;
        self.comma.get_or_insert_with(|| (line, field.to_owned()));
        format!("{whole}.{fraction}").parse().ok()
    }

    /// Whether there were decimal commas.
    ///
    /// # Errors
    /// Where commas could as well separate thousands.
    pub(super) fn decimal_commas(&self) -> Result<bool, String> {
        match &self.comma {
            None => Ok(false),
            Some((line, text)) if self.points || !self.decimal => Err(format!(
                "line {line}: the comma of {text:?} could be a decimal one or separate thousands; write numbers with a decimal point and nothing else"
            )),
            Some(_) => Ok(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_are_decimal_where_nothing_else_can_be_meant() {
        let read = |delimiter, fields: &[&str]| {
            let mut numbers = Numbers::new(delimiter);
            let values: Vec<_> = fields.iter().map(|field| numbers.read(field, 7)).collect();
            (values, numbers.decimal_commas())
        };
        let (values, commas) = read(b';', &["0,5", " -1,25 ", "3", "1,5E-1"]);
        assert_eq!(values, [Some(0.5), Some(-1.25), Some(3.0), Some(0.15)]);
        assert_eq!(commas, Ok(true));
        assert_eq!(read(b';', &["0,125", "1,250"]).1, Ok(true));
        for fields in [&["1,250"][..], &["1,25", "0.5"]] {
            let message = read(b';', fields).1.unwrap_err();
            assert!(
                message.contains("line 7") && message.contains("thousands"),
                "{message}"
            );
        }
        assert_eq!(read(b',', &["0,5"]).0, [None]);
        assert_eq!(read(b';', &["0,5,5", "a,5", ",5"]).0, [None; 3]);
        assert_eq!(
            read(b';', &["1.5", "2"]),
            (vec![Some(1.5), Some(2.0)], Ok(false))
        );
    }
}
