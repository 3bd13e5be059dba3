//! The gradient with respect to a value as text.

use std::fmt::{self, Formatter};

use super::super::explanation::Gradient;
use super::Text;
use stepnet_nn::account::number;

impl Text<'_> {
    pub(super) fn gradient(&self, f: &mut Formatter<'_>, gradient: &Gradient) -> fmt::Result {
        let explanation = self.explanation;
        let which = if gradient.predicted {
            ", which it predicts"
        } else {
            ""
        };
        writeln!(
            f,
            "\nbackward: d loss / d {}, with the {} of {} {}{which}: {}",
            explanation.name,
            gradient.loss,
            gradient.kind(),
            gradient.class_name,
            number(gradient.loss_value)
        )?;
        let through = gradient.through.as_deref();
        let through = through.map_or(String::new(), |layer| format!(" (through {layer})"));
        writeln!(f, "  {}{through}", gradient.formula)?;
        if !gradient.terms.is_empty() {
            let heads = match through.is_empty() {
                true => ["value", "factor", "product"],
                false => ["dy", "dy/dx", "sent back"],
            };
            let loud = gradient.terms.iter().filter(|line| line.product != 0.0);
            let silent = gradient.terms.len() - loud.count();
            self.lines(f, &gradient.terms, gradient.more, Some(heads), &[])?;
            if silent > 0 && gradient.terms.len() > 1 {
                writeln!(
                    f,
                    "  {silent} of the {} sent back nothing",
                    gradient.terms.len()
                )?;
            }
        }
        if let (Some(value), None) = (gradient.value, gradient.check) {
            writeln!(
                f,
                "  the network's gradient: {}",
                explanation.exactly(value)
            )?;
        }
        if let Some(check) = &gradient.check {
            self.check(f, check, "the gradient")?;
        }
        match &gradient.note {
            Some(note) => writeln!(f, "  {note}"),
            None => Ok(()),
        }
    }
}
