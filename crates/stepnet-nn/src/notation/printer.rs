//! The canonical text of a network.
//!
//! One network, one text: a space on both sides of every arrow, defaults left out, required
//! arguments by position, the words `same` and `valid` by position while nothing before them was
//! left out, and everything else as `key=value`.

use std::fmt;

use super::{DefaultValue, Item, LayerText, NetworkText, PaddingText, Step, Value};

impl fmt::Display for NetworkText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.steps.iter().enumerate() {
            let arrow = if i > 0 { " -> " } else { "" };
            write!(f, "{arrow}{step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.label {
            write!(f, "{label}: ")?;
        }
        match &self.item {
            Item::Layer(layer) => layer.fmt(f),
            Item::Group { body, times } => write!(f, "[{body}] x {times}"),
        }
    }
}

impl fmt::Display for LayerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        let mut by_position = true;
        let mut opened = false;
        for (place, parameter) in self.signature().parameters().iter().enumerate() {
            let Some(value) = self.given(place) else {
                by_position = false;
                continue;
            };
            by_position &= parameter.default == DefaultValue::Required || is_padding_word(value);
            f.write_str(if opened { ", " } else { "(" })?;
            opened = true;
            if !by_position {
                write!(f, "{}=", parameter.name)?;
            }
            value.fmt(f)?;
        }
        f.write_str(if opened { ")" } else { "" })
    }
}

fn is_padding_word(value: &Value) -> bool {
    matches!(
        value,
        Value::Padding(PaddingText::Same | PaddingText::Valid)
    )
}
