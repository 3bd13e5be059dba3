//! What the engine answers: JSON, with large arrays apart.

use serde::Serialize;
use serde_json::{Value, json};
use stepnet::train::settings::SettingError;

/// A large array of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Array {
    /// Bytes.
    U8(Vec<u8>),
    /// Bytes of pixels, for a canvas.
    Clamped(Vec<u8>),
    /// Counts.
    U32(Vec<u32>),
    /// Numbers.
    F32(Vec<f32>),
}

/// An answer. Where its JSON has `{"$": n}`, array number `n` belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The answer but for the arrays.
    pub json: String,
    /// The arrays.
    pub arrays: Vec<Array>,
}

impl Answer {
    pub(crate) fn of(value: &impl Serialize, arrays: Arrays) -> Result<Self, Failure> {
        let json = serde_json::to_string(value);
        let json = json.map_err(|error| Failure::input(error.to_string()))?;
        let arrays = arrays.0;
        Ok(Self { json, arrays })
    }
}

/// The arrays of an answer that is being made.
#[derive(Debug, Default)]
pub(crate) struct Arrays(Vec<Array>);

impl Arrays {
    /// Puts an array aside; what stands for it in the JSON.
    pub(crate) fn place(&mut self, array: Array) -> Value {
        self.0.push(array);
        json!({ "$": self.0.len() - 1 })
    }

    /// An array with its shape.
    pub(crate) fn tensor(&mut self, shape: &[usize], values: Vec<f32>) -> Value {
        json!({ "shape": shape, "values": self.place(Array::F32(values)) })
    }
}

/// Why there is no answer: one line for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The line.
    pub message: String,
    /// Whether a training ended with it; else the request was wrong and nothing has changed.
    pub stopped: bool,
}

impl Failure {
    pub(crate) fn input(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            message,
            stopped: false,
        }
    }

    pub(crate) fn stopped(error: &stepnet::Error) -> Self {
        let message = error.to_string();
        Self {
            message,
            stopped: true,
        }
    }

    /// The error as JSON, for an event.
    pub(crate) fn json(&self) -> Value {
        let kind = if self.stopped { "stopped" } else { "input" };
        json!({ "message": self.message, "kind": kind })
    }
}

impl From<stepnet::Error> for Failure {
    fn from(error: stepnet::Error) -> Self {
        Self::input(error.to_string())
    }
}

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        Self::input(error.to_string())
    }
}
