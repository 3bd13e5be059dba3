//! The building blocks of the step-by-step notebooks: every number that their published copies
//! print, computed by [`steps`](stepnet::steps).
//!
//! Copies 000 to 003 are versions of the convolution notebook, 004 is the dense-network notebook. The numbers that
//! copy 001 prints as its run output come partly from faulty code; those rows are errata, and must not agree.

mod cases;
mod compare;
mod inputs;
mod run;

use std::sync::Arc;

pub use compare::Tolerance;

use super::row::{Row, Verdict};
use cases::{CaseText, Fixtures, Printed};
use stepnet::Result;
use stepnet::nn::Number;

/// A function of the notebooks on inputs that a notebook has.
#[derive(Clone)]
pub struct Case {
    fixtures: Arc<Fixtures>,
    place: usize,
}

/// All cases.
pub fn cases() -> Vec<Case> {
    let fixtures = Arc::new(cases::load());
    let places = 0..fixtures.cases.len();
    let case = |place| Case {
        fixtures: Arc::clone(&fixtures),
        place,
    };
    places.map(case).collect()
}

/// How many errata of the notebooks are known.
pub fn errata() -> usize {
    cases::load().errata.len()
}

impl Case {
    fn text(&self) -> &CaseText {
        &self.fixtures.cases[self.place]
    }

    /// The case's name.
    pub fn id(&self) -> &str {
        &self.text().id
    }

    /// The notebook function it runs.
    pub fn function(&self) -> &str {
        &self.text().function
    }

    /// A row for each text that copies print of the case's inputs and results, in `f64`.
    ///
    /// # Errors
    /// When the function rejects the inputs.
    pub fn printed_rows(&self) -> Result<Vec<Row>> {
        let case = self.text();
        let mut arrays = self.fixtures.inputs(case)?;
        // Results take the place of inputs of the same name, such as W1 before and after its update.
        let results = run::run::<f64>(case, &arrays)?;
        arrays.extend(results);
        Ok(case
            .printed
            .iter()
            .map(|printed| self.row(printed, &compare::shown(printed, &arrays)))
            .collect())
    }

    fn row(&self, printed: &Printed, values: &[f64]) -> Row {
        let (difference, shows) = compare::shows(printed, values);
        let (verdict, note) = match (printed.agrees, shows) {
            (true, shows) => (Verdict::of(shows), String::new()),
            (false, false) if self.explained(printed) => {
                let erratum = printed.erratum.as_deref().unwrap_or_default();
                (Verdict::Erratum, format!("erratum {erratum} of the copy"))
            }
            // Code that reproduces a faulty number has the same fault.
            (false, _) => (Verdict::Differs, "must not agree".into()),
        };
        Row {
            experiment: self.id().to_owned(),
            version: version(&printed.documents),
            what: if printed.label.is_empty() {
                printed.of.clone()
            } else {
                printed.label.clone()
            },
            published: printed.text.clone(),
            ours: like(&printed.text, values),
            difference: Some(difference),
            verdict,
            note,
        }
    }

    fn explained(&self, printed: &Printed) -> bool {
        let id = self.id();
        self.fixtures.errata.iter().any(|erratum| {
            Some(&erratum.id) == printed.erratum.as_ref()
                && erratum.cases.iter().any(|case| case == id)
        })
    }

    /// A row for each array that is known in full precision: drawn inputs, and results.
    ///
    /// # Errors
    /// When the function rejects the inputs.
    pub fn reference_rows<T: Number>(&self) -> Result<Vec<Row>> {
        let case = self.text();
        let inputs = self.fixtures.inputs(case)?;
        let double = T::NAME == "f64";
        let mut rows = Vec::new();
        let mut drawn = 0;
        for facts in case.inputs.rng.iter().flat_map(|rng| rng.facts()) {
            let values = &inputs[facts.name];
            // Drawn inputs come bit for bit, and from their places in the stream.
            let ends = [values.iter().next(), values.iter().last()];
            let found =
                facts.span == [drawn, values.len()] && ends == facts.ends.each_ref().map(Some);
            let apart = (compare::sum(values) - facts.sum).abs();
            let agrees = found && apart <= 1e-12 * facts.sum.abs();
            rows.push(self.reference_row(&format!("{}, drawn", facts.name), (apart, agrees)));
            drawn += values.len();
        }
        for (name, expected) in &case.input_checks {
            let exact = expected.value.is_some();
            let tolerance = if exact {
                Tolerance::Exact
            } else {
                Tolerance::Double
            };
            let found = compare::expected(&inputs[name], expected, tolerance);
            rows.push(self.reference_row(&format!("{name}, as printed"), found));
        }
        let results = run::run::<T>(case, &inputs)?;
        for (name, expected) in &case.expected {
            let exact = self.is_exact()
                || name == "A_forward_max"
                || matches!(expected.dtype.as_str(), "bool" | "int");
            let tolerance = match (double, exact) {
                (true, true) => Tolerance::Exact,
                (true, false) => Tolerance::Double,
                (false, _) => Tolerance::Single,
            };
            let found = results.get(name).map_or((f64::NAN, false), |found| {
                compare::expected(found, expected, tolerance)
            });
            let what = format!(
                "{name}, all {} values",
                expected.shape.iter().product::<usize>()
            );
            rows.push(self.reference_row(&what, found));
        }
        Ok(rows)
    }

    fn reference_row(&self, what: &str, (difference, agrees): (f64, bool)) -> Row {
        Row {
            experiment: self.id().to_owned(),
            version: version(&self.text().seed_documents),
            what: what.to_owned(),
            published: String::new(),
            ours: String::new(),
            difference: Some(difference),
            verdict: Verdict::of(agrees),
            note: String::new(),
        }
    }

    /// Copies and selections have no rounding.
    fn is_exact(&self) -> bool {
        let case = self.text();
        let mode = case.inputs.hyperparameters.mode.as_deref();
        match case.function.as_str() {
            "zero_pad" | "create_mask_from_window" | "distribute_value" => true,
            "pool_forward" => mode == Some("max"),
            _ => false,
        }
    }
}

/// `CNN step by step [000, 002]`.
fn version(documents: &[String]) -> String {
    let numbers: Vec<&str> = documents
        .iter()
        .map(|document| document.get(..3).unwrap_or(document))
        .collect();
    let notebook = if numbers.contains(&"004") {
        "Deep network step by step"
    } else {
        "CNN step by step"
    };
    format!("{notebook} [{}]", numbers.join(", "))
}

/// Our values with as many digits as a printed text, in a list where it has one.
fn like(text: &str, values: &[f64]) -> String {
    let mut texts = compare::tokens(text);
    let shown: Vec<String> = values
        .iter()
        .map_while(|&value| {
            let text = texts.next()?;
            Some(match text {
                "True" | "False" => if value == 1.0 { "True" } else { "False" }.to_owned(),
                number => super::row::alike(value, number),
            })
        })
        .collect();
    if shown.len() == 1 && !text.contains('[') {
        return shown.concat();
    }
    format!("[{}]", shown.join(" "))
}
