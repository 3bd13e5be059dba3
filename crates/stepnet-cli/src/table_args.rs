//! Options that come from the library's table of settings: their names, help, values and defaults are those of the rows.

use std::ffi::OsString;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use clap::builder::{
    OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser,
};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use stepnet::data::OpenOptions;
use stepnet::train::settings::{
    Choice, Dtype, Group, Kind, Row, Setting, SettingError, Settings, Value,
};

use crate::failure::Outcome;
use crate::memory::Memory;
use crate::wording::{given_as, option, with_settings};

/// Which rows of the table a command takes as options.
pub(crate) trait Rows: fmt::Debug {
    /// Whether a row is one of them.
    fn has(setting: &Row) -> bool;

    /// The heading of a group's options in the help.
    fn heading(group: Group) -> Option<&'static str> {
        Some(group.title())
    }
}

/// All that a training is set by.
#[derive(Debug)]
pub(crate) struct All;

impl Rows for All {
    fn has(_: &Row) -> bool {
        true
    }
}

/// How data is read.
#[derive(Debug)]
pub(crate) struct Reading;

impl Rows for Reading {
    fn has(setting: &Row) -> bool {
        setting.group == Group::Data
            && !["data", "test", "hold_out", "leave_out", "targets"].contains(&setting.name)
    }
}

/// How a network is run.
#[derive(Debug)]
pub(crate) struct Running;

impl Rows for Running {
    fn has(setting: &Row) -> bool {
        setting.name == "exact"
    }

    fn heading(_: Group) -> Option<&'static str> {
        None
    }
}

/// How data is read, shared by the commands that read some.
pub(crate) type DataArgs = Given<Reading>;

/// How the network is run.
pub(crate) type ExactArgs = Given<Running>;

/// Settings as the command line gives them.
pub(crate) struct Given<R> {
    /// The settings: their defaults where they are not given.
    pub(crate) settings: Settings,
    /// Those that are given.
    given: Vec<Setting>,
    rows: PhantomData<R>,
}

impl<R> Given<R> {
    /// Whether a setting is given.
    pub(crate) fn has(&self, setting: &Row) -> bool {
        self.given.iter().any(|given| given.name == setting.name)
    }

    /// Puts what a settings file holds under what is given.
    pub(crate) fn read_file(&mut self, path: &Path) -> Outcome {
        let mut settings = Settings::default();
        settings.read_file(path, |setting| self.has(setting))?;
        for setting in &self.given {
            if let Some(value) = setting.get(&self.settings) {
                setting.set(&mut settings, &value)?;
            }
        }
        self.settings = settings;
        Ok(())
    }

    /// The settings that are given.
    pub(crate) fn names(&self) -> &[Setting] {
        &self.given
    }
}

impl Given<Reading> {
    /// The first given option that says how a table or arrays are to be read.
    pub(crate) fn about_tables(&self) -> Option<String> {
        let about = ["labels", "label_column", "encoding"];
        let mut given = self
            .given
            .iter()
            .filter(|setting| about.contains(&setting.name));
        given.next().map(|setting| given_as(setting))
    }

    /// How data is opened.
    pub(crate) fn open_options(&self) -> OpenOptions {
        open_options(&self.settings)
    }
}

impl Given<Running> {
    /// Sets a network as asked.
    pub(crate) fn apply<T: stepnet::Number>(&self, network: &mut stepnet::nn::Network<T>) {
        network.set_exact(self.settings.network.exact);
    }
}

/// How data is opened: images take up to half of the memory that is free unless a size is given.
pub(crate) fn open_options(settings: &Settings) -> OpenOptions {
    settings.reading.open_options(|| Memory::now().room / 2)
}

impl<R> fmt::Debug for Given<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self
            .given
            .iter()
            .map(|setting| (setting.name, setting.get(&self.settings)));
        f.debug_map().entries(given).finish()
    }
}

