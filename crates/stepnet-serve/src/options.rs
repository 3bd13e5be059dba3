//! How a server listens, and what it refuses.

use std::fmt;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use stepnet_base::{Error, Result};

/// How a [`Server`](crate::Server) listens, and what it refuses.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Where it listens; port 0 is any free one.
    pub address: SocketAddr,
    /// What clients must show, if anything.
    pub token: Option<Token>,
    /// What is refused.
    pub limits: Limits,
}

impl Default for Options {
    /// Port 8000 of this computer alone, without a token.
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000),
            token: None,
            limits: Limits::default(),
        }
    }
}

/// What a server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of a request's body.
    pub body: usize,
    /// The most pixels of an image, as its header declares them.
    pub pixels: u64,
    /// The time in which a request must have arrived, and again the time in which it must be answered. A connection without a
    /// request is closed after it, too.
    pub time: Duration,
    /// The most connections at a time.
    pub connections: usize,
    /// The most examples that are computed at a time.
    pub batch: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 32 << 20,
            pixels: 50_000_000,
            time: Duration::from_secs(30),
            connections: 512,
            batch: 64,
        }
    }
}

/// A secret that clients show as `Authorization: Bearer TOKEN`.
#[derive(Clone)]
pub struct Token(Box<[u8]>);

/// The fewest characters of a token: shorter ones can be tried out.
const SHORTEST: usize = 16;

impl Token {
    /// A token of at least 16 visible ASCII characters; white space around it is left out.
    ///
    /// # Errors
    /// Another text. The message does not repeat it.
    pub fn new(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let found = format!("a text of {} characters", text.chars().count());
            let expected = "at least 16 visible ASCII characters, no spaces";
            return Err(Error::value("serve", "the token", found, expected));
        }
        Ok(Self(text.as_bytes().into()))
    }

    /// Whether a header's value shows this token. It takes as long whichever characters differ, so that its duration
    /// does not tell how many were right.
    pub(crate) fn is_shown_by(&self, header: Option<&[u8]>) -> bool {
        let Some((scheme, given)) = header.and_then(|value| value.split_at_checked(7)) else {
            return false;
        };
        let mut difference = self.0.len() ^ given.len();
        for (at, byte) in self.0.iter().enumerate() {
            let other = given.get(at).copied().unwrap_or_default();
            difference |= usize::from(black_box(byte ^ other));
        }
        scheme.eq_ignore_ascii_case(b"bearer ") && black_box(difference) == 0
    }
}

impl fmt::Debug for Token {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(...)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_whole_or_not_at_all() {
        let token = Token::new(" 0123456789abcdef\n").unwrap();
        let shown = |header: &str| token.is_shown_by(Some(header.as_bytes()));
        assert!(shown("Bearer 0123456789abcdef") && shown("bearer 0123456789abcdef"));
        for wrong in [
            "Bearer 0123456789abcdeF",
            "Bearer 0123456789abcde",
            "Bearer 0123456789abcdef0",
            "Basic  0123456789abcdef",
            "0123456789abcdef",
            "Bearer ",
            "",
        ] {
            assert!(!shown(wrong), "{wrong:?}");
        }
        assert!(!token.is_shown_by(None));
        assert_eq!(format!("{token:?}"), "Token(...)");
    }

    #[test]
    fn short_tokens_are_refused_without_repeating_them() {
        for wrong in ["", "secret", "a secret with spaces", "0123456789abcdeé"] {
            let message = Token::new(wrong).unwrap_err().to_string();
            assert!(message.contains("16 visible"), "{message}");
            assert!(wrong.is_empty() || !message.contains(wrong), "{message}");
        }
    }
}
