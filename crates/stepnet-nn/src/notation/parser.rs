//! A text to a network: recursive descent, one function per rule of the grammar.

use std::sync::Arc;

use super::error::quoted;
use super::lexer::{Token, TokenKind, tokens};
use super::names::{MAX_DEPTH, check, check_label};
use super::scalars::whole_number;
use super::{Item, Kinds, LayerText, NetworkText, NotationError, Step, presets};
use stepnet_base::text::{hint, nearest};

/// The longest text that is read, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;

pub(super) type Result<T> = std::result::Result<T, NotationError>;

/// Reads a network.
///
/// A text that it accepts can always be printed, read again to an equal network, and expanded with
/// [`super::expand`].
///
/// # Errors
///
/// [`NotationError`] with the column, what was expected, what came and the nearest known name.
pub fn parse(text: &str, kinds: &Kinds) -> Result<NetworkText> {
    if text.len() > MAX_TEXT {
        let message = format!(
            "the text has {} bytes, expected at most {MAX_TEXT}",
            text.len()
        );
        return Err(NotationError::new(1, message));
    }
    read(text, kinds).map_err(|error| error.in_text(text))
}

/// Reads a network, or the name of a preset (in any case) that stands alone.
///
/// Columns of errors and steps count in the preset's text where one was named.
///
/// # Errors
///
/// As [`parse`]; a single unknown word suggests presets, too.
pub fn parse_or_preset(text: &str, kinds: &Kinds) -> Result<NetworkText> {
    let word = text.trim();
    if let Some(preset) = presets::find(word) {
        return parse(preset.text, kinds);
    }
    let bare = text.len() <= MAX_TEXT
        && word.starts_with(char::is_alphabetic)
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || "_-".contains(c));
    if !bare || kinds.get(word).is_some() {
        return parse(text, kinds);
    }
    let presets: Vec<&str> = presets::ALL.iter().map(|preset| preset.name).collect();
    let message = format!(
        "unknown layer kind or preset {}, expected a layer such as conv(8, 3), or one of the \
         presets {}{}",
        quoted(word),
        presets.join(", "),
        hint(word, kinds.spellings().chain(presets.iter().copied()))
    );
    let column = 1 + text.chars().take_while(|c| c.is_whitespace()).count();
    let error = NotationError::new(column, message).with_unknown_kind(word);
    Err(error.in_text(text))
}

fn read(text: &str, kinds: &Kinds) -> Result<NetworkText> {
    let mut parser = Parser {
        tokens: tokens(text),
        next: 0,
        depth: 0,
        kinds,
    };
    if parser.peek().kind == TokenKind::End {
        let message = "the text is empty, expected a network such as flatten -> linear(10)";
        return Err(NotationError::new(1, message));
    }
    let network = parser.network()?;
    parser.expect(TokenKind::End, "\"->\" or the end of the text")?;
    check(&network)?;
    // The canonical text is what files store: it must be readable, too.
    let canonical = network.to_string().len();
    if canonical > MAX_TEXT {
        let message = format!(
            "the network has {canonical} bytes in canonical spelling, expected at most {MAX_TEXT}"
        );
        return Err(NotationError::new(1, message));
    }
    Ok(network)
}

