//! Modules as Python writes them, and their weights by the names that PyTorch gives them.

use std::collections::BTreeSet;

use super::helpers::Helper;
use crate::outgoing::Array;

/// A step of indentation.
const INDENT: &str = "    ";

/// An expression that makes a module.
#[derive(Debug, Clone, Default)]
pub(super) struct Module {
    /// The expression, without indentation; its lines after the first are indented with respect to it.
    pub(super) code: String,
    /// The same without comments: equal modules have equal texts.
    plain: String,
    /// The layer, for a comment.
    name: Option<String>,
    /// Weights by their names inside the module.
    pub(super) tensors: Vec<(String, Array)>,
    /// The program's own classes that it needs.
    pub(super) helpers: BTreeSet<Helper>,
}

/// A part of a sequence: a module, or several that are made in a loop.
#[derive(Debug, Clone)]
pub(super) enum Part {
    One(Module),
    /// Repetitions of equal modules.
    Loop(Vec<Vec<Module>>),
}

impl Module {
    /// A module without weights.
    pub(super) fn new(code: impl Into<String>) -> Self {
        let code = code.into();
        Self {
            plain: code.clone(),
            code,
            ..Self::default()
        }
    }

    /// A class of the program's own.
    pub(super) fn of_helper(helper: Helper, arguments: &str) -> Self {
        let mut module = Self::new(format!("{}({arguments})", helper.name()));
        module.helpers.insert(helper);
        module
    }

    /// The same, with a name.
    pub(super) fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// The same, with weights.
    pub(super) fn with(mut self, name: &str, array: Array) -> Self {
        self.tensors.push((name.to_owned(), array));
        self
    }

    /// A call with modules as its arguments, a line each; `keys` are their names in the call and begin those of their weights.
    pub(super) fn call(helper: Helper, arguments: Vec<(&str, Module)>) -> Self {
        let mut call = Self::default();
        for comments in [true, false] {
            let lines = arguments.iter().map(|(key, module)| {
                let code = if comments {
                    &module.code
                } else {
                    &module.plain
                };
                format!("{INDENT}{key}={},\n", indented(code))
            });
            let code = format!("{}(\n{})", helper.name(), lines.collect::<String>());
            *(if comments {
                &mut call.code
            } else {
                &mut call.plain
            }) = code;
        }
        call.helpers.insert(helper);
        for (key, module) in arguments {
            call.take(key, module);
        }
        call
    }

    /// A call with a list of modules.
    pub(super) fn list(helper: Helper, modules: Vec<Module>) -> Self {
        let lines = |comments: bool| {
            let lines = modules.iter().map(|module| line(module, comments));
            format!("{}([\n{}])", helper.name(), lines.collect::<String>())
        };
        let mut list = Self {
            code: lines(true),
            plain: lines(false),
            ..Self::default()
        };
        list.helpers.insert(helper);
        for (number, module) in modules.into_iter().enumerate() {
            list.take(&number.to_string(), module);
        }
        list
    }

    fn take(&mut self, key: &str, module: Module) {
        let tensors = module.tensors.into_iter();
        self.tensors
            .extend(tensors.map(|(name, array)| (format!("{key}.{name}"), array)));
        self.helpers.extend(module.helpers);
    }
}

impl Part {
    /// Repetitions as loops where neighbours are equal, and one by one elsewhere.
    pub(super) fn repeated(repetitions: Vec<Vec<Module>>) -> Vec<Self> {
        let equal = |a: &[Module], b: &[Module]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.plain == b.plain)
        };
        let mut parts = Vec::new();
        let mut rest = repetitions.into_iter().peekable();
        while let Some(first) = rest.next() {
            let mut same = vec![first];
            while let Some(next) = rest.next_if(|next| equal(&same[0], next)) {
                same.push(next);
            }
            match same.len() {
                1 => parts.extend(same.into_iter().flatten().map(Part::One)),
                _ => parts.push(Part::Loop(same)),
            }
        }
        parts
    }

    /// How it stands in a sequence.
    fn lines(&self, comments: bool) -> String {
        let repetitions = match self {
            Self::One(module) => return line(module, comments),
            Self::Loop(repetitions) => repetitions,
        };
        let times = format!("for _ in range({})", repetitions.len());
        let body = match &repetitions[0][..] {
            [one] => format!("{}\n{times}\n", one.plain),
            several => {
                let lines: String = several.iter().map(|module| line(module, false)).collect();
                format!("layer\n{times}\nfor layer in (\n{lines})\n")
            }
        };
        let body: String = body
            .lines()
            .map(|line| format!("{INDENT}{INDENT}{line}\n"))
            .collect();
        format!("{INDENT}*(\n{body}{INDENT}),\n")
    }

    pub(super) fn modules(self) -> Vec<Module> {
        match self {
            Self::One(module) => vec![module],
            Self::Loop(repetitions) => repetitions.into_iter().flatten().collect(),
        }
    }
}

/// A sequence of modules; a single one is itself.
pub(super) fn sequence(mut parts: Vec<Part>) -> Module {
    if parts.is_empty() {
        return Module::new("nn.Identity()");
    }
    if let [Part::One(_)] = &parts[..]
        && let Some(Part::One(module)) = parts.pop()
    {
        return module;
    }
    let lines = |comments: bool| {
        let lines = parts.iter().map(|part| part.lines(comments));
        format!("nn.Sequential(\n{})", lines.collect::<String>())
    };
    let mut all = Module {
        code: lines(true),
        plain: lines(false),
        ..Module::default()
    };
    let modules = parts.into_iter().flat_map(Part::modules);
    for (number, module) in modules.enumerate() {
        all.take(&number.to_string(), module);
    }
    all
}

/// A module as a line of a sequence or a list, or as several lines.
fn line(module: &Module, comments: bool) -> String {
    let code = indented(if comments {
        &module.code
    } else {
        &module.plain
    });
    match module.name.as_ref().filter(|_| comments) {
        Some(name) => format!("{INDENT}{code},  # {name}\n"),
        None => format!("{INDENT}{code},\n"),
    }
}

/// The lines after the first, one step further in.
pub(super) fn indented(code: &str) -> String {
    code.replace('\n', &format!("\n{INDENT}"))
}
