//! A text as tokens, each with its column.

use std::fmt;

use super::error::quoted;

/// A token and where it starts, in characters from 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) column: usize,
}

/// The tokens of the notation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum TokenKind<'a> {
    /// `->` or `→`
    Arrow,
    /// `x`, `X` or `×` between two numbers or after `]`
    Times,
    /// One of `( ) [ ] , : = | /`
    Mark(char),
    /// A number as it is written: `3`, `0.5`, `1e-3`, `-2`
    Number(&'a str),
    /// A kind, a key, a label, `same`, ...
    Word(&'a str),
    /// A character that is no part of the notation
    Unknown(char),
    /// After the last token
    End,
}

impl TokenKind<'_> {
    /// How many characters of the text it takes, at least 1 but for the end.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Number(piece) | Self::Word(piece) => piece.chars().count(),
            Self::Arrow | Self::Times | Self::Mark(_) | Self::Unknown(_) => 1,
            Self::End => 0,
        }
    }
}

impl fmt::Display for TokenKind<'_> {
    /// The token as the end of "expected ..., found ".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arrow => f.write_str("\"->\""),
            Self::Times => f.write_str("\"x\""),
            Self::Mark(c) | Self::Unknown(c) => f.write_str(&quoted(c.encode_utf8(&mut [0; 4]))),
            Self::Number(piece) | Self::Word(piece) => f.write_str(&quoted(piece)),
            Self::End => f.write_str("the end of the text"),
        }
    }
}

/// The tokens of a text; the last one is always [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let text = text.trim_end();
    let mut rest = text;
    let mut column = 1;
    let mut previous = TokenKind::End;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else {
            let (kind, length) = next_token(rest, first, previous);
            tokens.push(Token { kind, column });
            previous = kind;
            length
        };
        let (done, after) = rest.split_at(length);
        column += done.chars().count();
        rest = after;
    }
    tokens.push(Token {
        kind: TokenKind::End,
        column,
    });
    tokens
}

/// The token at the start of `rest` and its length in bytes.
fn next_token<'a>(rest: &'a str, first: char, previous: TokenKind) -> (TokenKind<'a>, usize) {
    let number = number_length(rest);
    if rest.starts_with("->") {
        (TokenKind::Arrow, 2)
    } else if first == '→' {
        (TokenKind::Arrow, first.len_utf8())
    } else if first == '×' {
        (TokenKind::Times, first.len_utf8())
    } else if "()[],:=|/".contains(first) {
        (TokenKind::Mark(first), 1)
    } else if number > 0 {
        (TokenKind::Number(&rest[..number]), number)
    } else if first == '_' || first.is_alphabetic() {
        // `3x5` and `]x3` are not words: after a number or a bracket an x multiplies.
        let multiplies = matches!(previous, TokenKind::Number(_) | TokenKind::Mark(']'));
        let after_x = rest.strip_prefix(['x', 'X']);
        if multiplies && after_x.is_some_and(|after| !after.starts_with(is_letter)) {
            return (TokenKind::Times, 1);
        }
        let length = rest.find(|c| !is_word_part(c)).unwrap_or(rest.len());
        (TokenKind::Word(&rest[..length]), length)
    } else {
        (TokenKind::Unknown(first), first.len_utf8())
    }
}

fn is_letter(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

/// The characters that a word may have after its first letter.
pub(super) fn is_word_part(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Whether a text is one word, as labels are.
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(is_letter) && text.chars().all(is_word_part)
}

/// The length in bytes of the number at the start of a text, 0 if there is none.
///
/// `-? (digits [. digits?] | . digits) ([eE] [+-]? digits)?`
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits_from = |start: usize| {
        let rest = bytes.get(start..).unwrap_or_default();
        rest.iter().take_while(|b| b.is_ascii_digit()).count()
    };
    let sign = usize::from(text.starts_with('-'));
    let whole = digits_from(sign);
    let mut end = sign + whole;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits_from(end + 1);
        if whole + fraction == 0 {
            return 0;
        }
        end += 1 + fraction;
    } else if whole == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent_sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits_from(end + 1 + exponent_sign);
        if exponent > 0 {
            end += 1 + exponent_sign + exponent;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::TokenKind::{Arrow, End, Mark, Number, Times, Unknown, Word};
    use super::{TokenKind, number_length, tokens};

    fn kinds(text: &str) -> Vec<TokenKind<'_>> {
        tokens(text).iter().map(|token| token.kind).collect()
    }

    #[test]
    fn an_x_multiplies_only_after_a_number_or_a_bracket() {
        let three_by_five = vec![Number("3"), Times, Number("5"), End];
        for text in ["3x5", "3 X 5", "3×5", " 3\tx\n5 "] {
            assert_eq!(kinds(text), three_by_five, "{text}");
        }
        assert_eq!(kinds("]x3"), [Mark(']'), Times, Number("3"), End]);
        assert_eq!(kinds("x3: x"), [Word("x3"), Mark(':'), Word("x"), End]);
        assert_eq!(kinds("3xavier"), [Number("3"), Word("xavier"), End]);
    }

    #[test]
    fn columns_count_characters() {
        let columns: Vec<usize> = tokens("é→ 👍 ->a  ").iter().map(|t| t.column).collect();
        assert_eq!(columns, [1, 2, 4, 6, 8, 9]);
        assert_eq!(
            kinds("é→ 👍 ->a"),
            [Word("é"), Arrow, Unknown('👍'), Arrow, Word("a"), End]
        );
    }

    #[test]
    fn numbers_end_where_they_should() {
        for (text, length) in [
            ("3", 1),
            ("-3->", 2),
            ("0.5,", 3),
            (".5", 2),
            ("5.", 2),
            ("1e-3)", 4),
            ("1E+10", 5),
            ("1e", 1),
            ("1e+", 1),
            ("1.2.3", 3),
            (".", 0),
            ("-", 0),
            ("->", 0),
            ("-.", 0),
            ("e3", 0),
        ] {
            assert_eq!(number_length(text), length, "{text}");
        }
    }
}
