//! Reports for people.

use std::fmt;

use super::function::FunctionCheck;
use super::options::MOST_EXCLUDED;
use super::report::{Coordinate, Reach, Report, TensorCheck, Verdict};

/// Names that a sentence lists before it counts the rest.
const LISTED: usize = 4;

/// `a, b and c`, shortened where it is long.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= LISTED => format!("{} and {last}", first.join(", ")),
        _ => format!(
            "{} and {} more",
            names[..LISTED - 1].join(", "),
            names.len() - LISTED + 1
        ),
    }
}

/// Describes how an array's gradient is wrong.
/// `examples` is how many there were: a gradient that many times too large is a sum for a mean.
pub(super) fn how_wrong(check: &TensorCheck, examples: usize) -> String {
    let Some(worst) = &check.worst else {
        return format!("it differs by {:.1e}", check.difference);
    };
    let place = coordinate(worst);
    if worst.analytic.is_nan() {
        return format!(
            "{place}: it is left unwritten, or added to what was there before, or computed as NaN"
        );
    }
    match check.factor {
        Some(0.0) => format!("it is zero where it should not be ({place})"),
        Some(factor) => {
            let sum = examples > 1 && (factor - examples as f64).abs() < 1e-3;
            let sum = if sum {
                ", the number of examples: a sum instead of a mean?"
            } else {
                ""
            };
            format!("it is {factor:.4} times what it should be{sum} ({place})")
        }
        None => format!("it differs by {:.1e} (worst {place})", check.difference),
    }
}

/// `[0, 3]: analytic 1.5, numeric 0.75`.
fn coordinate(coordinate: &Coordinate) -> String {
    format!(
        "{:?}: analytic {}, numeric {}",
        coordinate.index,
        number(coordinate.analytic),
        number(coordinate.numeric)
    )
}

/// Eight digits.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if (1e-3..1e5).contains(&value.abs()) {
        format!("{value:.8}")
    } else {
        format!("{value:.7e}")
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn shape(extents: &[usize]) -> String {
    let extents: Vec<String> = extents.iter().map(usize::to_string).collect();
    extents.join("x")
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Agrees => "ok",
            Self::Zero => "zero",
            Self::Rounding => "too small",
            Self::Differs => "WRONG",
            Self::Unchecked => "UNCHECKED",
            Self::NotReached => "not reached",
        }
    }
}

