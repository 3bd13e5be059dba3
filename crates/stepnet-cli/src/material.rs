//! What a run trains and tests on: data sets, and how their values become the network's input.

mod asked;
mod leaving_out;
mod opened;
mod own;

use std::path::Path;

use serde_json::{Value, json};
use stepnet::data::{
    self, DIGITS_DIVISOR, Dataset, ListedPart, OpenOptions, Role, TargetKind, ValueRange,
};
use stepnet::nn::{InputChange, Preprocessing, Shape};
use stepnet::train::run::RunData;
use stepnet::train::settings::Settings;

use crate::display;
use crate::failure::{Failure, Outcome};
use crate::known::{DIGITS, Known, seen};
use crate::table_args::DataArgs;
use asked::{asked, train_options};
use leaving_out::List;
pub(crate) use opened::{open, open_alone};
use own::{Own, test_part};
pub(crate) use own::{Tested, describe_tested};

/// Training and test examples, ready for a network.
#[derive(Debug)]
pub(crate) struct Material {
    pub(crate) train: Dataset,
    pub(crate) test: Option<Dataset>,
    /// The name of the test examples in the output.
    pub(crate) test_name: &'static str,
    pub(crate) preprocessing: Preprocessing,
    /// The raw values that training sees, with those that the model it starts from has seen.
    pub(crate) range: Option<ValueRange>,
    /// Whether the kind of data states what values are divided by, rather than the largest of them.
    pub(crate) divisor_is_stated: bool,
    /// Lines that tell the user what was read and how.
    pub(crate) facts: Vec<String>,
    /// A short name for the run folder.
    pub(crate) name: String,
    /// Where it came from and how it was parted: what it takes to find the same held-out part again.
    pub(crate) origin: Value,
}

/// The most pixels that the usual network takes an image at its own size with: its dense layer grows
/// with them.
const MOST_PIXELS: usize = 128 * 128;

/// The word for the data's own test part, in place of a path.
const OWN_TEST: &str = "its own";

/// A data set as it was read, before it is parted.
struct Source {
    data: Dataset,
    test: Option<Dataset>,
    divisor: f64,
    divisor_is_stated: bool,
    facts: Vec<String>,
}

impl Source {
    fn open(path: Option<&Path>, options: &OpenOptions, list: &List) -> Outcome<Self> {
        let mut source = Self::whole(path, options, list)?;
        let facts = &mut source.facts;
        source.data = list.apply(source.data, ListedPart::Training, facts)?;
        if let Some(test) = source.test {
            source.test = Some(list.apply(test, ListedPart::Test, facts)?);
        }
        Ok(source)
    }

    fn whole(path: Option<&Path>, options: &OpenOptions, list: &List) -> Outcome<Self> {
        let Some(path) = path else {
            let unused = [
                ("--labels", options.labels.is_some()),
                ("--label-column", options.label_column.is_some()),
                ("--encoding", options.encoding.is_some()),
                ("--targets", options.targets != TargetKind::Classes),
            ];
            if let Some((option, _)) = unused.into_iter().find(|(_, given)| *given) {
                return Err(Failure::usage(format!(
                    "{option} says how DATA is to be read, but no DATA is given"
                )));
            }
            let facts = vec![
                "data: the embedded handwritten digits of E. Alpaydin and C. Kaynak (CC BY 4.0)"
                    .to_owned(),
            ];
            return Ok(Self {
                data: data::digits(),
                test: None,
                divisor: options.divisor.unwrap_or(DIGITS_DIVISOR),
                divisor_is_stated: true,
                facts,
            });
        };
        let opened = list.open(path, options)?;
        Ok(Self {
            data: opened.data,
            test: opened.test,
            divisor: opened.divisor,
            divisor_is_stated: opened.divisor_is_stated,
            facts: opened.facts,
        })
    }
}

