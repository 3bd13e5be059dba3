//! The results of a verification: rows, runs and their time, as text and as Markdown.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

use serde::Serialize;

use super::experiment::{Outcome, arrow};
use super::published::Experiment;
use super::row::{Row, Verdict};
use super::switches::Switch;

/// Everything a verification found.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// A row for each published number.
    pub rows: Vec<Row>,
    /// A row for each number of the reference runs that is not printed anywhere: all values of the building
    /// blocks, early costs, sums of the weights before and after.
    pub reference: Vec<Row>,
    /// The training runs.
    pub runs: Vec<Run>,
    /// Where the published numbers were read, by letter.
    pub copies: BTreeMap<String, String>,
}

/// A training run and its settings.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Run {
    /// The experiment.
    pub experiment: String,
    /// The network in the arrow notation.
    pub network: String,
    /// How the weights started: the rule, and the seed of the generator.
    pub init: (String, u32),
    /// The update rule and its first learning rate.
    pub rule: (String, f64),
    /// Iterations, or epochs where there are mini-batches.
    pub steps: usize,
    /// The reason why this edition's numbers differ.
    pub switch: Option<Switch>,
    /// How long training took, in seconds.
    pub seconds: f64,
    /// The table that the notebook prints: `(iteration or epoch, cost)`, and the last cost.
    pub costs: Vec<(usize, f64)>,
    /// Right answers on the training data and its size.
    pub train: (usize, usize),
    /// Right answers on the test data and its size, where there is a test part.
    pub test: Option<(usize, usize)>,
}

impl Run {
    pub(crate) fn new(experiment: &Experiment, outcome: &Outcome, every: usize) -> Self {
        let last = outcome.costs.len().saturating_sub(1);
        let costs = outcome.costs.iter().copied().enumerate();
        let counts = |scores: stepnet::nn::Scores| (scores.correct, scores.examples);
        Self {
            experiment: experiment.id.clone(),
            network: arrow(experiment),
            init: (experiment.init.rule.clone(), experiment.init.seed),
            rule: (experiment.rule.clone(), experiment.learning_rate),
            steps: experiment.steps,
            switch: experiment.switch,
            seconds: outcome.seconds,
            costs: costs
                .filter(|&(at, _)| at % every.max(1) == 0 || at == last)
                .collect(),
            train: counts(outcome.train),
            test: outcome.test.map(counts),
        }
    }
}

impl Report {
    pub(crate) fn new(copies: BTreeMap<String, String>) -> Self {
        Self {
            rows: Vec::new(),
            reference: Vec::new(),
            runs: Vec::new(),
            copies,
        }
    }

    /// Adds rows, those without a published text to the numbers of the reference runs.
    pub(crate) fn add(&mut self, rows: Vec<Row>) {
        for row in rows {
            let to = if row.published.is_empty() {
                &mut self.reference
            } else {
                &mut self.rows
            };
            to.push(row);
        }
    }

    /// The rows that differ, published ones first.
    pub fn failures(&self) -> impl Iterator<Item = &Row> {
        let rows = self.rows.iter().chain(&self.reference);
        rows.filter(|row| row.verdict == Verdict::Differs)
    }