impl Report {
    /// Why the check fails, a sentence each; none if it passed.
    pub fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self
            .blame
            .iter()
            .map(|blame| blame.message.clone())
            .collect();
        if self.blame.is_empty() {
            let wrong = self.wrong();
            problems.extend(wrong.map(|tensor| {
                format!(
                    "the gradient of {} is wrong: {}",
                    tensor.name,
                    how_wrong(tensor, self.examples)
                )
            }));
        }
        let unchecked = self
            .tensors
            .iter()
            .filter(|t| t.verdict == Verdict::Unchecked);
        problems.extend(unchecked.map(|tensor| {
            format!(
                "{} could not be checked: all {} coordinates that were tried cross a kink of a ReLU or of max pooling",
                tensor.name, tensor.excluded
            )
        }));
        if self.excluded_share > MOST_EXCLUDED {
            problems.push(format!(
                "{} of the coordinates that were tried cross a kink and were excluded, more than {}: too much is left unchecked; use a smaller step, other examples or another seed",
                percent(self.excluded_share),
                percent(MOST_EXCLUDED)
            ));
        }
        problems
    }

    /// Why the check fails in a few words, without the place of the fault; `None` if it passed.
    pub fn conclusion(&self) -> Option<String> {
        let names = |tensors: Vec<&TensorCheck>| {
            let names: Vec<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
            listed(&names)
        };
        let mut parts = Vec::new();
        if self.any_differs() {
            parts.push(format!(
                "wrong gradients of {}",
                names(self.wrong().collect())
            ));
        }
        let unchecked = |tensor: &&TensorCheck| tensor.verdict == Verdict::Unchecked;
        let unchecked: Vec<_> = self.tensors.iter().filter(unchecked).collect();
        if !unchecked.is_empty() {
            parts.push(format!("nothing of {} could be checked", names(unchecked)));
        }
        if self.excluded_share > MOST_EXCLUDED {
            let share = percent(self.excluded_share);
            parts.push(format!(
                "{share} of the coordinates cross a kink, more than {}",
                percent(MOST_EXCLUDED)
            ));
        }
        if self.checked == 0 && self.reach != Reach::Complete {
            parts.push(
                "the check ended before anything was checked; it needs more time or fewer examples"
                    .to_owned(),
            );
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Remarks about arrays that did not fail, a sentence each.
    pub fn remarks(&self) -> Vec<String> {
        let of = |verdict: Verdict| {
            let of = self
                .tensors
                .iter()
                .filter(|tensor| tensor.verdict == verdict);
            let names: Vec<&str> = of.map(|tensor| tensor.name.as_str()).collect();
            (!names.is_empty()).then(|| listed(&names))
        };
        let mut remarks: Vec<String> = self.extent().into_iter().collect();
        if self.examples == 1 {
            remarks.push(
                "one example: a sum that should be a mean over the examples does not show".into(),
            );
        }
        if let Some(names) = of(Verdict::Zero) {
            remarks.push(format!(
                "zero: the analytic and the numeric gradient of {names} are both zero on these examples (dead units?), which proves little"
            ));
        }
        if let Some(names) = of(Verdict::Rounding) {
            remarks.push(format!(
                "too small: the rounding of the cost hides the gradient of {names}, so it could not be checked"
            ));
        }
        remarks
    }

    /// How much was checked, where that is not all.
    fn extent(&self) -> Option<String> {
        let why = match self.reach {
            Reach::Complete if self.by_layers => {
                "passes through the whole network take too long for the time limit"
            }
            Reach::Complete => return None,
            Reach::OutOfTime => "the time limit was reached",
            Reach::Stopped => "the check was ended early",
        };
        let how = match self.by_layers {
            true => {
                ", each layer separately on its values in the network, and the input and the last trainable layer by the loss"
            }
            false => "",
        };
        Some(format!(
            "{why}: {} of {} arrays and {} of {} coordinates were checked{how}",
            self.arrays_checked(),
            self.tensors.len(),
            self.checked,
            self.coordinates
        ))
    }

    fn head(&self) -> String {
        let examples = match self.examples {
            1 => "1 example".to_owned(),
            examples => format!("{examples} examples"),
        };
        let cost = match &self.loss {
            Some(loss) => format!("{loss} {}", number(self.cost)),
            None => format!("sum of dy * y {}", number(self.cost)),
        };
        format!(
            "gradients of {}\non {examples}, {cost}, steps of {:e}, differences up to {:e} agree",
            self.subject, self.eps, self.tolerance
        )
    }

    fn rows(&self) -> Vec<[String; 7]> {
        let head = [
            "array",
            "shape",
            "checked",
            "kinks",
            "difference",
            "rounding",
            "",
        ];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(self.tensors.iter().map(|tensor| {
            [
                tensor.name.clone(),
                shape(&tensor.shape),
                checked(tensor.checked, tensor.coordinates),
                percent(tensor.excluded_share),
                format!("{:.1e}", tensor.difference),
                format!("{:.0e}", tensor.rounding),
                tensor.verdict.word().to_owned(),
            ]
        }));
        rows.push([
            "all".to_owned(),
            String::new(),
            checked(self.checked, self.coordinates),
            percent(self.excluded_share),
            format!("{:.1e}", self.difference),
            String::new(),
            if self.passed { "ok" } else { "FAILS" }.to_owned(),
        ]);
        rows
    }

    /// The coordinate that is furthest off of all.
    fn worst(&self) -> Option<String> {
        let worst = self
            .tensors
            .iter()
            .filter_map(|t| Some((t, t.worst.as_ref()?)));
        let (tensor, worst) = worst.max_by(|a, b| a.1.strain.total_cmp(&b.1.strain))?;
        let allowed = match worst.strain {
            strain if strain > 1.0 => "more than the allowed difference".to_owned(),
            strain => format!("{} of the allowed difference", percent(strain)),
        };
        Some(format!(
            "worst: {}{}; it differs by {allowed}",
            tensor.name,
            coordinate(worst)
        ))
    }
}

fn checked(checked: usize, of: usize) -> String {
    if checked == of {
        checked.to_string()
    } else {
        format!("{checked} of {of}")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.head())?;
        let rows = self.rows();
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: [usize; 7] = std::array::from_fn(width);
        for row in &rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let left = matches!(column, 0 | 1 | 6);
                let cell = if left {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                };
                line += &cell;
                line += "  ";
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        let lines = self.worst().into_iter().chain(self.remarks());
        let fails = self
            .problems()
            .into_iter()
            .map(|problem| format!("fails: {problem}"));
        for line in lines.chain(fails) {
            write!(f, "\n{line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FunctionCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "relative difference {:e} over {} parameters",
            self.difference,
            self.approx.len()
        )
    }
}
