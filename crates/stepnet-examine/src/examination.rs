//! All that is found in a data set.

use std::collections::BTreeMap;

use stepnet::Result;
use stepnet::data::{Dataset, Kind};

use crate::finding::{Finding, FindingKind};
use crate::look::Look;
use crate::shortcut::{Shortcut, shortcuts};
use crate::source::Source;
use crate::survey::Survey;
use crate::{classes, copies, odd};

/// How a data set is examined.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExamineOptions {
    /// Whether images that look alike are searched for, in a time that grows with the square of their number.
    pub near: bool,
    /// Draws what is drawn.
    pub seed: u32,
}

impl Default for ExamineOptions {
    fn default() -> Self {
        Self {
            near: true,
            seed: 0,
        }
    }
}

stepnet_base::setters! { ExamineOptions {
    near: bool,
    seed: u32,
} }

/// Facts about a part of the data.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct PartFacts {
    /// The number of examples.
    pub examples: usize,
    /// Those of each class or label.
    pub classes: Vec<usize>,
    /// The heights and widths of its images with the number of each, the most frequent first.
    pub sizes: Vec<([usize; 2], usize)>,
    /// How many of its images are grey; the others are in colour.
    pub grey: usize,
    /// How many are in colour.
    pub colour: usize,
    /// The formats of its files with the number of each, the most frequent first.
    pub formats: Vec<(&'static str, usize)>,
    /// The length of its files together.
    pub bytes: u64,
}

impl PartFacts {
    fn of(data: &Dataset, looks: &[Look]) -> Self {
        let mut sizes: BTreeMap<[usize; 2], usize> = BTreeMap::new();
        let mut formats: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut facts = Self {
            examples: data.len(),
            classes: data.class_counts(),
            ..Self::default()
        };
        for look in looks {
            *sizes.entry([look.height, look.width]).or_default() += 1;
            facts.grey += usize::from(look.grey);
            facts.colour += usize::from(!look.grey);
            if let Some((kind, bytes)) = look.file {
                *formats.entry(format_name(kind)).or_default() += 1;
                facts.bytes += bytes as u64;
            }
        }
        facts.sizes = by_frequency(sizes);
        facts.formats = by_frequency(formats);
        facts
    }
}

/// "JPEG" of "a JPEG image".
fn format_name(kind: Kind) -> &'static str {
    let name = kind.name();
    name.strip_prefix("a ")
        .and_then(|name| name.strip_suffix(" image"))
        .unwrap_or(name)
}

fn by_frequency<K>(counts: BTreeMap<K, usize>) -> Vec<(K, usize)> {
    let mut counts: Vec<(K, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    counts
}

/// All that was found in a data set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Examination {
    /// Facts about the training part.
    pub training: PartFacts,
    /// Facts about the test part.
    pub test: Option<PartFacts>,
    /// The names of the classes, labels or numbers.
    pub classes: Vec<String>,
    /// Remarks on the numbers of examples.
    pub remarks: Vec<String>,
    /// What is wrong with examples: by kind, the gravest first, and in a kind the most certain first.
    pub findings: Vec<Finding>,
    /// How well what is not the content of an image predicts its class.
    pub shortcuts: Vec<Shortcut>,
}

impl Examination {
    /// The findings of a kind.
    pub fn of_kind(&self, kind: FindingKind) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.kind == kind)
    }

    /// Puts the findings in order.
    pub(crate) fn sort(&mut self) {
        let place = |found: &Finding| found.place.map(|place| (place.is_test(), place.example));
        self.findings.sort_by(|a, b| {
            (a.kind.cmp(&b.kind))
                .then(b.score.total_cmp(&a.score))
                .then(place(a).cmp(&place(b)))
                .then(a.name.cmp(&b.name))
        });
    }

    /// How many findings make a training or its test wrong.
    pub fn problems(&self) -> usize {
        let problems = self.findings.iter();
        problems.filter(|found| found.kind.is_problem()).count()
    }
}

/// Examines a data set. `survey` has what was seen of its files while it was opened; images without files are looked at
/// now.
///
/// # Errors
/// An image that cannot be read.
pub fn examine(
    source: &Source<'_>,
    survey: &Survey,
    options: &ExamineOptions,
) -> Result<Examination> {
    let looks = source.looks(survey)?;
    let mut findings = broken(survey);
    findings.extend(copies::exact(source, looks.as_deref())?);
    let mut cues = Vec::new();
    if let Some(looks) = &looks {
        if options.near {
            findings.extend(copies::near(source, looks));
        }
        findings.extend(odd::odd(source, looks));
        cues = shortcuts(source, looks, options.seed)?;
    }
    let (training, test) = match looks.as_deref() {
        Some(looks) => looks.split_at(source.train.len()),
        None => (&[][..], &[][..]),
    };
    let mut examination = Examination {
        training: PartFacts::of(source.train, training),
        test: source.test.map(|data| PartFacts::of(data, test)),
        classes: source.train.classes().to_vec(),
        remarks: classes::remarks(source),
        findings,
        shortcuts: cues,
    };
    examination.sort();
    Ok(examination)
}

/// Findings on files that cannot be read.
fn broken(survey: &Survey) -> Vec<Finding> {
    let seen = survey.seen();
    let finding = |(name, problem): &(std::path::PathBuf, String)| {
        let name = name.display().to_string();
        let detail = problem.strip_prefix(&format!("{name}: "));
        Finding {
            kind: FindingKind::Broken,
            place: None,
            detail: detail.unwrap_or(problem).to_owned(),
            name,
            class: None,
            other: None,
            score: 1.0,
            leave_out: true,
        }
    };
    seen.broken.iter().map(finding).collect()
}
