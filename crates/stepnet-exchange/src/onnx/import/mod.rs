//! From an ONNX file to a network.
//!
//! Nodes are worked through in the file's order, as far as the output needs them ([`lower`]). What only rearranges
//! arrays changes a [`view`], elementwise operators build [`expression`]s that become activations once they are needed,
//! whatever is known beforehand is computed ([`fold`]), and everything else adds a layer to the graph.

mod arithmetic;
mod arrange;
mod channels;
mod digits;
mod ends;
mod expression;
mod fold;
mod force;
mod inputs;
mod lower;
mod node;
mod normalise;
mod norms;
mod operators;
mod own;
mod products;
mod recognise;
mod resize;
mod shapes;
mod tensor;
mod view;
mod windows;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use prost::Message;

use self::ends::{Input, find_input, finish};
use self::lower::{Lowering, constants};
use self::node::NodeOf;
use self::tensor::Beside;
use super::proto::{GraphProto, ModelProto};
use crate::Number;
use crate::imported::Imported;
use crate::options::{ImportOptions, Source};
use crate::problem::{Checked, Problem};
use stepnet_base::text::hint;

/// The longest name of a node that is offered for `until`.
const LONGEST_UNTIL: usize = 200;

/// Whether a file is an ONNX model: its top-level fields are those of the format, and a graph is among them.
pub(crate) fn is_onnx(source: &Source<'_>) -> bool {
    let mut rest = source.bytes;
    loop {
        let Some(tag) = varint(&mut rest) else {
            return false;
        };
        let (field, wire) = (tag >> 3, tag & 7);
        let known = matches!(field, 1..=8 | 14 | 20 | 25 | 26);
        match (field, wire) {
            (7, 2) => return true,
            (_, 0) if known => {
                varint(&mut rest);
            }
            (_, 2) if known => {
                let length = varint(&mut rest).and_then(|length| usize::try_from(length).ok());
                match length.and_then(|length| rest.get(length..)) {
                    Some(after) => rest = after,
                    None => return false,
                }
            }
            _ => return false,
        }
    }
}

/// A number in as many bytes as it needs.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Reads a model.
///
/// # Errors
/// Names the first node that the notation cannot write.
pub(crate) fn read<T: Number>(
    source: &Source<'_>,
    options: &ImportOptions,
) -> Checked<Imported<T>> {
    for (name, set) in [
        ("recipe", options.recipe.is_some()),
        ("model", options.model.is_some()),
    ] {
        if set {
            return Err(format!("an ONNX file has its network, so `{name}` is not needed").into());
        }
    }
    let model = ModelProto::decode(source.bytes);
    let model = model.map_err(|error| format!("a damaged ONNX file: {error}"))?;
    let file = model.graph.as_ref().ok_or("an ONNX file without a graph")?;
    let standard = |domain: &str| matches!(domain, "" | "ai.onnx");
    let opset = model
        .opset_import
        .iter()
        .filter(|set| standard(&set.domain));
    let mut output = (output_name(file, options)?, None);
    let own = own::find(&model);
    if let Some(own) = own.as_ref().filter(|_| options.until.is_none())
        && let Some((scores, closing)) = own.scores
    {
        output = (scores, Some(closing));
    }
    let begin = own.as_ref().map(|own| own.input.name);
    let needed = needed(file, output.0, begin)?;
    let within = |place: &&usize| {
        file.node[**place]
            .attribute
            .iter()
            .any(|attribute| attribute.g.is_some())
    };
    if let Some(&place) = needed.iter().find(within) {
        let node = NodeOf {
            proto: &file.node[place],
        };
        let shown = node.origin().shown();
        return Err(format!(
            "node {shown}: it has graphs inside that run or do not, and a network has none"
        )
        .into());
    }
    let input = match own {
        Some(own) => own.input,
        None => find_input(file, &needed, options)?,
    };
    let Input {
        name,
        shape,
        view,
        batch,
        ..
    } = input.clone();
    let beside = Beside::new(source.path);
    let bytes = source.bytes.len();
    let mut lowering = Lowering::new(file, beside, bytes, (name, shape, view), batch);
    lowering.opset = opset.map(|set| set.version).max().unwrap_or(1);
    for (done, &place) in needed.iter().enumerate() {
        let node = NodeOf {
            proto: &file.node[place],
        };
        if let Err(problem) = step(&mut lowering, node) {
            return Err(refused(&lowering, node, problem, [done, needed.len()]));
        }
    }
    finish(lowering, &model, output, &input, options)
}

