//! The arguments of a layer, each matched with a parameter of its kind.

use super::error::quoted;
use super::lexer::{Token, TokenKind};
use super::parser::{Parser, Result};
use super::{DefaultValue, NotationError, Parameter, ParameterKind, Signature, Value};
use stepnet_base::text::{and_list, hint};

impl Parser<'_> {
    /// `[ "(" argument { "," argument } ")" ]` of a layer whose kind stands at `column`; the
    /// values have a place per parameter.
    pub(super) fn arguments(
        &mut self,
        signature: &Signature,
        column: usize,
    ) -> Result<Vec<Option<Value>>> {
        let mut values = vec![None; signature.parameters.len()];
        let open = self.peek().column;
        if self.eat(TokenKind::Mark('(')) {
            if values.is_empty() {
                let message = format!(
                    "{} takes no arguments, expected no parentheses",
                    signature.name
                );
                return Err(NotationError::new(open, message));
            }
            let mut more = self.peek().kind != TokenKind::Mark(')');
            let needed = signature
                .parameters
                .iter()
                .any(|p| p.default == DefaultValue::Required);
            if !more && !needed {
                let expected = format!("an argument of {}, or no parentheses", signature.usage());
                return Err(self.unexpected(&expected));
            }
            // Where nothing stands but something is needed, the check below says what.
            let mut position = Some(0);
            while more {
                self.argument(signature, &mut values, &mut position)?;
                more = self.eat(TokenKind::Mark(','));
            }
            let closing = format!("\",\" or a \")\" for the \"(\" at column {open}");
            self.expect(TokenKind::Mark(')'), &closing)?;
        }
        let missing: Vec<&str> = (signature.parameters.iter().zip(&values))
            .filter(|(p, value)| p.default == DefaultValue::Required && value.is_none())
            .map(|(p, _)| p.name.as_str())
            .collect();
        if missing.is_empty() {
            return Ok(values);
        }
        let message = format!(
            "{} needs {}, expected {}",
            signature.name,
            and_list(&missing),
            signature.usage()
        );
        Err(NotationError::new(column, message))
    }

    /// `argument = [ key "=" ] value`; `position` is the next place without a key, while allowed.
    fn argument(
        &mut self,
        signature: &Signature,
        values: &mut [Option<Value>],
        position: &mut Option<usize>,
    ) -> Result<()> {
        let start = self.peek();
        let place = self.place(signature, position)?;
        let (Some(parameter), Some(value)) =
            (signature.parameters.get(place), values.get_mut(place))
        else {
            let count = match signature.parameters.len() {
                1 => "1 argument".to_owned(),
                more => format!("{more} arguments"),
            };
            let mut kinds = signature.parameters.iter().map(|parameter| parameter.kind);
            let paths = match kinds.any(|kind| kind == ParameterKind::Branches) {
                true => "; put | between paths",
                false => "",
            };
            let message = format!(
                "{} takes at most {count}: {}{paths}",
                signature.name,
                signature.usage()
            );
            return Err(NotationError::new(start.column, message));
        };
        if value.is_some() {
            let message = format!(
                "{}: {} is given twice, expected it once",
                signature.name, parameter.name
            );
            return Err(NotationError::new(start.column, message));
        }
        *value = Some(self.value(signature, parameter)?);
        Ok(())
    }

    /// The parameter an argument is for: takes its key, or counts on without one.
    fn place(&mut self, signature: &Signature, position: &mut Option<usize>) -> Result<usize> {
        let Token { kind, column } = self.peek();
        if let (TokenKind::Word(key), TokenKind::Mark('=')) = (kind, self.look(1).kind) {
            self.next += 2;
            *position = None;
            return match signature.position(key) {
                Some(place) => Ok(place),
                None => Err(unknown_key(signature, key, column)),
            };
        }
        let Some(place) = *position else {
            let message = format!(
                "an argument without a key follows one with a key, expected key=value: {}",
                signature.usage()
            );
            return Err(NotationError::new(column, message));
        };
        *position = Some(place + 1);
        Ok(place)
    }

    /// A value of a parameter.
    fn value(&mut self, signature: &Signature, parameter: &Parameter) -> Result<Value> {
        let start = self.peek();
        let first = self.next;
        let written = if parameter.kind.is_network() {
            let mut networks = vec![self.nested_network(start.column)?];
            while parameter.kind == ParameterKind::Branches && self.eat(TokenKind::Mark('|')) {
                networks.push(self.nested_network(start.column)?);
            }
            Some(Value::Networks(networks))
        } else if let TokenKind::Word(word) = start.kind
            && let Some(value) = parameter.kind.word(word)
        {
            self.next += 1;
            Some(value)
        } else {
            self.scalar()?
        };
        if let Some(value) = written.and_then(|written| parameter.kind.accept(written)) {
            return Ok(value);
        }
        let found = match self.written_since(first) {
            piece if piece.is_empty() => start.kind.to_string(),
            piece => quoted(&piece),
        };
        let near = match start.kind {
            TokenKind::Word(word) => hint(word, parameter.kind.words().iter().copied()),
            _ => String::new(),
        };
        let message = format!(
            "{}: {} must be {}, found {found}{near}",
            signature.name,
            parameter.name,
            parameter.kind.expected()
        );
        Err(NotationError::new(start.column, message))
    }
}

fn unknown_key(signature: &Signature, key: &str, column: usize) -> NotationError {
    let names = signature.parameter_names();
    let near = hint(key, names.iter().copied());
    let message = format!(
        "{} has no argument {}, expected {}{near}",
        signature.name,
        quoted(key),
        and_list(&names)
    );
    NotationError::new(column, message)
}