impl Material {
    /// Reads what `args` name. The model that a run starts from decides how images are fitted to its input; else
    /// the user; else the preset; else the images themselves.
    pub(crate) fn gather(
        settings: &Settings,
        known: Option<Known<'_>>,
        preset_input: Option<[usize; 3]>,
    ) -> Outcome<Self> {
        let from = known.map(|known| known.preprocessing);
        let options = train_options(settings, from, preset_input)?;
        let asked_of = &settings.source;
        let data_path = asked_of.data.as_deref();
        let list = List::read(asked_of.leave_out.as_deref())?;
        let source = Source::open(data_path, &options, &list)?;
        // Files are brought to the input or refused as they are read; the digits are as they are.
        if let (None, Some(wanted)) = (
            data_path,
            from.map(Preprocessing::shape).or(asked(settings)?),
        ) {
            let found = source.data.images().shape();
            if found != wanted {
                let by = if from.is_some() {
                    "the model of --from"
                } else {
                    "--input"
                };
                return Err(Failure::usage(format!(
                    "the embedded digits are {}, but {by} asks for {}; name other data",
                    Shape::from(found),
                    Shape::from(wanted)
                )));
            }
        }
        let preprocessing = match from {
            Some(preprocessing) => suited(data_path, preprocessing),
            None => describe(&source, settings),
        };
        let divisor_is_stated = source.divisor_is_stated;
        if let Some(known) = known {
            known.check(data_path, source.data.images())?;
        }
        let range = seen(data_path, source.data.images());
        let this = Known {
            preprocessing: &preprocessing,
            range,
        };
        let mut facts = source.facts;
        let examples = source.data.len();
        let (reading, seed) = (&settings.reading, settings.training.seed);
        let (train, test, test_name) = match (&asked_of.test, source.test) {
            (Some(path), _) => {
                let mut options = options;
                options.role = Role::Test;
                options.input = Some(preprocessing.shape());
                options.labels = None;
                let mut opened = list
                    .open(path, &options)
                    .map_err(|failure| failure.context("--test"))?;
                opened.data = list.apply(opened.data, ListedPart::Test, &mut opened.facts)?;
                this.check(Some(path), opened.data.images())
                    .map_err(|failure| failure.context("--test"))?;
                let opened_facts = opened.facts.into_iter();
                facts.extend(opened_facts.map(|fact| format!("--test: {fact}")));
                (source.data, Some(opened.data), "test")
            }
            (None, Some(test)) => {
                this.check(data_path, test.images())
                    .map_err(|failure| failure.context("its test part"))?;
                (source.data, Some(test), "test")
            }
            (None, None) if asked_of.hold_out == 0.0 => (source.data, None, "test"),
            (None, None) => {
                let (train, held_out) = source.data.split(asked_of.hold_out, seed)?;
                let all = train.len() + held_out.len();
                facts.push(format!(
                    "held out {} of {all} examples for testing, drawn with seed {}",
                    held_out.len(),
                    seed
                ));
                (train, Some(held_out), "held out")
            }
        };
        let place = match (asked_of.test.as_deref(), data_path) {
            (Some(path), _) | (None, Some(path)) => path.display().to_string(),
            (None, None) => DIGITS.to_owned(),
        };
        check_several(&train, data_path)?;
        let test = test
            .map(|test| with_classes(test, train.classes(), &place))
            .transpose()?;
        let tested = test.is_some();
        let mut preprocessing = preprocessing;
        if settings.network.standardize {
            train.standardize(&mut preprocessing)?;
        }
        let held_out = if test_name == "held out" {
            asked_of.hold_out
        } else {
            0.0
        };
        Ok(Self {
            train,
            test,
            test_name,
            preprocessing,
            divisor_is_stated,
            range: match (range, known.and_then(|known| known.range)) {
                (Some(range), Some(before)) => Some(range.union(before)),
                (range, before) => range.or(before),
            },
            facts,
            name: data_path.map_or(DIGITS.to_owned(), name_of),
            origin: list.with_place(json!({
                "data": match data_path.map(|path| path.display().to_string()) {
                    None => DIGITS.to_owned(),
                    // A folder of that name is not the embedded data.
                    Some(name) if name == DIGITS => format!("./{name}"),
                    Some(name) => name,
                },
                "held_out": held_out,
                "test": match (&asked_of.test, test_name, tested) {
                    (Some(path), ..) => Value::from(path.display().to_string()),
                    (None, "test", true) => Value::from(OWN_TEST),
                    _ => Value::Null,
                },
                "seed": seed,
                "examples": examples,
                "label_column": reading.label_column,
                "encoding": reading.encoding,
                "skip_bad": reading.skip_bad,
                "labels": reading.labels.as_ref().map(|path| path.display().to_string()),
            })),
        })
    }
}

