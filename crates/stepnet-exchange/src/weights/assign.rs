//! Which layer of a file becomes which layer of a network.

use std::collections::HashMap;

use super::fit::{Layout, Misfit, Placed, fit, takes_weights};
use super::{Module, StateDict};
use crate::{Mapping, Network, Number};

/// The layers that were matched.
#[derive(Debug, Default)]
pub(crate) struct Assigned {
    /// The layer of the file of each layer with weights.
    pub(crate) mappings: Vec<Mapping>,
    /// How many tensors were not used, and the name of the first.
    pub(crate) left_over: Option<(usize, String)>,
}

/// Fills a network from modules by their names, one for each layer with weights, in the network's order.
///
/// # Errors
/// In words: a name that is not in the file, or the first tensor that does not fit.
pub(crate) fn by_names<T: Number>(
    network: &mut Network<T>,
    state: &StateDict<'_>,
    names: &[String],
    layout: Layout,
) -> Result<Assigned, String> {
    let modules = state.modules();
    let places: HashMap<&str, usize> = (modules.iter().enumerate())
        .map(|(place, module)| (module.name, place))
        .collect();
    let nodes = weighted(network);
    if nodes.len() != names.len() {
        // The recipe's own names are tested; this is one of ours.
        return Err(format!(
            "{} layers with weights, but {} names",
            nodes.len(),
            names.len()
        ));
    }
    let mut pairs = Vec::new();
    for (&node, name) in nodes.iter().zip(names) {
        let layer = network.nodes()[node].name();
        match places.get(name.as_str()) {
            Some(&place) => pairs.push((node, place)),
            None => {
                return Err(format!(
                    "the file has no layer {name:?}, which {layer} would be made of"
                ));
            }
        }
    }
    assign(network, &modules, &pairs, layout).map_err(|failed| failed.describe(network, &modules))
}

/// Fills a network from the modules of a file in their order: the first layer with weights takes the first, and so on.
/// Files may have the shortcut of a residual block before its body or after it; either order will do.
///
/// # Errors
/// In words: the first tensor that does not fit, or tensors that are left over.
pub(crate) fn by_order<T: Number>(
    network: &mut Network<T>,
    state: &StateDict<'_>,
    layout: Layout,
) -> Result<Assigned, String> {
    let modules = state.modules();
    let nodes = weighted(network);
    let mut furthest: Option<Failed> = None;
    for order in [nodes.clone(), shortcuts_first(network, &nodes)] {
        let pairs: Vec<_> = order.into_iter().zip(0..modules.len()).collect();
        let result = assign(network, &modules, &pairs, layout);
        let failed = match result {
            Ok(assigned) if nodes.len() == modules.len() => return Ok(assigned),
            Ok(_) => Failed {
                fitted: pairs.len(),
                node: nodes.get(pairs.len()).copied(),
                misfit: None,
            },
            Err(failed) => failed,
        };
        if furthest
            .as_ref()
            .is_none_or(|other| failed.fitted > other.fitted)
        {
            furthest = Some(failed);
        }
    }
    match furthest {
        Some(failed) => Err(failed.describe(network, &modules)),
        None => Ok(Assigned::default()),
    }
}

/// The layers with weights, by their numbers.
fn weighted<T: Number>(network: &Network<T>) -> Vec<usize> {
    let nodes = network.nodes().iter().enumerate();
    nodes
        .filter(|(_, node)| takes_weights(node))
        .map(|(number, _)| number)
        .collect()
}

