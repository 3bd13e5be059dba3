//! A row of the table, and how weights become its network.

use std::collections::HashSet;

use super::plan::Plan;
use crate::imported::Imported;
use crate::weights::{Assigned, Layout, StateDict, by_names, by_order};
use crate::{Model, Network, Number, Preprocessing, Shape};
use stepnet_nn::Resize;

/// Whose names the layers of a file have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    Torchvision,
    /// Those of files that are older than a change in torchvision's own.
    OldTorchvision,
    Timm,
    /// Those of `efficientnet_pytorch`, and of `efficientnet_lite_pytorch` after it.
    Lukemelas,
}

impl Names {
    fn owner(self) -> &'static str {
        match self {
            Self::Torchvision | Self::OldTorchvision => "torchvision",
            Self::Timm => "timm",
            Self::Lukemelas => "efficientnet_pytorch",
        }
    }
}

/// What comes before the network: 8-bit values are divided, then the mean is subtracted and the rest divided by the
/// deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scaling {
    pub(crate) divisor: f64,
    pub(crate) mean: [f64; 3],
    pub(crate) deviation: [f64; 3],
}

/// Mean and deviation of ImageNet's values in 0..1.
pub(crate) const IMAGENET: Scaling = Scaling {
    divisor: 255.0,
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
};

/// To -1..1.
pub(crate) const CENTRED: Scaling = Scaling {
    divisor: 255.0,
    mean: [0.5; 3],
    deviation: [0.5; 3],
};

/// To about -1..1, as EfficientNet-Lite's authors have it.
pub(crate) const LITE: Scaling = Scaling {
    divisor: 1.0,
    mean: [127.0; 3],
    deviation: [128.0; 3],
};

/// How the files of one program name the layers of a network, and what that program's network differs in.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) names: Names,
    pub(crate) plan: fn() -> Plan,
    pub(crate) scaling: Scaling,
    /// What a user should know about it.
    pub(crate) note: Option<&'static str>,
}

/// A network whose trained weights others publish: how their files become a model.
#[derive(Debug)]
#[non_exhaustive]
pub struct Recipe {
    /// Its name.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// What it is, in one line.
    pub summary: &'static str,
    /// The trainable parameters, with 1000 classes.
    pub parameters: usize,
    /// Height and width of its input.
    pub size: usize,
    /// Where trained weights are published, and the licence that is stated there.
    pub published: &'static [Published],
    pub(crate) variants: &'static [Variant],
}

/// Where weights are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The project, and its name for the weights.
    pub by: &'static str,
    /// The licence that is stated there.
    pub licence: &'static str,
}

impl Published {
    pub(crate) const fn new(by: &'static str, licence: &'static str) -> Self {
        Self { by, licence }
    }
}

impl Recipe {
    /// Whether a name is its own or one of the others. Case, `-` and `_` do not matter.
    pub fn is_called(&self, name: &str) -> bool {
        let plain = |name: &str| name.to_lowercase().replace(['-', '_', '.'], "");
        let wanted = plain(name);
        plain(self.name) == wanted || self.aliases.iter().any(|alias| plain(alias) == wanted)
    }

    /// The network in the notation, for `classes` classes.
    pub fn network(&self, classes: usize) -> String {
        let text = self.variants.first().map(|variant| (variant.plan)().text());
        closed(&text.unwrap_or_default(), classes)
    }

    /// Builds the network and fills it with weights.
    ///
    /// # Errors
    /// In words: weights that are not of this network.
    pub(crate) fn import<T: Number>(&self, mut state: StateDict) -> Result<Imported<T>, String> {
        let mut found = self.variant_of(&state);
        if let (None, Some(prefix)) = (found, state.common_prefix()) {
            state.remove_prefix(prefix.len());
            state.notes.push(format!("removed `{prefix}` from the front of every name"));
            found = self.variant_of(&state);
        }
        let variant = match found.or(self.variants.first()) {
            Some(variant) => variant,
            None => return Err(format!("{} has no network", self.name)),
        };
        let plan = (variant.plan)();
        let [classes, channels] = self.ends(&state, found.is_some(), &plan);
        let input = Shape::volume(self.size, self.size, channels);
        let text = closed(&plan.text(), classes);
        let network = Network::builder().advice(false).build(&text, input);
        let mut network: Network<T> = network.map_err(|error| error.to_string())?;
        let mut notes = std::mem::take(&mut state.notes);
        let assigned = match found {
            Some(_) => {
                notes.push(format!("layers matched by {}'s names", variant.names.owner()));
                by_names(&mut network, &state, plan.names(), Layout::Torch)
            }
            None => {
                notes.push("the names are of none that are known: layers matched by their order and shapes".to_owned());
                by_order(&mut network, &state, Layout::Torch)
            }
        };
        let Assigned {
            mappings,
            left_over,
        } = assigned.map_err(|problem| format!("not the weights of {}: {problem}", self.name))?;
        notes.extend(variant.note.map(str::to_owned));
        notes.extend(left_over.map(|(count, first)| {
            format!("{count} tensors are not part of the network, the first {first:?}")
        }));
        let preprocessing = preprocessing(self.size, channels, variant.scaling);
        let mut imported = Imported::new(Model::new(network, Vec::new(), preprocessing));
        imported.mappings = mappings;
        imported.notes = notes;
        Ok(imported)
    }

    /// The variant all of whose names a file has.
    fn variant_of(&self, state: &StateDict) -> Option<&'static Variant> {
        let modules = state.modules();
        let there: HashSet<&str> = modules.iter().map(|module| module.name).collect();
        self.variants.iter().find(|variant| {
            let plan = (variant.plan)();
            plan.names().iter().all(|name| there.contains(name.as_str()))
        })
    }

    /// How many classes the last layer of a file tells apart, and how many channels the first one takes.
    fn ends(&self, state: &StateDict, named: bool, plan: &Plan) -> [usize; 2] {
        let modules = state.modules();
        let weight = |name: Option<&String>, place: Option<usize>| {
            let module = match named {
                true => modules.iter().find(|module| Some(module.name) == name.map(String::as_str)),
                false => modules.get(place?),
            };
            let (_, tensor) = module?.parts.iter().find(|(part, _)| *part == "weight")?;
            Some(tensor.shape.as_slice())
        };
        let last = weight(plan.names().last(), modules.len().checked_sub(1));
        let first = weight(plan.names().first(), Some(0));
        let classes = last.and_then(|shape| shape.first().copied());
        let channels = first.and_then(|shape| shape.get(1).copied());
        [
            classes.filter(|&classes| classes > 0).unwrap_or(1000),
            channels.filter(|&channels| channels == 1).unwrap_or(3),
        ]
    }
}

/// A network's text with its classes, and probabilities at its end.
fn closed(text: &str, classes: usize) -> String {
    format!("{} -> softmax", text.replace("classes", &classes.to_string()))
}

fn preprocessing(size: usize, channels: usize, scaling: Scaling) -> Preprocessing {
    let preprocessing = Preprocessing::scaled(size, size, channels, scaling.divisor)
        .picture_divisor(scaling.divisor)
        .resize(Resize::Crop);
    match channels {
        3 => preprocessing
            .mean(scaling.mean.to_vec())
            .deviation(scaling.deviation.to_vec()),
        // Of grey images the mean over the colours is the nearest.
        _ => {
            let mean = |values: [f64; 3]| vec![values.iter().sum::<f64>() / 3.0; channels];
            preprocessing
                .mean(mean(scaling.mean))
                .deviation(mean(scaling.deviation))
        }
    }
}
