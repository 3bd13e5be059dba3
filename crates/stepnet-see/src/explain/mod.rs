//! Explanations of predictions: which parts of an image speak for a class.
//!
//! All methods explain the *score* of a class, the network's output for it before the closing activation; of a model for
//! numbers it is the output itself. They run the network's own passes. [`methods()`] lists them, each with the work that
//! defines it.
//!
//! No map proves anything by itself. [`random_twin`] and [`rank_correlation`] check whether a map depends on what was
//! learned; integrated gradients add up to a difference of scores ([`Completeness`]); occlusion is an experiment.

mod attribution;
#[cfg(feature = "pages")]
pub mod draw;
mod features;
mod guided;
mod method;
mod methods;
mod options;
mod passes;
mod resize;
mod sanity;
mod target;
#[cfg(test)]
mod tests;

pub use attribution::{Attribution, Completeness};
pub use features::{Tiles, feature_maps, first_filters};
pub use method::About;
pub use methods::grad_cam::GradCam;
pub use options::{Baseline, Options};
pub use sanity::{random_twin, rank_correlation};
pub use target::Target;

use crate::error::{Error, Result};
use method::Asked;
use passes::Passes;
use stepnet_base::text::{hint, or_list};
use stepnet_nn::{Model, Number, PlanOptions, Workspace};

/// All methods, in the order in which they are listed.
pub fn methods() -> impl Iterator<Item = &'static About> {
    methods::table::<f32>()
        .into_iter()
        .map(|method| method.about())
}

/// The method that is called `name`.
///
/// # Errors
/// The names of all, if there is none.
pub fn method(name: &str) -> Result<&'static About> {
    methods().find(|about| about.name == name).ok_or_else(|| {
        let names: Vec<&str> = methods().map(|about| about.name).collect();
        let expected = format!("{}{}", or_list(&names), hint(name, names.iter().copied()));
        Error::value("explain", "the method", format!("{name:?}"), expected)
    })
}

/// Explains the predictions of one model. It keeps the memory of its passes from one image to the next.
///
/// ```
/// use stepnet::nn::{Model, Network, Preprocessing};
/// use stepnet::see::explain::{Explainer, Options};
///
/// let text = "conv(4, 3, same) -> relu -> globalavgpool -> linear(3) -> softmax";
/// let network = Network::<f32>::new(text, [8, 8, 1])?;
/// let classes = ["cat", "dog", "owl"].map(String::from).to_vec();
/// let model = Model::new(network, classes, Preprocessing::scaled(8, 8, 1, 255.0));
///
/// let x = vec![0.5; 64];
/// let mut explainer = Explainer::new(&model);
/// let target = explainer.target(&x, Some("dog"))?;
/// let found = explainer.explain(&x, &target, "occlusion", &Options::default())?;
/// assert_eq!((found.height, found.width, found.map.len()), (8, 8, 64));
/// # Ok::<(), stepnet::Error>(())
/// ```
#[derive(Debug)]
pub struct Explainer<'m, T> {
    model: &'m Model<T>,
    passes: Passes<T>,
    guided: Option<Passes<T>>,
    prediction: Option<Workspace<T>>,
}

impl<'m, T: Number> Explainer<'m, T> {
    /// An explainer of `model`.
    pub fn new(model: &'m Model<T>) -> Self {
        Self {
            model,
            passes: Passes::new(&model.network),
            guided: None,
            prediction: None,
        }
    }

    /// What is explained of an example: the class, label or number that `wanted` names or numbers; without it, the class
    /// that the model predicts, the most probable label, or the first number.
    ///
    /// # Errors
    /// An `x` that is not one example, a name that the model has not, and an output that is not finite.
    pub fn target(&mut self, x: &[T], wanted: Option<&str>) -> Result<Target> {
        self.check(x)?;
        let network = &self.model.network;
        let mut workspace = match self.prediction.take() {
            Some(workspace) => workspace,
            None => Workspace::new(network, 1, PlanOptions::INFERENCE)?,
        };
        let outputs = workspace.predict(network, x)?;
        if outputs.iter().any(|output| !output.as_f64().is_finite()) {
            let problem = "explain: the model's output is not finite for this example";
            return Err(Error::Training(problem.into()));
        }
        let target = Target::of(self.model, outputs, wanted);
        self.prediction = Some(workspace);
        target
    }

    /// The map of an example for `target` by the method called `name`.
    ///
    /// # Errors
    /// An `x` that is not one example, an unknown method or layer, options out of their range, and a network that the method
    /// does not apply to.
    pub fn explain(
        &mut self,
        x: &[T],
        target: &Target,
        name: &str,
        options: &Options,
    ) -> Result<Attribution> {
        self.check(x)?;
        options.check()?;
        let name = method(name)?.name;
        let outputs = self.model.network.output().len();
        let seed = target.weights(&self.model.preprocessing.task, outputs);
        let mut asked = Asked {
            passes: &mut self.passes,
            guided: &mut self.guided,
            preprocessing: &self.model.preprocessing,
            x,
            seed: &seed,
            options,
        };
        let found = methods::table::<T>()
            .into_iter()
            .find(|method| method.about().name == name);
        match found {
            Some(method) => method.explain(&mut asked),
            None => Err(Error::Training(format!("explain: no method {name}"))),
        }
    }

    fn check(&self, x: &[T]) -> Result<()> {
        let input = self.model.network.input();
        if x.len() != input.len() {
            let expected = format!("{input} values, one example");
            return Err(Error::shape("explain", "x", &[x.len()], expected));
        }
        Ok(())
    }
}
