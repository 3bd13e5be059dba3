//! A row of the table, and how weights become its network.

use std::collections::HashSet;

use super::plan::Plan;
use crate::options::ImportOptions;
use crate::problem::Checked;
use crate::weights::{Assigned, Layout, StateDict, by_names, by_order};
use crate::{Network, Number, Shape};
use stepnet_nn::{Preprocessing, Resize};

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

/// A network with its weights.
#[derive(Debug)]
pub(crate) struct Filled<T> {
    pub(crate) network: Network<T>,
    pub(crate) assigned: Assigned,
    pub(crate) notes: Vec<String>,
    pub(crate) preprocessing: Preprocessing,
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
        let text = text.unwrap_or_default();
        format!(
            "{} -> softmax",
            text.replace("classes", &classes.to_string())
        )
    }

    /// Builds the network and fills it with weights.
    ///
    /// # Errors
    /// Weights that are not of this network.
    pub(crate) fn fill<T: Number>(
        &self,
        mut state: StateDict<'_>,
        options: &ImportOptions,
    ) -> Checked<Filled<T>> {
        let mut found = self.variant_of(&state);
        if let (None, Some(prefix)) = (found, state.common_prefix()) {
            state.remove_prefix(prefix.len());
            state
                .notes
                .push(format!("removed {prefix:?} from the front of every name"));
            found = self.variant_of(&state);
        }
        let Some(variant) = found.or(self.variants.first()) else {
            return Err(format!("{} has no network", self.name).into());
        };
        let plan = (variant.plan)();
        let [classes, channels] = self.ends(&state, found.is_some(), &plan);
        let input = Shape::volume(self.size, self.size, channels);
        let input = options.input.unwrap_or(input);
        let mut text = plan.text().replace("classes", &classes.to_string());
        if !options.keep_logits {
            text += " -> softmax";
        }
        let mut network: Network<T> = Network::builder().advice(false).build(&text, input)?;
        let mut notes = std::mem::take(&mut state.notes);
        let assigned = match found {
            Some(_) => {
                notes.push(format!(
                    "layers matched by {}'s names",
                    variant.names.owner()
                ));
                by_names(&mut network, &state, plan.names(), Layout::Torch)
            }
            None => {
                notes.push("the names are none that the recipe knows: layers matched by their order and shapes".to_owned());
                by_order(&mut network, &state, Layout::Torch)
            }
        };
        let assigned =
            assigned.map_err(|problem| format!("not the weights of {}: {problem}", self.name))?;
        notes.extend(variant.note.map(str::to_owned));
        Ok(Filled {
            network,
            assigned,
            notes,
            preprocessing: preprocessing(input, variant.scaling),
        })
    }

    /// Whether a file has exactly the layers of this network, by their names.
    pub(crate) fn has_names_of(&self, state: &StateDict<'_>) -> bool {
        let variant = self.variant_of(state);
        variant.is_some_and(|variant| (variant.plan)().names().len() == state.modules().len())
    }

    /// The variant all of whose names a file has.
    fn variant_of(&self, state: &StateDict<'_>) -> Option<&'static Variant> {
        let modules = state.modules();
        let there: HashSet<&str> = modules.iter().map(|module| module.name).collect();
        self.variants.iter().find(|variant| {
            let plan = (variant.plan)();
            plan.names()
                .iter()
                .all(|name| there.contains(name.as_str()))
        })
    }

    /// How many classes the last layer of a file tells apart, and how many channels the first one takes.
    fn ends(&self, state: &StateDict<'_>, named: bool, plan: &Plan) -> [usize; 2] {
        let modules = state.modules();
        let weight = |name: Option<&String>, place: Option<usize>| {
            let module = match named {
                true => modules
                    .iter()
                    .find(|module| Some(module.name) == name.map(String::as_str)),
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

fn preprocessing(input: Shape, scaling: Scaling) -> Preprocessing {
    let [height, width, channels] = input.as_image();
    // Of grey images the mean over the colours is the nearest.
    let of = |values: [f64; 3]| match channels {
        3 => values.to_vec(),
        _ => vec![values.iter().sum::<f64>() / 3.0; channels],
    };
    Preprocessing::scaled(height, width, channels, scaling.divisor)
        .picture_divisor(scaling.divisor)
        .mean(of(scaling.mean))
        .deviation(of(scaling.deviation))
        .resize(Resize::Crop)
}