/// The same layers with those of a block's shortcut before those of its body.
fn shortcuts_first<T: Number>(network: &Network<T>, nodes: &[usize]) -> Vec<usize> {
    let name = |node: usize| network.nodes()[node].name();
    let mut order = nodes.to_vec();
    let mut at = 0;
    while at < order.len() {
        let Some((block, _)) = name(order[at]).rsplit_once(".shortcut.") else {
            at += 1;
            continue;
        };
        let (body, inside) = (format!("{block}."), format!("{block}.shortcut."));
        let first = (0..at)
            .rev()
            .take_while(|&place| name(order[place]).starts_with(&body));
        let first = first.last().unwrap_or(at);
        let shortcut =
            (at..order.len()).take_while(|&place| name(order[place]).starts_with(&inside));
        let end = shortcut.last().unwrap_or(at) + 1;
        order[first..end].rotate_left(at - first);
        at = end;
    }
    order
}

/// Where matching ended, and why.
struct Failed {
    /// How many layers fitted before it.
    fitted: usize,
    /// The layer of the network.
    node: Option<usize>,
    /// What did not fit; `None` if one of the two lists ended.
    misfit: Option<Misfit>,
}

impl Failed {
    fn describe<T: Number>(&self, network: &Network<T>, modules: &[Module<'_>]) -> String {
        let layers = weighted(network).len();
        let count = match self.fitted {
            0 => "no layer fitted before it".to_owned(),
            fitted => format!("{fitted} layers fitted before it"),
        };
        let left = |all: usize, fitted: usize| all.saturating_sub(fitted);
        let layer = self.node.map(|node| network.nodes()[node].name());
        match (&self.misfit, layer) {
            (Some(misfit), Some(layer)) => format!(
                "layer {layer} of the network: {misfit} ({count}; {} of the file's layers and {} of the network's are left)",
                left(modules.len(), self.fitted),
                left(layers, self.fitted)
            ),
            (_, Some(layer)) => format!(
                "the file ends after {} layers with weights, but {layer} and {} more of the network's need some",
                modules.len(),
                left(layers, self.fitted + 1)
            ),
            (_, None) => {
                let rest = modules.get(self.fitted..).unwrap_or_default();
                let tensors: usize = rest.iter().map(|module| module.parts.len()).sum();
                let first = rest.first().and_then(|module| module.parts.first());
                let first = first.map_or(String::new(), |(_, tensor)| {
                    format!(", the first {:?} of shape {:?}", tensor.name, tensor.shape)
                });
                format!(
                    "all {layers} layers of the network have their weights, but the file has {} left over{first}",
                    stepnet_base::text::count(tensors, "tensor")
                )
            }
        }
    }
}

/// Fills the network if all pairs of a layer and a module fit.
fn assign<T: Number>(
    network: &mut Network<T>,
    modules: &[Module<'_>],
    pairs: &[(usize, usize)],
    layout: Layout,
) -> Result<Assigned, Failed> {
    let mut placed: Vec<Placed<'_>> = Vec::new();
    let mut mappings = Vec::new();
    let mut used = vec![false; modules.len()];
    for (fitted, &(node, place)) in pairs.iter().enumerate() {
        let module = &modules[place];
        let fits = fit(network, node, module, layout).map_err(|misfit| Failed {
            fitted,
            node: Some(node),
            misfit: Some(misfit),
        })?;
        used[place] = true;
        let sources = fits.iter().map(|part| part.tensor.name.clone()).collect();
        mappings.push((node, Mapping::new(network.nodes()[node].name(), sources)));
        placed.extend(fits);
    }
    for Placed { range, tensor } in placed {
        let mut places = network.parameters_mut()[range].iter_mut();
        tensor.each(|value| {
            if let Some(place) = places.next() {
                *place = T::from_f64(value);
            }
        });
    }
    mappings.sort_by_key(|(node, _)| *node);
    let unused = || modules.iter().zip(&used).filter(|(_, used)| !**used);
    let left: usize = unused().map(|(module, _)| module.parts.len()).sum();
    let first = unused().find_map(|(module, _)| module.parts.first());
    Ok(Assigned {
        mappings: mappings.into_iter().map(|(_, mapping)| mapping).collect(),
        left_over: first.map(|(_, tensor)| (left, tensor.name.clone())),
    })
}
