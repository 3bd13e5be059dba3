//! "Optimization methods" (course 2, week 2): mini-batches, momentum, Adam, and learning rates that decay.

use ndarray::{Array2, ArrayRef2, Axis};

use super::arithmetic::{check_finite, check_labels, descend, losses, pairwise_sum};
use super::initialization::he;
use super::relu_network::{Backward, Mean, backward, drawn, forward, views};
use super::{Edition, Engine, Gradients, Observe, tell};
use crate::error::{Error, Result};
use crate::rng::RandomState;
use crate::steps::Parameters;
use crate::steps::checks::same_shape;

pub use super::initialization::{backward_propagation, forward_propagation, predict};

mod adam;
pub use adam::{
    Adam, Updated, initialize_adam, initialize_velocity, update_parameters_with_adam,
    update_parameters_with_gd, update_parameters_with_momentum,
};
#[doc(hidden)]
pub use adam::{check_t, corrected, momentum};

/// Examples and their labels.
pub type MiniBatch = (Array2<f64>, Array2<f64>);

/// Weights of normal numbers times `sqrt(2 / inputs)`, biases of 0. The notebook seeds with 3 here.
///
/// # Errors
///
/// If there are fewer than two sizes, one is 0, or memory does not suffice.
pub fn initialize_parameters(
    layer_dims: &[usize],
    random: &mut RandomState,
) -> Result<Parameters<f64>> {
    drawn(
        "initialize_parameters",
        "layer_dims",
        layer_dims,
        |inputs| he(random, inputs),
    )
}

/// The cross-entropy: in the newest edition and its predecessor the sum over the examples, in that of 2017 their mean.
///
/// # Errors
///
/// If the shapes differ.
pub fn compute_cost(a3: &ArrayRef2<f64>, Y: &ArrayRef2<f64>, edition: Edition) -> Result<f64> {
    let sum = pairwise_sum(&losses("compute_cost", ("a3", a3), Y)?);
    Ok(match edition {
        Edition::First => 1.0 / Y.ncols() as f64 * sum,
        Edition::Revised | Edition::Newest => sum,
    })
}

/// The examples in random order, cut into batches; the last one has the rest.
///
/// # Errors
///
/// If there is not one label for each example, a batch would have no example, or memory does not suffice.
///
/// # Example
///
/// ```
/// use stepnet::course::optimization::random_mini_batches;
/// use stepnet::ndarray::Array2;
/// use stepnet::rng::RandomState;
///
/// let X = Array2::from_shape_fn((1, 148), |(_, example)| example as f64);
/// let batches = random_mini_batches(&X, &X, 64, &mut RandomState::new(0))?;
/// let sizes: Vec<usize> = batches.iter().map(|(X, _)| X.ncols()).collect();
/// assert_eq!(sizes, [64, 64, 20]);
/// assert_eq!((batches[0].0[[0, 0]], batches[0].0[[0, 1]]), (24.0, 7.0));
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn random_mini_batches(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    mini_batch_size: usize,
    random: &mut RandomState,
) -> Result<Vec<MiniBatch>> {
    let order = batches_of(X.ncols(), mini_batch_size, random)?;
    let why = "one column for each example";
    same_shape(BATCHES, "Y", Y.shape(), &[Y.nrows(), X.ncols()], why)?;
    let columns = |batch: &Vec<usize>| (X.select(Axis(1), batch), Y.select(Axis(1), batch));
    Ok(order.iter().map(columns).collect())
}

const BATCHES: &str = "random_mini_batches";

/// The numbers of the examples of each batch.
///
/// # Errors
///
/// If a batch would have no example.
#[doc(hidden)]
pub fn batches_of(m: usize, size: usize, random: &mut RandomState) -> Result<Vec<Vec<usize>>> {
    if size == 0 {
        return Err(Error::value(BATCHES, "mini_batch_size", size, "at least 1"));
    }
    let order = random.permutation(m);
    Ok(order.chunks(size).map(<[usize]>::to_vec).collect())
}

/// The learning rate after an epoch: `learning_rate0 / (1 + decay_rate epoch_num)`.
pub fn update_lr(learning_rate0: f64, epoch_num: f64, decay_rate: f64) -> f64 {
    1.0 / (1.0 + decay_rate * epoch_num) * learning_rate0
}

/// The same in steps: `learning_rate0 / (1 + decay_rate floor(epoch_num / time_interval))`.
pub fn schedule_lr_decay(
    learning_rate0: f64,
    epoch_num: f64,
    decay_rate: f64,
    time_interval: f64,
) -> f64 {
    update_lr(
        learning_rate0,
        (epoch_num / time_interval).floor(),
        decay_rate,
    )
}

