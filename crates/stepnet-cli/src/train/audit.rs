//! Reports on the data and the network before training begins: facts, and notes on anything that would
//! make a result mean something other than it seems to.

use stepnet::Number;
use stepnet::data::{Dataset, Duplicates, Repeat, TargetKind, Targets};
use stepnet::nn::Model;
use stepnet::train::settings::{Balancing, Settings};
use stepnet::train::{Transfer, classes_of_model};
use stepnet_base::error::short;
use stepnet_base::text::count;

use crate::display::{COLUMNS, clean, columns, name, width};
use crate::failure::Outcome;
use crate::material::Material;
use crate::note::note;
use crate::progress::{print_line, print_sentence};

/// The most lines that the classes take.
const MOST_LINES: usize = 4;

/// Classes whose numbers of examples differ by this factor are worth a remark.
const UNEQUAL: usize = 3;

/// The most names in a note.
const MOST_NAMES: usize = 5;

/// The most cells of a class's name in the list of all.
const CLASS: usize = 24;

/// The most cells of a file's name in a note.
const FILE: usize = 200;

/// Reports what the data contains.
pub(super) fn data<T: Number>(settings: &Settings, material: &Material, from: Option<&Model<T>>) {
    let (train, test) = (&material.train, material.test.as_ref());
    let columns = columns().unwrap_or(COLUMNS);
    if let Targets::Numbers { values, names } = train.targets() {
        numbers((values, names), (train, test), material.test_name)
            .iter()
            .for_each(|line| print_line(line));
        return print_sentence(&self::values(settings, material, from.is_some()));
    }
    classes(train, test, material.test_name, columns)
        .iter()
        .for_each(|line| print_line(line));
    print_sentence(&values(settings, material, from.is_some()));
}

/// Notes what is odd in the data.
fn odd(settings: &Settings, material: &Material) -> Outcome {
    let (train, test) = (&material.train, material.test.as_ref());
    if train.targets().kind() != TargetKind::Classes {
        return duplicates(train, test, material.test_name);
    }
    if let Some(remark) = unequal(settings, train) {
        note(&remark);
    }
    // The parts of a folder were compared as they were read.
    let of_folder =
        settings.source.test.is_none() && material.test_name == "test" && train.name(0).is_some();
    if let Some(test) = test.filter(|_| !of_folder) {
        let untested = untested(train, test);
        if !untested.is_empty() {
            note(&format!(
                "no {} examples of {}: the accuracy on these classes cannot be measured",
                material.test_name.replace(' ', "-"),
                names(&untested)
            ));
        }
    }
    duplicates(train, test, material.test_name)
}

fn train_of_classes(material: &Material) -> bool {
    material.train.targets().kind() == TargetKind::Classes
}

/// Reports what the network starts with, and notes what is odd in it and in the data, once it is certain that
/// a run can start.
///
/// # Errors
/// An image that cannot be read.
pub(super) fn start<T: Number>(
    settings: &Settings,
    material: &Material,
    from: Option<&Model<T>>,
) -> Outcome {
    if let Some(model) = from
        && train_of_classes(material)
        && TargetKind::of(&model.preprocessing.task) == TargetKind::Classes
        && settings.training.transfer() == Transfer::All
        && let Some(fact) = last_layer(model, material.train.classes())
    {
        print_sentence(&fact);
    }
    odd(settings, material)?;
    if from.is_none() && !settings.network.freeze.is_empty() {
        note(&format!(
            "--freeze {} without --from: these layers keep their random initial weights",
            settings.network.freeze.join(",")
        ));
    }
    Ok(())
}

