//! From weights without a network to a model: the network is a recipe's, or a text of the user's.

use crate::imported::Imported;
use crate::options::{ImportOptions, preprocessing};
use crate::outputs::{self, Said};
use crate::problem::{Checked, Problem};
use crate::recipes::{self, Filled};
use crate::weights::{Assigned, Layout, StateDict, by_order};
use crate::{Model, Network, Number};

/// The model of weights.
///
/// # Errors
/// Weights that are not of the network, or no network.
pub(crate) fn import<T: Number>(
    state: StateDict<'_>,
    layout: Layout,
    options: &ImportOptions,
) -> Checked<Imported<T>> {
    if options.until.is_some() {
        return Err("`until` names a node, but the file has weights without a network".into());
    }
    let filled = match (&options.recipe, &options.model) {
        (Some(_), Some(_)) => {
            return Err("both `recipe` and `model` were given, expected one of them".into());
        }
        (Some(_), None) if layout == Layout::Keras => {
            return Err(
                "recipes are for files of PyTorch: give the network's text as `model`".into(),
            );
        }
        (Some(name), None) => recipes::find(name)?.fill(state, options)?,
        (None, Some(text)) => by_text(state, text, layout, options)?,
        (None, None) => return Err(without_a_network(&state).into()),
    };
    let Filled {
        network,
        assigned,
        mut notes,
        mut preprocessing,
    } = filled;
    let Assigned {
        mappings,
        left_over,
    } = assigned;
    notes.extend(left_over.map(|(count, first)| {
        format!("of the file, {count} tensors are not part of the network, the first {first:?}")
    }));
    override_preprocessing(&mut preprocessing, options);
    preprocessing.check().map_err(Problem::Other)?;
    let (task, classes) = outputs::described(&network, Said::default(), options)?;
    let model = Model::new(network, classes, preprocessing.task(task));
    model.check_finite()?;
    let mut imported = Imported::new(model);
    imported.mappings = mappings;
    imported.notes = notes;
    Ok(imported)
}

/// What the user says about the preprocessing takes the place of what the recipe says.
fn override_preprocessing(made: &mut crate::Preprocessing, options: &ImportOptions) {
    if let Some(divisor) = options.divisor {
        made.divisor = divisor;
        made.picture_divisor = divisor;
    }
    if !options.mean.is_empty() {
        made.mean.clone_from(&options.mean);
    }
    if !options.deviation.is_empty() {
        made.deviation.clone_from(&options.deviation);
    }
    if let Some(resize) = options.resize {
        made.resize = resize;
    }
}

/// The network of a text, with the weights in their order.
fn by_text<T: Number>(
    mut state: StateDict<'_>,
    text: &str,
    layout: Layout,
    options: &ImportOptions,
) -> Checked<Filled<T>> {
    let Some(input) = options.input else {
        return Err(
            "a network given as `model` needs `input`, the shape that it takes, such as 224x224x3"
                .into(),
        );
    };
    let mut network: Network<T> = Network::builder().advice(false).build(text, input)?;
    let assigned = by_order(&mut network, &state, layout)?;
    let mut notes = std::mem::take(&mut state.notes);
    notes.push("layers matched by their order and shapes".to_owned());
    Ok(Filled {
        preprocessing: preprocessing(network.input(), options, 255.0)?,
        network,
        assigned,
        notes,
    })
}

/// What to do with weights alone; where the names are those of a recipe, which.
fn without_a_network(state: &StateDict<'_>) -> String {
    let tensors = state.tensors.len();
    let known = recipes::recipes()
        .iter()
        .find(|recipe| recipe.has_names_of(state));
    let hint = match known {
        Some(recipe) => format!("its names are those of {}", recipe.name),
        None => "its names are those of no recipe".to_owned(),
    };
    format!(
        "{tensors} weights without a network: name it by `recipe`, or give its text as `model`; {hint}"
    )
}
