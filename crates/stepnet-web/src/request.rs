//! A request: its parameters as JSON, with bytes apart.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::answer::Failure;

/// A request.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    kind: &'a str,
    params: &'a str,
    bytes: Vec<Option<Vec<u8>>>,
}

/// The place of bytes in the JSON: `{"$": n}`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Slot {
    #[serde(rename = "$")]
    number: usize,
}

/// No parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParams {}

impl<'a> Request<'a> {
    pub(crate) fn new(kind: &'a str, params: &'a str, bytes: Vec<Vec<u8>>) -> Self {
        Self {
            kind,
            params,
            bytes: bytes.into_iter().map(Some).collect(),
        }
    }

    /// The parameters.
    pub(crate) fn params<P: DeserializeOwned>(&self) -> Result<P, Failure> {
        serde_json::from_str(self.params)
            .map_err(|error| Failure::input(format!("{}: {error}", self.kind)))
    }

    /// The bytes of a place, each once.
    pub(crate) fn take(&mut self, slot: Slot) -> Result<Vec<u8>, Failure> {
        let found = self.bytes.get_mut(slot.number).and_then(Option::take);
        found.ok_or_else(|| {
            let problem = format!("array {} was not sent, or is named twice", slot.number);
            Failure::input(format!("{}: {problem}", self.kind))
        })
    }
}
