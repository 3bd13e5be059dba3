//! The library's table of settings as keyword arguments: what Python is told of it, and values in both directions.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyMapping, PyString};
use stepnet::Error;
use stepnet::train::settings::{Dtype, Form, Group, Kind, Setting, SettingError, Settings, Value};

use crate::convert::raised;

/// What Python is told of a setting: its keyword, the type of its values in words, its default, what it does, what
/// applies where it is not given, whether it is about what a run keeps.
type Told = (&'static str, String, Py<PyAny>, String, &'static str, bool);

/// What takes settings as keyword arguments.
#[derive(Clone, Copy)]
enum Function<'a> {
    /// A new network.
    Network,
    /// A training, by this name in messages.
    Training(&'a str),
}

impl<'a> Function<'a> {
    fn of(name: &'a str) -> Self {
        match name {
            "Network" => Self::Network,
            other => Self::Training(other),
        }
    }

    fn name(self) -> &'a str {
        match self {
            Self::Network => "Network",
            Self::Training(name) => name,
        }
    }

    /// The keyword argument that a setting is of it.
    fn keyword(self, setting: &Setting) -> Option<&'static str> {
        match self {
            Self::Network => setting.of_network.then_some(setting.name),
            Self::Training(_) => setting.keyword(),
        }
    }
}

/// The settings that are keyword arguments of a function.
#[pyfunction]
pub(crate) fn settings(py: Python<'_>, function: &str) -> PyResult<Vec<Told>> {
    let function = Function::of(function);
    let mut told = Vec::new();
    for setting in Settings::table() {
        if let Some(keyword) = function.keyword(&setting) {
            let default = match setting.default() {
                Some(value) => to_python(py, &in_numpy(&setting, value))?,
                None => py.None(),
            };
            let help = in_python(&setting.help());
            let usual = match (function, setting.name) {
                (Function::Network, "targets") => "what the first fit shows",
                _ => setting.usual,
            };
            let keeps = setting.group == Group::Checkpoints;
            told.push((keyword, kind(&setting), default, help, usual, keeps));
        }
    }
    Ok(told)
}

/// The settings that keyword arguments of `function` give; `None` stands for a setting that is not given.
///
/// # Errors
/// Values that they may not have, with the keyword: `TypeError` for another type, else `ValueError`.
pub(crate) fn given(function: &str, keywords: &Bound<'_, PyDict>) -> PyResult<Settings> {
    let settings = each(Function::of(function), keywords)?;
    settings.check().map_err(|error| wrong(function, error))?;
    Ok(settings)
}

/// The settings that keyword arguments give, each by itself.
fn each(function: Function<'_>, keywords: &Bound<'_, PyDict>) -> PyResult<Settings> {
    let mut settings = Settings::default();
    for setting in Settings::table() {
        let Some(keyword) = function.keyword(&setting) else {
            continue;
        };
        let Some(given) = keywords.get_item(keyword)? else {
            continue;
        };
        if given.is_none() && setting.default().is_none() {
            continue;
        }
        let place = format!("{}: {keyword}", function.name());
        let value = value(&given, &setting, &place)?;
        let refused = |expected: &str| {
            let shown = shown(&given)?;
            Ok::<_, PyErr>(format!("{place} is {shown}, expected {expected}"))
        };
        let Some(value) = value else {
            return Err(PyTypeError::new_err(refused(&setting.kind.expected())?));
        };
        match setting.set(&mut settings, &value) {
            Ok(()) => {}
            Err(SettingError::Kind { expected, .. }) => {
                return Err(PyTypeError::new_err(refused(&expected)?));
            }
            Err(error) => return Err(wrong(function.name(), error)),
        }
    }
    Ok(settings)
}

/// An error about a setting under its name in Python.
pub(crate) fn wrong(function: &str, error: SettingError) -> PyErr {
    let keyword = error.setting().map(|row| match Function::of(function) {
        Function::Network => row.name,
        Function::Training(_) => row.keyword().unwrap_or(row.name),
    });
    let keyword = keyword.unwrap_or_default();
    match error {
        SettingError::Value {
            found, expected, ..
        } => PyValueError::new_err(format!(
            "{function}: {keyword} is {found}, expected {expected}"
        )),
        SettingError::Refused {
            error:
                Error::Value {
                    argument,
                    found,
                    expected,
                    ..
                },
            ..
        } => PyValueError::new_err(format!(
            "{function}: {keyword}: {argument} is {found}, expected {expected}"
        )),
        SettingError::Refused { error, .. } => raised(error),
        other => PyValueError::new_err(format!("{function}: {}", in_python(&other.to_string()))),
    }
}

