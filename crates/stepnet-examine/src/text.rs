//! What was found, in lines for people.

use stepnet_base::memory::readable;
use stepnet_base::text::{count, shown, thousands};

use crate::examination::{Examination, PartFacts};
use crate::finding::{Finding, FindingKind};
use crate::shortcut::Shortcut;

/// The most sizes and formats in a line.
const MOST: usize = 3;

/// The most findings of a kind that are named.
const NAMED: usize = 3;

/// The most characters of a file's name.
const NAME: usize = 120;

impl PartFacts {
    /// The facts in a line: "120 examples, 118 in colour, 2 grey, 32x32 (120), JPEG (118), PNG (2), 400 KiB".
    pub(crate) fn line(&self) -> String {
        let mut parts = vec![count(thousands(self.examples as u64), "example")];
        if self.grey + self.colour > 0 {
            parts.push(match (self.grey, self.colour) {
                (0, _) => "all in colour".to_owned(),
                (_, 0) => "all grey".to_owned(),
                (grey, colour) => format!("{colour} in colour, {grey} grey"),
            });
        }
        let size = |&([height, width], number): &([usize; 2], usize)| {
            (format!("{height}x{width}"), number)
        };
        let sizes = some(self.sizes.iter().map(size).collect(), "size");
        parts.extend(sizes);
        let format = |&(format, number): &(&str, usize)| (format.to_owned(), number);
        parts.extend(some(self.formats.iter().map(format).collect(), "format"));
        if self.bytes > 0 {
            parts.push(readable(self.bytes.into()));
        }
        parts.join(", ")
    }
}

/// The first few of several with their numbers; one alone without.
fn some(all: Vec<(String, usize)>, thing: &str) -> Vec<String> {
    if let [(only, _)] = &all[..] {
        return vec![format!("all {only}")];
    }
    let named = all.iter().take(MOST);
    let mut named: Vec<String> = named.map(|(name, n)| format!("{name} ({n})")).collect();
    if all.len() > MOST {
        named.push(format!("{} more", count(all.len() - MOST, thing)));
    }
    named
}

impl Finding {
    /// The finding in a line: the file, its class, and what was found.
    pub fn line(&self) -> String {
        let class = self.class.as_ref();
        let class = class.map_or(String::new(), |class| format!(" ({})", shown(class, 40)));
        let name = shown(&self.name, NAME);
        format!("{name}{class}: {}", shown(&self.detail, 2 * NAME))
    }
}

impl Shortcut {
    /// The shortcut in a line.
    pub fn line(&self) -> String {
        format!(
            "{} alone predicts the class with {:.1} % accuracy; the most frequent class has {:.1} %",
            self.cue.words(),
            100.0 * self.accuracy,
            100.0 * self.chance
        )
    }
}

impl Examination {
    /// How many findings of a kind there are, in a line; nothing where there are none.
    pub fn count_line(&self, kind: FindingKind) -> Option<String> {
        let number = self.of_kind(kind).count();
        let thing = if kind == FindingKind::Broken {
            "file"
        } else {
            "image"
        };
        (number > 0).then(|| format!("{} {}", count(number, thing), kind.of_examples()))
    }

    /// The examination in lines; those that begin with two spaces belong to the one before them.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("training part: {}", self.training.line())];
        if let Some(test) = &self.test {
            lines.push(format!("test part: {}", test.line()));
        }
        lines.extend(self.remarks.iter().cloned());
        for kind in FindingKind::ALL {
            let Some(line) = self.count_line(kind) else {
                continue;
            };
            lines.push(match kind.is_problem() {
                true => format!("PROBLEM: {line}"),
                false => line,
            });
            let named = self.of_kind(kind).take(NAMED);
            lines.extend(named.map(|finding| format!("  {}", finding.line())));
            let more = self.of_kind(kind).count().saturating_sub(NAMED);
            if more > 0 {
                lines.push(format!("  ... and {more} more"));
            }
        }
        for shortcut in &self.shortcuts {
            let mark = if shortcut.is_notable() {
                "possible shortcut: "
            } else {
                ""
            };
            lines.push(format!("{mark}{}", shortcut.line()));
        }
        lines.push(match (self.problems(), self.findings.len()) {
            (0, 0) => "nothing is wrong with the examples".to_owned(),
            (0, all) => format!("no problem, {}", count(all, "remark")),
            (some, all) => format!(
                "{}, {}",
                count(some, "problem"),
                count(all - some, "remark")
            ),
        });
        lines
    }
}