/// The numbers that are learnt, with their ranges: the first few of them.
fn numbers(
    (values, all): (&[f64], &[String]),
    (train, test): (&Dataset, Option<&Dataset>),
    tested: &str,
) -> Vec<String> {
    let tested = test.map_or(String::new(), |test| format!(" + {} {tested}", test.len()));
    let head = format!(
        "{} for each of {}{tested}",
        count(all.len(), "number"),
        count(train.len(), "example"),
    );
    let range = |(output, named): (usize, &String)| {
        let column = values.iter().skip(output).step_by(all.len());
        let (low, high) = column.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| {
            (low.min(v), high.max(v))
        });
        format!("  {} from {} to {}", name(named), short(low), short(high))
    };
    let mut lines = vec![head];
    lines.extend(all.iter().enumerate().take(MOST_LINES).map(range));
    if all.len() > MOST_LINES {
        lines.push(format!("  ... and {} more", all.len() - MOST_LINES));
    }
    lines
}

/// The classes or labels with their numbers of examples, in few lines.
fn classes(train: &Dataset, test: Option<&Dataset>, tested: &str, columns: usize) -> Vec<String> {
    let (counts, all) = (train.class_counts(), train.classes());
    let test_counts = test.map(Dataset::class_counts);
    let kind = match train.targets().kind() {
        TargetKind::Labels => "label",
        TargetKind::Classes | TargetKind::Numbers => "class",
    };
    let head = format!(
        "{}, {}{}: ",
        count(all.len(), kind),
        count(train.len(), "example"),
        test.map_or(String::new(), |test| format!(" + {} {tested}", test.len()))
    );
    let entry = |class: usize| {
        let more = test_counts.as_ref().and_then(|counts| counts.get(class));
        let more = more.map_or(String::new(), |count| format!("+{count}"));
        format!("{} {}{more}", clean(&all[class], CLASS), counts[class])
    };
    // What is certain not to fit need not be written out.
    let most = MOST_LINES * columns / 4;
    let mut entries: Vec<String> = (0..all.len().min(most)).map(entry).collect();
    loop {
        let left = all.len() - entries.len();
        let tail = match left {
            0 => String::new(),
            left => format!(", ... and {left} more"),
        };
        let lines = lines(&head, &entries, &tail, columns);
        if lines.len() <= MOST_LINES || entries.len() <= 1 {
            return lines;
        }
        entries.pop();
    }
}

/// Entries separated by commas in lines of at most `columns` cells, none of them broken.
fn lines(head: &str, entries: &[String], tail: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = head.to_owned();
    for (number, entry) in entries.iter().enumerate() {
        let end = match number + 1 == entries.len() {
            true => tail,
            false => ",",
        };
        let part = format!("{entry}{end}");
        if line.trim_end() != "" && width(&line) + width(&part) > columns {
            lines.push(
                std::mem::replace(&mut line, "  ".to_owned())
                    .trim_end()
                    .to_owned(),
            );
        }
        line.push_str(&part);
        line.push(' ');
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// The range of the values, and what they are divided by.
fn values(settings: &Settings, material: &Material, from: bool) -> String {
    let range = match material.train.images().range() {
        Some((low, high)) => format!("from {} to {}", short(low), short(high)),
        None => "of 8 bits".to_owned(),
    };
    let why = match (from, settings.network.divisor) {
        (true, _) => ", as the model of --from was trained",
        (false, Some(_)) => ", as --divisor asks",
        (false, None) if material.divisor_is_stated => "",
        (false, None) => ", chosen from the largest value",
    };
    let preprocessing = &material.preprocessing;
    let channels = match preprocessing.mean.is_empty() {
        true => "",
        false => ", then each channel standardized to mean 0 and deviation 1",
    };
    format!(
        "values {range}, divided by {}{why}{channels}",
        short(preprocessing.divisor)
    )
}

/// A note on the numbers of examples, if they are very unequal and nothing is done about it.
fn unequal(settings: &Settings, data: &Dataset) -> Option<String> {
    let counts = data.class_counts();
    let present = || {
        let all = counts.iter().zip(data.classes());
        all.filter(|(count, _)| **count > 0)
    };
    let (most, common) = present().max_by_key(|(count, _)| **count)?;
    let (least, rare) = present().min_by_key(|(count, _)| **count)?;
    (settings.training.balance == Balancing::None && most / least >= UNEQUAL).then(|| {
        format!(
            "classes are unequal: {most} examples of {}, {least} of {}; --balance sampling or --balance weights evens them out",
            name(common),
            name(rare)
        )
    })
}

/// Classes with examples to train on and none to test on.
fn untested<'a>(train: &'a Dataset, test: &Dataset) -> Vec<&'a String> {
    let (counts, tested) = (train.class_counts(), test.class_counts());
    let pairs = counts.iter().zip(&tested).zip(train.classes());
    let untested = pairs.filter(|((count, tested), _)| **count > 0 && **tested == 0);
    untested.map(|(_, name)| name).collect()
}