/// Works through a node.
///
/// # Errors
/// When the notation cannot say it; the problem does not name the node.
fn step<'f>(lowering: &mut Lowering<'f>, node: NodeOf<'f>) -> Checked<()> {
    let domain = node.proto.domain.as_str();
    if !matches!(domain, "" | "ai.onnx") {
        return Err(format!("its operator is of {domain:?}, not one of the standard").into());
    }
    let inputs = lowering.inputs(node)?;
    let outputs = match constants(&inputs) {
        Some(constants) => fold::fold(lowering, &node, &constants)?,
        None => operators::lower(lowering, &node, &inputs)?,
    };
    lowering.keep(node, outputs);
    Ok(())
}

/// The problem of a node, with its name, how far reading came, and how to get that part.
fn refused(
    lowering: &Lowering<'_>,
    node: NodeOf<'_>,
    problem: Problem,
    [done, all]: [usize; 2],
) -> Problem {
    let problem = match problem {
        Problem::Content(problem) => problem,
        Problem::Other(error) if error.is_memory() => return Problem::Other(error),
        Problem::Other(error) => error.to_string(),
    };
    let origin = node.origin();
    let named = match problem.starts_with("node ") {
        true => problem,
        false => format!("node {}: {problem}", origin.shown()),
    };
    let part = match lowering.last.filter(|last| last.len() <= LONGEST_UNTIL) {
        Some(last) => format!("; `until` {last:?} imports the part before it"),
        None => String::new(),
    };
    format!("{named}; {done} of the {all} nodes that the output needs came before it{part}").into()
}

/// The value that the network ends in: the first output, or that of the node that is named.
fn output_name<'f>(file: &'f GraphProto, options: &ImportOptions) -> Checked<&'f str> {
    let Some(until) = &options.until else {
        let first = file.output.first().ok_or("an ONNX file without outputs")?;
        return Ok(&first.name);
    };
    for proto in &file.node {
        let node = NodeOf { proto };
        let outputs = || proto.output.iter().filter(|output| !output.is_empty());
        if let Some(output) = outputs().find(|output| *output == until) {
            return Ok(output);
        }
        if node.name() == until
            && let Some(output) = outputs().next()
        {
            return Ok(output);
        }
    }
    let names = file.node.iter().map(|proto| NodeOf { proto }.name());
    let near = hint(until, names);
    Err(format!("`until` is {until:?}, but no node has this name{near}").into())
}

/// The nodes that a value needs, in the file's order; those before the value `begin` are left out.
fn needed(file: &GraphProto, output: &str, begin: Option<&str>) -> Checked<Vec<usize>> {
    let mut makers = HashMap::new();
    for (place, node) in file.node.iter().enumerate() {
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            if makers.insert(output.as_str(), place).is_some() {
                return Err(format!("two nodes make the value {output:?}").into());
            }
        }
    }
    let mut needed = HashSet::new();
    let mut open = vec![output];
    while let Some(name) = open.pop() {
        if begin != Some(name)
            && let Some(&place) = makers.get(name)
            && needed.insert(place)
        {
            open.extend(file.node[place].input.iter().map(String::as_str));
        }
    }
    let mut needed: Vec<usize> = needed.into_iter().collect();
    needed.sort_unstable();
    Ok(needed)
}
