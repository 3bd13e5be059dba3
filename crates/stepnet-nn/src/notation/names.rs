//! From steps to a flat list of named layers, and which takes whose output.

use std::collections::HashMap;

use super::error::quoted;
use super::kinds::{RESIDUAL, SCALE};
use super::lexer::is_word;
use super::{Item, LayerText, NetworkText, NotationError};

/// The most layers a network may have when its groups are written out, nested networks included.
pub const MAX_LAYERS: usize = 10_000;

/// The deepest nesting of groups and nested networks.
pub const MAX_DEPTH: usize = 64;

/// The most characters of a label.
pub const MAX_LABEL: usize = 64;

/// The most characters of a label and the labels of the groups around it, taken together.
pub const MAX_LABEL_PATH: usize = 256;

/// A layer of a network whose groups are written out.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedLayer {
    /// The layer's name, unique in its network.
    pub name: String,
    /// The layer.
    pub layer: LayerText,
    /// Where the layer stands in the text, in characters from 1; 0 without a text.
    pub column: usize,
    /// Where it ends, exclusive; 0 without a text.
    pub end: usize,
    /// Its inputs: the outputs of these layers, by their places in the list; `None` is the
    /// network's input. One for all layers but those that join networks.
    pub inputs: Vec<Option<usize>>,
    /// Its input or, where it joins branches, that of the branches.
    pub(crate) source: Option<usize>,
}

/// The layers of a network in order, groups and joined networks written out, each with a unique
/// name. A layer comes after those that it takes its input from.
///
/// - A layer without a label is called by its kind and its number among the layers of that kind,
///   labelled ones included: `conv1`, `conv2`, `linear1`, and `relu6_1`, where the kind ends in a digit. So a new label
///   renames no other layer.
/// - A label in a group gets the number of the repetition: `[a: relu] x 2` gives `a.1`, `a.2`;
///   each further group around it adds a number in front: `a.1.1`, `a.1.2`, `a.2.1`, ...
/// - The label of a group starts the names inside, which are counted from 1 in each repetition:
///   `block: [conv(8, 3) -> relu] x 2` gives `block.1.conv1`, `block.1.relu1`, `block.2.conv1`, ...
///
/// - The layers inside of `residual`, `scale` and `branch` stand before it, and their names start with its
///   name: `residual1.conv1` in the body, `residual1.shortcut.conv1` in the shortcut,
///   `branch1.2.conv1` in the second branch. The layer itself comes last, and joins their outputs:
///   the body's and the shortcut's (or the input), the input and the body's, or those of the branches.
///
/// Networks among the arguments of a registered kind stay there; they are expanded on their own.
///
/// # Errors
///
/// The same as for [`super::parse`], so a parsed text never fails: labels used twice
/// (ignoring case) or equal to another layer's automatic name, malformed labels, more than
/// [`MAX_LAYERS`] layers, nesting deeper than [`MAX_DEPTH`], no layers, a group repeated 0 times.
pub fn expand(network: &NetworkText) -> Result<Vec<NamedLayer>, NotationError> {
    check(network)?;
    let named = |found: Found<'_>| NamedLayer {
        name: found.name,
        layer: found.layer.clone(),
        column: found.column,
        end: found.end,
        inputs: found.inputs,
        source: found.source,
    };
    Ok(written_out(network).into_iter().map(named).collect())
}

/// Checks everything that could make an expansion fail, in nested networks too.
pub(super) fn check(network: &NetworkText) -> Result<(), NotationError> {
    // The number of layers first: it bounds the work of all the rest.
    count_layers(network, 0)?;
    check_names(network)
}

/// The number of layers when groups are written out, with those of nested networks.
fn count_layers(network: &NetworkText, depth: usize) -> Result<usize, NotationError> {
    if network.steps.is_empty() {
        return Err(NotationError::new(
            0,
            "a network has no layers, expected at least one",
        ));
    }
    let mut total = 0_usize;
    for step in &network.steps {
        if depth > MAX_DEPTH {
            let message = format!("brackets are nested more than {MAX_DEPTH} deep");
            return Err(NotationError::new(step.column, message));
        }
        let layers = match &step.item {
            Item::Group { times: 0, .. } => {
                let message = "a group is repeated 0 times, expected 1 or more";
                return Err(NotationError::new(step.column, message));
            }
            Item::Group { body, times } => count_layers(body, depth + 1)?.saturating_mul(*times),
            Item::Layer(layer) => {
                let mut layers = 1_usize;
                for inner in layer.networks_inside() {
                    layers = layers.saturating_add(count_layers(inner, depth + 1)?);
                }
                layers
            }
        };
        total = total.saturating_add(layers);
        if total > MAX_LAYERS {
            let message = format!(
                "the network has more than {MAX_LAYERS} layers up to here when its groups are \
                 written out, expected at most {MAX_LAYERS}"
            );
            return Err(NotationError::new(step.column, message));
        }
    }
    Ok(total)
}

/// Checks the labels of a network and of the networks among its layers' arguments.
fn check_names(network: &NetworkText) -> Result<(), NotationError> {
    check_labels(network, &mut HashMap::new(), 0)?;
    // Labels are distinct, so two equal names are a label and an automatic name.
    let mut seen = HashMap::new();
    for found in written_out(network) {
        let key = found.name.to_lowercase();
        if let Some((labelled, column)) = seen.insert(key, (found.labelled, found.column)) {
            let (here, there) = if labelled {
                (column, found.column)
            } else {
                (found.column, column)
            };
            let message = format!(
                "the label {} is also the automatic name of the layer at column {there}, expected \
                 another label",
                quoted(&found.name)
            );
            return Err(NotationError::new(here, message));
        }
    }
    Ok(())
}