/// A text about settings with their names in Python in place of those in backticks.
pub(crate) fn in_python(text: &str) -> String {
    let mut text = text.to_owned();
    for setting in Settings::table() {
        let quoted = format!("`{}`", setting.name);
        if text.contains(&quoted) {
            let keyword = setting.keyword().unwrap_or(setting.name);
            text = text.replace(&format!("{quoted} = false"), &format!("{keyword}=False"));
            text = text.replace(&quoted, keyword);
        }
    }
    text
}

/// A setting's value in a message.
pub(crate) fn shown_value(value: Option<Value>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| value.to_string())
}

/// The type of a setting's values, as documentation has it.
fn kind(setting: &Setting) -> String {
    let known = match setting.kind {
        Kind::Switch | Kind::On { .. } => "bool".to_owned(),
        Kind::Place => "bool or path-like".to_owned(),
        Kind::Choice(choices) => {
            let word = |name: &str| in_numpy(setting, Value::Text(name.to_owned())).to_string();
            let words: Vec<String> = choices
                .iter()
                .map(|choice| format!("{:?}", word(choice.name)))
                .collect();
            format!("{{{}}}", words.join(", "))
        }
        kind => {
            let names: Vec<&str> = kind.forms().iter().map(|form| of_form(*form)).collect();
            names.join(" or ")
        }
    };
    match setting.default() {
        None => format!("{known}, optional"),
        Some(_) => known,
    }
}

fn of_form(form: Form) -> &'static str {
    match form {
        Form::Text => "str",
        Form::Whole => "int",
        Form::Number => "float",
        Form::List => "sequence",
        Form::Map => "dict",
        _ => "object",
    }
}

/// The types of numbers, with their names in numpy.
const DTYPES: [(Dtype, &str); 2] = [(Dtype::F32, "float32"), (Dtype::F64, "float64")];

/// A value under the name that Python has for it: types of numbers are those of numpy.
fn in_numpy(setting: &Setting, value: Value) -> Value {
    let named = DTYPES
        .iter()
        .find(|(dtype, _)| setting.name == "dtype" && value.to_string() == dtype.name());
    match named {
        Some((_, name)) => Value::Text((*name).to_owned()),
        None => value,
    }
}

/// A type of numbers from anything that numpy makes one of.
fn dtype(given: &Bound<'_, PyAny>, place: &str) -> PyResult<Value> {
    let numpy = given.py().import("numpy")?;
    let found = numpy.getattr("dtype")?.call1((given,));
    let name: Option<String> = found
        .and_then(|dtype| dtype.getattr("name")?.extract())
        .ok();
    let known = DTYPES
        .iter()
        .find(|(_, known)| name.as_deref() == Some(*known) && !given.is_none());
    match known {
        Some((dtype, _)) => Ok(Value::Text(dtype.name().to_owned())),
        None => Err(PyValueError::new_err(format!(
            "{place} is {}, expected {:?} or {:?}",
            shown(given)?,
            DTYPES[0].1,
            DTYPES[1].1
        ))),
    }
}

