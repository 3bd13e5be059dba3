//! The values of a text: numbers, pairs, sides and words.

use super::error::quoted;
use super::lexer::{Token, TokenKind};
use super::parser::{Parser, Result};
use super::{Count, LARGEST_NUMBER, NotationError, PaddingText, Value};

impl Parser<'_> {
    /// `number | number "x" number | number "/" number "/" number "/" number | word`
    ///
    /// `None`, with nothing taken, where no such value starts.
    pub(super) fn scalar(&mut self) -> Result<Option<Value>> {
        let Token { kind, column } = self.peek();
        let value = match (kind, self.look(1).kind) {
            (TokenKind::Number(_), TokenKind::Times) => {
                let height = self.side("height")?;
                self.next += 1;
                [height, self.side("width after the \"x\"")?].into()
            }
            (TokenKind::Number(_), TokenKind::Mark('/')) => self.sides()?.into(),
            (TokenKind::Number(digits), _) => {
                self.next += 1;
                number(digits, column)?
            }
            (TokenKind::Word(word), _) => {
                let value = match word.to_ascii_lowercase().as_str() {
                    // The outputs of a network for numbers or labels are none.
                    "classes" | "outputs" => Count::Classes.into(),
                    "true" => true.into(),
                    "false" => false.into(),
                    "same" => PaddingText::Same.into(),
                    "valid" => PaddingText::Valid.into(),
                    _ => return Ok(None),
                };
                self.next += 1;
                value
            }
            _ => return Ok(None),
        };
        Ok(Some(value))
    }

    /// `top/bottom/left/right`
    fn sides(&mut self) -> Result<PaddingText> {
        let mut sides = [0; 4];
        for (i, side) in sides.iter_mut().enumerate() {
            if i > 0 {
                let rest = "\"/\" and the rest of top/bottom/left/right";
                self.expect(TokenKind::Mark('/'), rest)?;
            }
            *side = self.side("one of top/bottom/left/right")?;
        }
        let [top, bottom, left, right] = sides;
        Ok(PaddingText::Sides {
            top,
            bottom,
            left,
            right,
        })
    }

    /// One whole number of a pair or of four sides.
    fn side(&mut self, what: &str) -> Result<usize> {
        let Token { kind, column } = self.peek();
        if let TokenKind::Number(digits) = kind
            && let Some(side) = whole_number(digits, column)?
        {
            self.next += 1;
            return Ok(side);
        }
        Err(self.unexpected(&format!("a whole number as {what}")))
    }
}

/// The number if it is written in digits alone, `None` if it has a sign, a point or an exponent.
pub(super) fn whole_number(digits: &str, column: usize) -> Result<Option<usize>> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    match digits.parse() {
        Ok(number) if number <= LARGEST_NUMBER => Ok(Some(number)),
        // Digits alone fail to parse only where there are too many.
        _ => Err(too_large(digits, column)),
    }
}

fn number(digits: &str, column: usize) -> Result<Value> {
    if let Some(whole) = whole_number(digits, column)? {
        return Ok(whole.into());
    }
    match digits.parse::<f64>() {
        Ok(number) if number.abs() <= LARGEST_NUMBER as f64 => Ok(number.into()),
        _ => Err(too_large(digits, column)),
    }
}

fn too_large(digits: &str, column: usize) -> NotationError {
    let message = format!(
        "the number {} is too large, expected at most {LARGEST_NUMBER}",
        quoted(digits)
    );
    NotationError::new(column, message)
}