/// The optimiser of [`model`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// Gradient descent.
    Gd,
    /// A moving average of the gradients, with this `beta`.
    Momentum(f64),
    /// Adam.
    Adam(Adam),
}

/// What [`model`] takes besides the data and the sizes of the layers.
pub struct Training<'a> {
    /// The optimiser.
    pub optimizer: Optimizer,
    /// The rate of the first epoch.
    pub learning_rate: f64,
    /// Examples of a mini-batch.
    pub mini_batch_size: usize,
    /// Epochs to take.
    pub num_epochs: usize,
    /// The rate after an epoch, from the first rate and the number of the epoch.
    pub decay: Option<&'a dyn Fn(f64, usize) -> f64>,
    /// Which edition's cost is reported: in that of 2017 it is the last batch's, later the mean over the epoch.
    pub edition: Edition,
    /// What computes.
    pub engine: Engine,
    /// Called after each epoch with its number, from 0, and its cost.
    pub observe: Option<Observe<'a>>,
}

impl std::fmt::Debug for Training<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Training")
            .field("optimizer", &self.optimizer)
            .field("learning_rate", &self.learning_rate)
            .field("mini_batch_size", &self.mini_batch_size)
            .field("num_epochs", &self.num_epochs)
            .field("edition", &self.edition)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

impl Training<'_> {
    /// The notebook's defaults of 2021, for an optimiser: rate 0.0007, batches of 64, 5000 epochs.
    pub fn new(optimizer: Optimizer) -> Self {
        Self {
            optimizer,
            learning_rate: 0.0007,
            mini_batch_size: 64,
            num_epochs: 5000,
            decay: None,
            edition: Edition::Newest,
            engine: Engine::Fast,
            observe: None,
        }
    }
}

/// Trains a network of three layers on mini-batches. The first epoch's order is that of seed 11, the next one's of 12.
///
/// # Errors
///
/// If there are not four sizes, shapes do not fit, a number is out of its range, or memory does not suffice.
pub fn model(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    layers_dims: &[usize],
    mut training: Training<'_>,
) -> Result<Parameters<f64>> {
    const OPERATION: &str = "model";
    check_labels(OPERATION, X, Y)?;
    check_finite(OPERATION, "learning_rate", training.learning_rate)?;
    let (m, first_rate) = (X.ncols(), training.learning_rate);
    let mut parameters = initialize_parameters(layers_dims, &mut RandomState::new(3))?;
    let mut state = adam::State::new(&parameters);
    let how = Backward::plain(Mean::InErrors, training.engine);
    let mut rate = first_rate;
    for epoch in 0..training.num_epochs {
        // numpy's seeds have 32 bits, and so many epochs nobody takes.
        #[allow(clippy::cast_possible_truncation)]
        let mut random = RandomState::new((epoch as u32).wrapping_add(11));
        let (mut total, mut last) = (0.0, 0.0);
        for batch in random_mini_batches(X, Y, training.mini_batch_size, &mut random)? {
            let (X, Y) = batch;
            let layers = views(OPERATION, &parameters)?;
            let passed = forward(OPERATION, &X, &layers, None, training.engine)?;
            last = compute_cost(&passed.A[2], &Y, training.edition)?;
            total += last;
            let grads = backward(OPERATION, &X, &Y, &passed.memories(&layers), how)?;
            take_step(
                &mut parameters,
                &grads,
                &mut state,
                training.optimizer,
                rate,
            );
        }
        let cost = match training.edition {
            Edition::First => last,
            Edition::Revised | Edition::Newest => total / m as f64,
        };
        if let Some(decay) = training.decay {
            rate = decay(first_rate, epoch);
            check_finite(OPERATION, "the learning rate after decay", rate)?;
        }
        tell(&mut training.observe, epoch, cost)?;
    }
    Ok(parameters)
}

fn take_step(
    parameters: &mut Parameters<f64>,
    grads: &Gradients,
    state: &mut adam::State,
    optimizer: Optimizer,
    rate: f64,
) {
    let step = state.next();
    for (index, (values, slopes)) in [
        (&mut parameters.W, &grads.dW),
        (&mut parameters.b, &grads.db),
    ]
    .into_iter()
    .enumerate()
    {
        for (layer, (values, slope)) in values.iter_mut().zip(slopes).enumerate() {
            let (v, s) = state.of(index, layer);
            match optimizer {
                Optimizer::Gd => descend(values, slope, rate),
                Optimizer::Momentum(beta) => adam::momentum(values, slope, v, beta, rate),
                Optimizer::Adam(adam) => adam.step(values, slope, (v, s), step, rate),
            }
        }
    }
}