impl Material {
    /// The data of a run.
    pub(crate) fn into_run_data(self) -> RunData {
        RunData::new(self.train, self.test, self.preprocessing)
            .test_name(self.test_name)
            .range(self.range)
            .origin(self.origin)
    }

    /// Whether another `--input` could bring the examples to another shape.
    pub(crate) fn input_change(&self, settings: &Settings) -> InputChange {
        let images = self.train.images();
        match images.shape() {
            _ if settings.source.data.is_none() || settings.network.from.is_some() => {
                InputChange::Never
            }
            [1, 1, _] => InputChange::Reshape,
            [_, _, 1 | 3] if images.are_bytes() => InputChange::Any,
            _ => InputChange::Never,
        }
    }
}

/// A model's preprocessing for the data at `path`: folders, archives and CIFAR's files hold values that run to 255, whatever
/// range the model was first trained on.
pub(crate) fn suited(path: Option<&Path>, preprocessing: &Preprocessing) -> Preprocessing {
    match path {
        Some(path) if data::holds_images(path) => preprocessing.for_pictures(),
        _ => preprocessing.clone(),
    }
}

/// The examples `evaluate` measures the model in the file `model` on: those of `path`, or those that it was
/// tested on in its training, as its `origin` says.
pub(crate) fn for_evaluation(
    path: Option<&Path>,
    args: &DataArgs,
    preprocessing: &Preprocessing,
    classes: &[String],
    (model, origin): (&Path, Option<&Value>),
) -> Outcome<Tested> {
    if classes.is_empty() {
        return Err(Failure::usage(format!(
            "{}: the model names no classes, expected a name for each that it tells apart: labels cannot be compared with its answers",
            model.display()
        )));
    }
    let options = args
        .open_options()
        .targets(TargetKind::of(&preprocessing.task))
        .target_names(classes.to_vec())
        .input(Some(preprocessing.shape()))
        .resize(preprocessing.resize);
    if let Some(path) = path {
        let options = options.role(Role::Test);
        return test_part(path, &options, classes, &List::default());
    }
    if let Some(option) = args.about_tables() {
        return Err(Failure::usage(format!(
            "{option} says how DATA is to be read, but no DATA is given"
        )));
    }
    Own::of(model, origin)?.examples(options, classes)
}

/// Fails if all examples to train on are of one class.
fn check_several(train: &Dataset, path: Option<&Path>) -> Outcome {
    if train.targets().kind() != TargetKind::Classes {
        return Ok(());
    }
    let counts = train.class_counts();
    let mut present = counts
        .iter()
        .zip(train.classes())
        .filter(|(count, _)| **count > 0);
    match (present.next(), present.next()) {
        (Some((_, only)), None) => Err(Failure::usage(format!(
            "{}: one class only ({}); training needs at least two",
            path.map_or(DIGITS.into(), Path::to_string_lossy),
            display::name(only)
        ))),
        _ => Ok(()),
    }
}

/// The examples with the classes that a model knows; `place` is where they came from.
pub(crate) fn with_classes(data: Dataset, classes: &[String], place: &str) -> Outcome<Dataset> {
    data.with_classes(classes)
        .map_err(|error| Failure::from(error).context(place))
}

/// The preprocessing of a new network.
fn describe(source: &Source, settings: &Settings) -> Preprocessing {
    let [height, width, channels] = source.data.images().shape();
    let mut preprocessing = Preprocessing::scaled(height, width, channels, source.divisor);
    preprocessing.resize = settings.network.resize;
    let path = settings.source.data.as_deref();
    // A divisor that the user chose for a folder of pictures is the one for pictures.
    if let (Some(divisor), Some(true)) = (settings.network.divisor, path.map(data::holds_images)) {
        preprocessing.picture_divisor = divisor;
    }
    preprocessing
}

/// A file's or folder's name without its ending, for the run folder.
fn name_of(path: &Path) -> String {
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let stem = absolute
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let plain: String = stem
        .unwrap_or_default()
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '-' || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect();
    if plain.is_empty() {
        "run".into()
    } else {
        plain
    }
}
