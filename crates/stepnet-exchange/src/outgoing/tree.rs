//! The layers as a network's text nests them, for writers of programs: groups as loops, blocks as calls.

use stepnet_base::{Error, Result};
use stepnet_nn::notation::{Item, LayerText, NetworkText};

use super::Outgoing;

/// A part of a network, with the numbers of its layers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Block {
    Layer(usize),
    /// The repetitions of a group.
    Repeated(Vec<Vec<Block>>),
    /// What a network makes of a value, added to the value or to what a shortcut makes of it.
    Residual {
        body: Vec<Block>,
        shortcut: Vec<Block>,
    },
    /// A value times what a network makes of it.
    Scale {
        body: Vec<Block>,
    },
    /// Networks side by side, whose channels are joined.
    Branch {
        paths: Vec<Vec<Block>>,
    },
}

/// The blocks of a whole network.
///
/// # Errors
/// When the text and the layers do not belong together, which no text of a user can cause.
pub(crate) fn tree(outgoing: &Outgoing, text: &NetworkText) -> Result<Vec<Block>> {
    let mut next = 0;
    let blocks = sequence(outgoing, text, &mut next)?;
    match next == outgoing.layers.len() {
        true => Ok(blocks),
        false => Err(apart(next)),
    }
}

fn apart(layer: usize) -> Error {
    Error::Training(format!(
        "the network's text and its layers differ from layer number {layer} on"
    ))
}

fn sequence(outgoing: &Outgoing, text: &NetworkText, next: &mut usize) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    for step in &text.steps {
        match &step.item {
            Item::Layer(layer) => one(outgoing, layer, next, &mut blocks)?,
            Item::Group { body, times } => {
                let repetitions = (0..*times).map(|_| sequence(outgoing, body, next));
                blocks.push(Block::Repeated(repetitions.collect::<Result<_>>()?));
            }
        }
    }
    Ok(blocks)
}

fn one(
    outgoing: &Outgoing,
    layer: &LayerText,
    next: &mut usize,
    blocks: &mut Vec<Block>,
) -> Result<()> {
    let mut inner = |text: &NetworkText| sequence(outgoing, text, next);
    let block = match layer.kind() {
        "residual" => {
            let body = layer.network("body").map(&mut inner).transpose()?;
            let shortcut = layer.network("shortcut").map(&mut inner).transpose()?;
            Block::Residual {
                body: body.unwrap_or_default(),
                shortcut: shortcut.unwrap_or_default(),
            }
        }
        "branch" => {
            let paths = layer.networks("paths").iter().map(&mut inner);
            Block::Branch {
                paths: paths.collect::<Result<_>>()?,
            }
        }
        "scale" => {
            let body = layer.network("body").map(&mut inner).transpose()?;
            Block::Scale {
                body: body.unwrap_or_default(),
            }
        }
        kind => {
            // A flatten that the text leaves out stands before the layer that needs it.
            while outgoing
                .layers
                .get(*next)
                .is_some_and(|found| found.implied)
            {
                blocks.push(Block::Layer(*next));
                *next += 1;
            }
            match outgoing.layers.get(*next) {
                Some(found) if found.kind() == kind => Block::Layer(*next),
                _ => return Err(apart(*next)),
            }
        }
    };
    *next += 1;
    blocks.push(block);
    Ok(())
}
