//! The address of the page: loopback, a port, and a random word.

use std::net::TcpListener;

use super::own::Own;
use crate::failure::{Failure, Outcome};

/// Random bytes of the word: too many to be guessed.
const RANDOM: usize = 16;

#[derive(Debug)]
pub(super) struct Address {
    port: u16,
    word: String,
}

impl Address {
    /// A new address where `listener` listens.
    pub(super) fn of(listener: &TcpListener) -> Outcome<Self> {
        let port = listener.local_addr().map(|address| address.port());
        let port =
            port.map_err(|error| Failure::running(format!("lab: the port is not known: {error}")))?;
        let mut bytes = [0; RANDOM];
        getrandom::fill(&mut bytes).map_err(|error| {
            Failure::running(format!("lab: the system gives no random numbers: {error}"))
        })?;
        let word = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { port, word })
    }

    /// The link that opens the page with the user's files in it.
    pub(super) fn link(&self, own: &Own) -> String {
        let Self { port, word } = self;
        let named = |key: &str, name: Option<&str>| {
            name.map(|name| format!("&{key}={}", encoded(name)))
                .unwrap_or_default()
        };
        let (model, data) = (
            named("model", own.model_name()),
            named("data", own.data_name()),
        );
        format!("http://127.0.0.1:{port}/{word}/?lab{model}{data}")
    }

    /// Whether a `Host` header names this server. Another name that leads here is that of a page which had its name
    /// changed to this machine's address (DNS rebinding).
    pub(super) fn is_host(&self, host: &str) -> bool {
        let name = match host.strip_suffix(&format!(":{}", self.port)) {
            // A browser leaves the usual port out.
            None if self.port == 80 => Some(host),
            name => name,
        };
        matches!(name, Some("127.0.0.1" | "localhost"))
    }

    /// The part of a path after the random word; `None` where that is another or missing.
    pub(super) fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (word, rest) = path.strip_prefix('/')?.split_once('/')?;
        // All bytes are compared, so that the time does not tell how many are right.
        let differences = word.bytes().zip(self.word.bytes());
        let differences = differences.fold(0, |all, (a, b)| all | (a ^ b));
        (differences == 0 && word.len() == self.word.len()).then_some(rest)
    }
}

/// A name as it stands in a link.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(byte.into());
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address {
            port: 4711,
            word: "c0ffee".into(),
        }
    }

    #[test]
    fn only_this_machine_is_the_host() {
        for host in ["127.0.0.1:4711", "localhost:4711"] {
            assert!(address().is_host(host), "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "localhost:4712",
            "evil.example:4711",
            "localhost.evil.example:4711",
            "evil.example:localhost:4711",
            "127.0.0.1:4711:4711",
        ] {
            assert!(!address().is_host(host), "{host}");
        }
    }

    #[test]
    fn the_usual_port_may_be_left_out() {
        let address = Address {
            port: 80,
            ..address()
        };
        assert!(address.is_host("localhost") && address.is_host("127.0.0.1:80"));
        assert!(!address.is_host("evil.example") && !address.is_host("localhost:81"));
    }

    #[test]
    fn only_the_random_word_leads_in() {
        assert_eq!(address().below("/c0ffee/"), Some(""));
        assert_eq!(address().below("/c0ffee/a/b"), Some("a/b"));
        for path in [
            "",
            "/",
            "/c0ffee",
            "//c0ffee/",
            "/c0ffe/",
            "/c0ffef/",
            "/c0ffeee/",
            "/C0FFEE/",
        ] {
            assert_eq!(address().below(path), None, "{path}");
        }
    }

    #[test]
    fn two_addresses_share_no_word() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let [one, other] = [0, 1].map(|_| Address::of(&listener).unwrap());
        assert_eq!(one.word.len(), 2 * RANDOM);
        assert_ne!(one.word, other.word);
    }

    #[test]
    fn names_survive_a_link() {
        assert_eq!(encoded("a b&c=d#é?.zip"), "a%20b%26c%3Dd%23%C3%A9%3F.zip");
    }
}