/// A value that a user gives at `place`; `None` where it is of no type that a setting has.
fn value(given: &Bound<'_, PyAny>, setting: &Setting, place: &str) -> PyResult<Option<Value>> {
    if setting.name == "dtype" {
        return dtype(given, place).map(Some);
    }
    if let Some(on) = truth(given)? {
        return Ok(Some(Value::Switch(on)));
    }
    if let Ok(text) = given.cast::<PyString>() {
        return match text.to_str() {
            Ok(text) => Ok(Some(Value::Text(text.to_owned()))),
            // Half of a pair of surrogates.
            Err(_) => Err(PyValueError::new_err(format!(
                "{place} is {}, which is no text: it has half a character in it",
                shown(given)?
            ))),
        };
    }
    if matches!(setting.kind, Kind::Path | Kind::Place)
        && let Ok(path) = given.extract::<PathBuf>()
    {
        return Ok(Some(Value::Word(path.into_os_string())));
    }
    if let Ok(whole) = given.call_method0("__index__") {
        return Ok(Some(
            match (whole.extract::<i64>(), setting.kind.is_switch()) {
                (Ok(whole @ (0 | 1)), true) => Value::Switch(whole == 1),
                (Ok(whole), _) => Value::Whole(whole),
                // More digits than any setting has.
                (Err(_), _) => Value::Number(whole.extract().unwrap_or(f64::INFINITY)),
            },
        ));
    }
    if let Ok(given) = given.cast::<PyMapping>() {
        let mut values = BTreeMap::new();
        for item in given.items()?.iter() {
            let (name, item): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            let Some(item) = value(&item, setting, place)? else {
                return Ok(None);
            };
            values.insert(name.str()?.to_string(), item);
        }
        return Ok(Some(Value::Map(values)));
    }
    if let Some(values) = list(given, setting, place)? {
        return Ok(Some(values));
    }
    Ok(given.extract().ok().map(Value::Number))
}

/// Yes or no, as Python or numpy has it.
fn truth(given: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
    if let Ok(on) = given.cast::<PyBool>() {
        return Ok(Some(on.is_true()));
    }
    let name = given.get_type().name()?;
    match ["bool", "bool_"].iter().any(|of_numpy| name == *of_numpy) {
        true => given.is_truthy().map(Some),
        false => Ok(None),
    }
}

/// The most values of a list: longer ones are no settings.
const LONGEST: usize = 10_000_000;

fn list(given: &Bound<'_, PyAny>, setting: &Setting, place: &str) -> PyResult<Option<Value>> {
    let takes = setting.kind.forms().contains(&Form::List);
    // Bytes are a sequence, too; and an array without axes has no length.
    let sequence = given.hasattr("__getitem__")? && !given.hasattr("decode")?;
    if !takes || !sequence || given.len().map_or(true, |len| len > LONGEST) {
        return Ok(None);
    }
    let mut values = Vec::new();
    for item in given.try_iter()? {
        match value(&item?, setting, place)? {
            Some(item) => values.push(item),
            None => return Ok(None),
        }
    }
    Ok(Some(Value::List(values)))
}

/// A value as messages show it.
fn shown(given: &Bound<'_, PyAny>) -> PyResult<String> {
    let values = given.py().import("stepnet._values")?;
    values.getattr("shown")?.call1((given,))?.extract()
}

/// A value for Python.
fn to_python(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    Ok(match value {
        Value::Switch(on) => PyBool::new(py, *on).to_owned().into_any().unbind(),
        Value::Whole(whole) => whole.into_pyobject(py)?.into_any().unbind(),
        Value::Number(number) => number.into_pyobject(py)?.into_any().unbind(),
        Value::Text(text) => PyString::new(py, text).into_any().unbind(),
        Value::List(values) => {
            let values: Vec<_> = values
                .iter()
                .map(|value| to_python(py, value))
                .collect::<PyResult<_>>()?;
            PyList::new(py, values)?.into_any().unbind()
        }
        Value::Map(values) => {
            let named = PyDict::new(py);
            for (name, value) in values {
                named.set_item(name, to_python(py, value)?)?;
            }
            named.into_any().unbind()
        }
        other => PyString::new(py, &other.to_string()).into_any().unbind(),
    })
}

/// The values of settings that keyword arguments of `function` give, as they are kept; refuses those that are wrong by
/// themselves.
#[pyfunction]
pub(crate) fn settings_kept(
    py: Python<'_>,
    function: &str,
    keywords: &Bound<'_, PyDict>,
) -> PyResult<Py<PyDict>> {
    let function = Function::of(function);
    let settings = each(function, keywords)?;
    let kept = PyDict::new(py);
    for setting in Settings::table() {
        if let (Some(keyword), Some(value)) = (function.keyword(&setting), setting.get(&settings)) {
            kept.set_item(keyword, to_python(py, &in_numpy(&setting, value))?)?;
        }
    }
    Ok(kept.unbind())
}