impl<R: Rows> Args for Given<R> {
    fn augment_args(command: Command) -> Command {
        let rows = Settings::table().filter(|setting| R::has(setting));
        command.args(rows.map(|setting| match setting.group {
            // The data comes first, without a heading.
            Group::Data => argument(setting),
            group => argument(setting).help_heading(R::heading(group)),
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<R: Rows> FromArgMatches for Given<R> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Self {
            settings: Settings::default(),
            given: Vec::new(),
            rows: PhantomData,
        };
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in Settings::table().filter(|setting| R::has(setting)) {
            if matches.value_source(setting.name) != Some(ValueSource::CommandLine) {
                continue;
            }
            let set = setting.set(&mut self.settings, &value(&setting, matches));
            // The words were tried when they were read.
            set.map_err(|error| clap::Error::raw(clap::error::ErrorKind::InvalidValue, error))?;
            self.given.push(setting);
        }
        Ok(())
    }
}

/// The value of an option that is given.
fn value(setting: &Setting, matches: &ArgMatches) -> Value {
    let mut words = matches.get_raw(setting.name).into_iter().flatten();
    match setting.kind {
        Kind::Switch => Value::Switch(true),
        Kind::On { .. } => Value::Switch(false),
        Kind::List => Value::List(words.map(|word| Value::Word(word.to_owned())).collect()),
        _ => Value::Word(words.next_back().unwrap_or_default().to_owned()),
    }
}

/// A setting's value as it is written on a command line: whether its option is given, where that has no value.
pub(crate) fn shown(setting: &Setting, settings: &Settings) -> Option<String> {
    let value = setting.get(settings)?;
    Some(match (setting.kind, value) {
        (Kind::On { .. }, Value::Switch(on)) => (!on).to_string(),
        (_, value) => value.to_string(),
    })
}

/// The option of a row.
fn argument(setting: Setting) -> Arg {
    let argument = Arg::new(setting.name)
        .help(help(&setting))
        .conflicts_with_all(setting.conflicts);
    let argument = match setting.needs {
        Some(other) => argument.requires(other),
        None => argument,
    };
    if setting.kind.is_switch() {
        return argument.long(option(&setting)).action(ArgAction::SetTrue);
    }
    let argument = argument
        .value_name(setting.placeholder())
        .value_parser(parser(setting))
        .allow_negative_numbers(!matches!(setting.kind, Kind::Path | Kind::Place));
    // A value after a space would be taken for the next argument.
    let argument = match setting.alone {
        "" => argument,
        alone => argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value(alone),
    };
    let argument = match setting.kind {
        Kind::List => argument.value_delimiter(',').action(ArgAction::Append),
        _ => argument.action(ArgAction::Set),
    };
    let argument = match setting.default().map(|value| value.to_string()) {
        Some(default) if !default.is_empty() => argument.default_value(default),
        _ => argument,
    };
    // What a training is of stands without a name.
    match setting.name {
        "data" => argument,
        _ => argument.long(option(&setting)),
    }
}

/// The help of a row in the words of the command line.
fn help(setting: &Row) -> String {
    let mut help = match setting.kind {
        Kind::On { off } => off.to_owned(),
        _ => with_settings(&setting.help()),
    };
    if !setting.usual.is_empty() {
        help = format!(
            "{} [default: {}]",
            help.trim_end_matches('.'),
            setting.usual
        );
    }
    match help.strip_suffix('.') {
        Some(help) => help.to_owned(),
        None => help,
    }
}

/// The reader of an option's words.
fn parser(setting: Setting) -> ValueParser {
    match setting.kind {
        Kind::Path => ValueParser::path_buf(),
        Kind::Choice(choices) => choice_parser(choices).into(),
        _ => OsStringValueParser::new()
            .try_map(move |word: OsString| {
                let value = Value::Word(word.clone());
                match setting.set(&mut Settings::default(), &value) {
                    Ok(()) => Ok(word),
                    Err(error) => Err(refusal(&error, &value)),
                }
            })
            .into(),
    }
}

/// What clap says after the word that is wrong: what would be right, and which part of the word is meant.
fn refusal(error: &SettingError, value: &Value) -> String {
    match error {
        SettingError::Value {
            found, expected, ..
        }
        | SettingError::Kind {
            found, expected, ..
        } => match *found == format!("{:?}", value.to_string()) {
            true => format!("expected {expected}"),
            false => format!("{found}: expected {expected}"),
        },
        other => other.to_string(),
    }
}

fn choice_parser(choices: &[Choice]) -> PossibleValuesParser {
    PossibleValuesParser::new(choices.iter().map(|choice| {
        let value = PossibleValue::new(choice.name);
        match choice.help {
            "" => value,
            help => value.help(help),
        }
    }))
}

/// A reader of number types.
pub(crate) fn dtype() -> ValueParser {
    let choices = match Settings::named("dtype").map(|setting| setting.kind) {
        Ok(Kind::Choice(choices)) => choices,
        _ => &[],
    };
    let type_of = |name: String| Dtype::of_name(&name).unwrap_or_default();
    choice_parser(choices).map(type_of).into()
}