/// Names, the first few of them.
fn names(all: &[&String]) -> String {
    let mut shown: Vec<String> = all
        .iter()
        .take(MOST_NAMES)
        .map(|class| name(class))
        .collect();
    if all.len() > MOST_NAMES {
        shown.push(format!("{} more", all.len() - MOST_NAMES));
    }
    match shown.pop() {
        Some(last) if !shown.is_empty() => format!("{} and {last}", shown.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// Notes examples that are in both parts, or under two labels.
fn duplicates(train: &Dataset, test: Option<&Dataset>, tested: &str) -> Outcome {
    let found = Duplicates::of(train, test)?;
    let place = |at: usize| match (at.checked_sub(train.len()), test) {
        (Some(at), Some(test)) => (test, at, tested),
        _ => (train, at, "training"),
    };
    let file = |at: usize| {
        let (data, index, part) = place(at);
        match data.name(index) {
            Some(path) => clean(&path.display().to_string(), FILE),
            None => format!("example {} of the {part} part", index + 1),
        }
    };
    let label = |at: usize| {
        let (data, index, _) = place(at);
        let label = data.labels().get(index).map(|&label| label as usize);
        label
            .and_then(|label| data.classes().get(label))
            .map_or(String::new(), |class| name(class))
    };
    if let Some(Repeat {
        count: number,
        first: [a, b],
        ..
    }) = found.shared
    {
        note(&format!(
            "{} in both the training and the {tested} part, such as {} and {}: the {tested} accuracy counts them; stepnet examine lists them",
            are(number),
            file(a),
            file(b)
        ));
    }
    if let Some(Repeat {
        count: number,
        first: [a, b],
        ..
    }) = found.relabelled
    {
        note(&format!(
            "{} under more than one label, such as {} ({}) and {} ({})",
            are(number),
            file(a),
            label(a),
            file(b),
            label(b)
        ));
    }
    Ok(())
}

fn are(examples: usize) -> String {
    let verb = if examples == 1 { "is" } else { "are" };
    format!("{} {verb}", count(examples, "example"))
}

/// What happens to the last layer of the model that the run starts from, if its classes are not those
/// of the data in the same order.
fn last_layer<T: Number>(model: &Model<T>, classes: &[String]) -> Option<String> {
    let rows = classes_of_model(model, classes);
    let apart = model.network.output().len().max(2);
    let known = rows.iter().flatten().count();
    if known == rows.len() && known == apart {
        let moved = rows
            .iter()
            .enumerate()
            .any(|(class, row)| *row != Some(class));
        return moved.then(|| {
            "the classes are those of the model in another order: its last layer is reordered to match"
                .to_owned()
        });
    }
    let new = classes.iter().zip(&rows).filter(|(_, row)| row.is_none());
    let new: Vec<&String> = new.map(|(class, _)| class).collect();
    let of_model: Vec<&String> = model.classes.iter().collect();
    Some(match (known, new.is_empty()) {
        (0, _) => format!(
            "the last layer is new: the model knows none of these classes, but {}",
            names(&of_model)
        ),
        (_, true) => format!(
            "the last layer keeps {} of the {} classes that the model knows",
            known, apart
        ),
        _ => format!(
            "the last layer keeps its weights for {}, and is new for {}",
            count(known, "class"),
            names(&new)
        ),
    })
}