pub(super) struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    pub(super) next: usize,
    /// How many brackets are open.
    depth: usize,
    kinds: &'a Kinds,
}

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Token<'a> {
        self.look(0)
    }

    /// The token `ahead` of the next one; past the end, the end.
    pub(super) fn look(&self, ahead: usize) -> Token<'a> {
        let end = Token {
            kind: TokenKind::End,
            column: 1,
        };
        let last = self.tokens.last().copied().unwrap_or(end);
        self.tokens.get(self.next + ahead).copied().unwrap_or(last)
    }

    /// Where the last token that was taken ends, exclusive.
    fn end_of_last(&self) -> usize {
        let last = self.next.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(0, |token| token.column + token.kind.length())
    }

    pub(super) fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.peek().kind == kind;
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, kind: TokenKind, expected: &str) -> Result<()> {
        if self.eat(kind) {
            return Ok(());
        }
        Err(self.unexpected(expected))
    }

    /// The tokens of a value from a place on, as they would be written.
    pub(super) fn written_since(&self, first: usize) -> String {
        let taken = self.tokens.get(first..self.next).unwrap_or_default();
        let pieces = taken.iter().map(|token| match token.kind {
            TokenKind::Number(piece) | TokenKind::Word(piece) => piece.to_owned(),
            TokenKind::Mark(c) => c.to_string(),
            _ => "x".to_owned(),
        });
        pieces.collect()
    }

    pub(super) fn unexpected(&self, expected: &str) -> NotationError {
        let Token { kind, column } = self.peek();
        NotationError::new(column, format!("expected {expected}, found {kind}"))
    }

    /// `network = step { "->" step }`
    fn network(&mut self) -> Result<NetworkText> {
        let mut steps = vec![self.step()?];
        while self.eat(TokenKind::Arrow) {
            steps.push(self.step()?);
        }
        Ok(NetworkText { steps })
    }

    /// A network between brackets, one level deeper; `open` is where the bracket or argument is.
    pub(super) fn nested_network(&mut self, open: usize) -> Result<NetworkText> {
        if self.depth >= MAX_DEPTH {
            let message = format!("brackets are nested more than {MAX_DEPTH} deep");
            return Err(NotationError::new(open, message));
        }
        self.depth += 1;
        let network = self.network();
        self.depth -= 1;
        network
    }

    /// `step = [ name ":" ] ( layer | group )`
    fn step(&mut self) -> Result<Step> {
        let column = self.peek().column;
        let mut label = None;
        if let (TokenKind::Word(name), TokenKind::Mark(':')) = (self.peek().kind, self.look(1).kind)
        {
            check_label(name, column)?;
            label = Some(name.to_owned());
            self.next += 2;
        }
        let start = self.peek();
        let item = match start.kind {
            TokenKind::Word(kind) => {
                self.next += 1;
                Item::Layer(self.layer(kind, start.column)?)
            }
            TokenKind::Mark('[') => {
                self.next += 1;
                self.group(start.column)?
            }
            _ => return Err(self.unexpected("a layer such as relu, or a group in [ ]")),
        };
        Ok(Step {
            label,
            item,
            column,
            end: self.end_of_last(),
        })
    }

    /// `group = "[" network "]" "x" integer`, after its bracket at column `open`
    fn group(&mut self, open: usize) -> Result<Item> {
        let body = self.nested_network(open)?;
        let closing = format!("\"->\" or a \"]\" for the \"[\" at column {open}");
        self.expect(TokenKind::Mark(']'), &closing)?;
        let repeated = "\"x\" and a number of repetitions after \"]\", such as [...] x 3";
        self.expect(TokenKind::Times, repeated)?;
        let expected = "a positive whole number of repetitions such as 3";
        let times = match self.peek().kind {
            TokenKind::Number(digits) => whole_number(digits, self.peek().column)?,
            _ => None,
        };
        let Some(times) = times.filter(|&times| times > 0) else {
            return Err(self.unexpected(expected));
        };
        self.next += 1;
        Ok(Item::Group { body, times })
    }

    /// `layer = kind [ "(" argument { "," argument } ")" ]`, after its kind
    fn layer(&mut self, kind: &str, column: usize) -> Result<LayerText> {
        let signature = match self.kinds.get(kind) {
            Some(signature) => Arc::clone(signature),
            None => return Err(self.unknown_kind(kind, column)),
        };
        let values = self.arguments(&signature, column)?;
        Ok(LayerText::from_values(signature, values))
    }

    fn unknown_kind(&self, kind: &str, column: usize) -> NotationError {
        let message = match nearest(kind, self.kinds.spellings()) {
            Some(near) => format!(
                "unknown layer kind {}, expected a layer such as conv, maxpool, linear; did you \
                 mean \"{near}\"?",
                quoted(kind)
            ),
            None => {
                let known: Vec<&str> = self.kinds.iter().map(|s| s.name.as_str()).collect();
                let known = known.join(", ");
                format!(
                    "unknown layer kind {}, expected one of {known}",
                    quoted(kind)
                )
            }
        };
        NotationError::new(column, message).with_unknown_kind(kind)
    }
}