    /// How many published numbers got a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows
            .iter()
            .filter(|row| row.verdict == verdict)
            .count()
    }

    /// The outcome in a sentence or two.
    pub fn summary(&self) -> String {
        let differs = |rows: &[Row]| {
            rows.iter()
                .filter(|row| row.verdict == Verdict::Differs)
                .count()
        };
        let compared = self.count(Verdict::Agrees) + self.count(Verdict::Differs);
        let mut text = format!(
            "{} of {compared} published numbers agree",
            self.count(Verdict::Agrees)
        );
        let errata = self.count(Verdict::Erratum);
        if errata > 0 {
            write!(text, "; {errata} come from faulty code and must not").ok();
        }
        let missing = self.count(Verdict::NoData);
        if missing > 0 {
            write!(text, "; {missing} need data that is not here").ok();
        }
        if !self.reference.is_empty() {
            write!(
                text,
                "; of {} further values of the reference runs {} differ",
                self.reference.len(),
                differs(&self.reference)
            )
            .ok();
        }
        text
    }

    /// The whole report as a Markdown page.
    pub fn markdown(&self) -> String {
        let mut page = String::from(
            "# The course, reproduced\n\n\
             Every number below was printed by a notebook of the course (or of its follow-up) and computed\n\
             again by Stepnet. The page is what `stepnet verify-course --markdown docs/course.md --overwrite` writes;\n\
             rows that need data sets which may not be shipped are filled where `--data` names a folder\n\
             that has them. In brackets stand the copies in which a number was read: 000 to 004 are copies of the\n\
             step-by-step notebooks, letters are explained at the end.\n\n",
        );
        writeln!(page, "{}.\n", self.summary()).ok();
        page += "A number agrees when it shows every printed digit. Where 14 or more digits are printed the last\n\
                 ones depend on the order of summation: there it may differ by 1e-12 of the value and 30 times\n\
                 the spread between reference runs that sum in other orders.\n";
        let mut experiment = "";
        for row in &self.rows {
            if row.experiment != experiment {
                experiment = &row.experiment;
                write!(page, "\n## {experiment}\n\n{}", self.run_line(experiment)).ok();
                page += "| what | version | published | ours | difference | verdict |\n\
                         | --- | --- | --- | --- | --- | --- |\n";
            }
            writeln!(page, "{}", markdown_row(row)).ok();
        }
        page += "\n## Switches\n\n\
                 Editions of a notebook that print other numbers for the same experiment run as experiments of\n\
                 their own, called by the experiment and the switch, such as `cat_l_layer+scalar-db`.\n\n\
                 | switch | what it changes |\n| --- | --- |\n";
        for switch in Switch::ALL {
            writeln!(page, "| `{switch}` | {} |", switch.summary()).ok();
        }
        page += "\n## Where the numbers were read\n\n| letter | copy |\n| --- | --- |\n";
        for (letter, copy) in &self.copies {
            writeln!(page, "| {letter} | {copy} |").ok();
        }
        page
    }

    /// The settings of an experiment's run, for its section.
    fn run_line(&self, experiment: &str) -> String {
        let Some(run) = self.runs.iter().find(|run| run.experiment == experiment) else {
            return String::new();
        };
        let mut line = format!(
            "`{}`, {} from {}, weights {} (seed {})",
            run.network, run.rule.0, run.rule.1, run.init.0, run.init.1
        );
        if let Some(switch) = run.switch {
            write!(line, ", switch `{switch}`").ok();
        }
        line + "\n\n"
    }
}

fn markdown_row(row: &Row) -> String {
    let cell = |text: &str| {
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace('|', "\\|")
    };
    let mut verdict = row.verdict.word().to_owned();
    if !row.note.is_empty() {
        write!(verdict, ": {}", cell(&row.note)).ok();
    }
    format!(
        "| {} | {} | {} | {} | {} | {verdict} |",
        cell(&row.what),
        cell(&row.version),
        cell(&row.published),
        cell(&row.ours),
        difference(row),
    )
}

fn difference(row: &Row) -> String {
    match row.difference {
        Some(0.0) => "0".to_owned(),
        Some(difference) => format!("{difference:.1e}"),
        None => String::new(),
    }
}

/// The table, the rows of the reference runs that differ, and the summary.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let differing = self
            .reference
            .iter()
            .filter(|row| row.verdict == Verdict::Differs);
        let head = ["", "published", "ours", "diff.", "verdict"].map(str::to_owned);
        let mut rows: Vec<(String, [String; 5])> = vec![("experiment".to_owned(), head)];
        rows.extend(self.rows.iter().chain(differing).map(|row| {
            let cells = [
                short(&row.what, 30),
                short(&row.published, 13),
                short(&row.ours, 13),
                difference(row),
                row.verdict.word().to_owned(),
            ];
            (format!("{}, {}", row.experiment, row.version), cells)
        }));
        let width = |column: usize| {
            let cells = rows.iter().map(|(_, cells)| cells[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..5).map(width).collect();
        // Rows of one experiment and version stand under its name, so that each fits eighty columns.
        let mut above = "";
        for (number, (name, cells)) in rows.iter().enumerate() {
            if number > 0 && name != above {
                writeln!(f, "{}", short(name, 78))?;
                above = name;
            }
            let first = match number {
                0 => name.clone(),
                _ => format!("  {}", cells[0]),
            };
            let mut line = format!("{first:<width$}", width = 2 + widths[0]);
            for (cell, width) in cells.iter().zip(&widths).skip(1) {
                line.push_str(&format!("  {cell:<width$}"));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        let mut reasons: Vec<&str> = self
            .rows
            .iter()
            .filter(|row| row.verdict == Verdict::NoData)
            .map(|row| row.note.as_str())
            .collect();
        reasons.sort_unstable();
        reasons.dedup();
        writeln!(f)?;
        for reason in reasons {
            writeln!(f, "no data: {reason}")?;
        }
        write!(f, "{}", self.summary())
    }
}

/// A text on one line, cut where it is longer than `most`.
fn short(text: &str, most: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most - 3).chain("...".chars()).collect()
}