/// Checks that labels are words and that no two in the same scope are equal.
///
/// A group without a label shares the scope around it; a labelled one and every nested network
/// has its own. `around` is the length of the labels around the network.
fn check_labels(
    network: &NetworkText,
    scope: &mut HashMap<String, usize>,
    around: usize,
) -> Result<(), NotationError> {
    for step in &network.steps {
        let mut length = around;
        if let Some(label) = &step.label {
            check_label(label, step.column)?;
            length += label.chars().count();
            if length > MAX_LABEL_PATH {
                let message = format!(
                    "the label {} and those of the groups around it have {length} characters, \
                     expected at most {MAX_LABEL_PATH}",
                    quoted(label)
                );
                return Err(NotationError::new(step.column, message));
            }
            if let Some(first) = scope.insert(label.to_lowercase(), step.column) {
                let message = format!(
                    "the label {} is already used at column {first}, expected another one",
                    quoted(label)
                );
                return Err(NotationError::new(step.column, message));
            }
        }
        match &step.item {
            Item::Group { body, .. } if step.label.is_some() => {
                check_labels(body, &mut HashMap::new(), length)?;
            }
            Item::Group { body, .. } => check_labels(body, scope, around)?,
            // Names of joined networks are compared where the whole is written out.
            Item::Layer(layer) if layer.joins() => {
                for inner in layer.networks_inside() {
                    check_labels(inner, &mut HashMap::new(), length)?;
                }
            }
            Item::Layer(layer) => layer.networks_inside().try_for_each(check_names)?,
        }
    }
    Ok(())
}

/// Checks the form of a label.
pub(super) fn check_label(label: &str, column: usize) -> Result<(), NotationError> {
    if is_word(label) && label.chars().count() <= MAX_LABEL {
        return Ok(());
    }
    let message = format!(
        "the label {} is not a name, expected at most {MAX_LABEL} letters, digits and _, starting \
         with a letter",
        quoted(label)
    );
    Err(NotationError::new(column, message))
}

/// A layer met while groups are written out.
struct Found<'a> {
    name: String,
    labelled: bool,
    layer: &'a LayerText,
    column: usize,
    end: usize,
    inputs: Vec<Option<usize>>,
    source: Option<usize>,
}

/// Where names are unique and kinds are counted together.
#[derive(Default)]
struct Scope<'a> {
    /// The prefix of every name.
    prefix: String,
    counts: HashMap<&'a str, usize>,
}

impl Scope<'_> {
    fn within(prefix: String) -> Self {
        Self {
            prefix,
            counts: HashMap::new(),
        }
    }
}

fn written_out(network: &NetworkText) -> Vec<Found<'_>> {
    let mut layers = Vec::new();
    write_out(network, &mut Scope::default(), "", None, &mut layers);
    layers
}

/// Appends the layers of a network whose first takes the output of layer `input`, and returns the
/// last one's place; `suffix` numbers the repetitions that labels stand in.
fn write_out<'a>(
    network: &'a NetworkText,
    scope: &mut Scope<'a>,
    suffix: &str,
    mut input: Option<usize>,
    layers: &mut Vec<Found<'a>>,
) -> Option<usize> {
    for step in &network.steps {
        let label = step.label.as_ref();
        let full = label.map(|label| format!("{}{label}{suffix}", scope.prefix));
        match &step.item {
            Item::Layer(layer) => {
                let count = scope.counts.entry(layer.kind()).or_default();
                *count += 1;
                let labelled = full.is_some();
                let kind = layer.kind();
                let between = match kind.ends_with(|c: char| c.is_ascii_digit()) {
                    true => "_",
                    false => "",
                };
                let automatic = || format!("{}{kind}{between}{count}", scope.prefix);
                let name = full.unwrap_or_else(automatic);
                let inputs = match layer.joins() {
                    true => write_out_joined(layer, &name, input, layers),
                    false => vec![input],
                };
                layers.push(Found {
                    name,
                    labelled,
                    layer,
                    column: step.column,
                    end: step.end,
                    inputs,
                    source: input,
                });
                input = Some(layers.len() - 1);
            }
            Item::Group { body, times } => {
                for repetition in 1..=*times {
                    input = if let Some(full) = &full {
                        let mut inner = Scope::within(format!("{full}.{repetition}."));
                        write_out(body, &mut inner, "", input, layers)
                    } else {
                        let suffix = format!("{suffix}.{repetition}");
                        write_out(body, scope, &suffix, input, layers)
                    };
                }
            }
        }
    }
    input
}

/// Appends the layers of the networks that `layer`, called `name`, joins, all of which take the
/// output of layer `input`; returns what it joins.
fn write_out_joined<'a>(
    layer: &'a LayerText,
    name: &str,
    input: Option<usize>,
    layers: &mut Vec<Found<'a>>,
) -> Vec<Option<usize>> {
    let (residual, scale) = (layer.kind() == RESIDUAL, layer.kind() == SCALE);
    let mut outputs = Vec::new();
    if scale {
        outputs.push(input);
    }
    for (number, network) in layer.networks_inside().enumerate() {
        let prefix = match (residual || scale, number) {
            (true, 0) => format!("{name}."),
            (true, _) => format!("{name}.shortcut."),
            (false, _) => format!("{name}.{}.", number + 1),
        };
        outputs.push(write_out(
            network,
            &mut Scope::within(prefix),
            "",
            input,
            layers,
        ));
    }
    if residual && outputs.len() == 1 {
        outputs.push(input);
    }
    outputs
}
