//! Where the time of a training step goes: milliseconds of every layer, forward and backward, and the
//! share of the machine's multiply-add peak that it reaches.
//!
//! Fused layers, such as a convolution with its ReLU and its pooling, are measured as one.
//! Every figure is the median over many steps, so that what else the machine does counts little.

use std::time::Duration;
use stepnet_base::clock::Instant;

use crate::error::Result;
use crate::memory;
use stepnet_base::rng::RandomState;
use stepnet_kernels::{instruction_set, peak};
use stepnet_nn::Number;
use stepnet_nn::layer::Noise;
use stepnet_nn::{Batch, Loss, Network, PlanOptions, Targets, Workspace};

/// The fewest steps that are measured, however long they take.
const FEWEST_STEPS: usize = 3;

/// The most.
const MOST_STEPS: usize = 1000;

/// The time of one step of a pass.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LayerTime {
    /// The layers' names, joined by ` + ` where they run as one.
    pub name: String,
    /// Milliseconds of the forward pass.
    pub forward: f64,
    /// Milliseconds of the backward pass; 0 where there is none.
    pub backward: f64,
    /// Multiply-adds of the forward pass of the batch, zeros in the padding included.
    pub forward_multiply_adds: u64,
    /// Multiply-adds of the dense backward passes: with respect to the weights, and to the data where
    /// that is needed. Where gradients are summed from the winners of a pooling fewer are done.
    pub backward_multiply_adds: u64,
}

impl LayerTime {
    /// GFLOP/s of the forward pass, a multiply-add being two operations; `None` without any.
    pub fn forward_gflops(&self) -> Option<f64> {
        gflops(self.forward_multiply_adds, self.forward)
    }

    /// GFLOP/s of the backward pass; `None` without any multiply-add.
    pub fn backward_gflops(&self) -> Option<f64> {
        gflops(self.backward_multiply_adds, self.backward)
    }
}

fn gflops(multiply_adds: u64, milliseconds: f64) -> Option<f64> {
    let any = multiply_adds > 0 && milliseconds > 0.0;
    any.then(|| 2e-6 * multiply_adds as f64 / milliseconds)
}

/// The times of a network.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Times {
    /// The layers that run, in order; views such as `flatten` take no time and are left out.
    pub layers: Vec<LayerTime>,
    /// Milliseconds of forward passes, loss and backward passes together.
    pub step: f64,
    /// Examples of a step.
    pub batch: usize,
    /// Steps that were measured.
    pub steps: usize,
    /// Threads of the pool that it ran in.
    pub threads: usize,
    /// The instruction set.
    pub instruction_set: &'static str,
    /// The multiply-add peak of as many threads, in GFLOP/s, measured before and after.
    pub peak: f64,
}

/// Measures training steps over `batch` drawn examples for about `duration`, on rayon's current pool.
///
/// # Errors
/// When there is not enough memory for such a batch.
pub fn time<T: Number>(network: &Network<T>, batch: usize, duration: Duration) -> Result<Times> {
    let batch = batch.max(1);
    let options = PlanOptions::TRAINING;
    let mut workspace = Workspace::new(network, batch, options)?;
    let (x, targets) = drawn(network, batch)?;
    let named: Vec<u64> = (0..batch as u64).collect();
    let batch_of = Batch {
        x: &x,
        targets: targets.view(),
        noise: Noise {
            seed: 0,
            epoch: 0,
            examples: &named,
        },
    };
    let threads = stepnet_base::parallel::current_num_threads();
    let before = peak::<T>(threads, duration / 10);
    // The first steps find cold caches and sleeping threads.
    workspace.train(network, &batch_of)?;
    workspace.measure();
    let start = Instant::now();
    let mut steps = Vec::new();
    while steps.len() < FEWEST_STEPS || (start.elapsed() < duration && steps.len() < MOST_STEPS) {
        let start = Instant::now();
        workspace.train(network, &batch_of)?;
        steps.push(start.elapsed());
    }
    let after = peak::<T>(threads, duration / 10);
    let count = steps.len();
    Ok(Times {
        layers: layers(network, &workspace, batch),
        step: median(&mut steps),
        batch,
        steps: count,
        threads,
        instruction_set: instruction_set(),
        peak: before.max(after),
    })
}

fn layers<T: Number>(
    network: &Network<T>,
    workspace: &Workspace<T>,
    batch: usize,
) -> Vec<LayerTime> {
    workspace
        .measured()
        .into_iter()
        .map(|(nodes, mut forward, mut backward)| {
            let first = nodes.start;
            let described = &network.nodes()[nodes];
            let names: Vec<&str> = described.iter().map(|node| node.name()).collect();
            let multiply_adds: u64 = described
                .iter()
                .map(|node| node.layer().cost().multiply_adds(node.input()))
                .sum();
            let forward_multiply_adds = multiply_adds * batch as u64;
            let learns = described.iter().any(|node| node.trains());
            let by_data = workspace.plan().sends_back(first);
            LayerTime {
                name: names.join(" + "),
                forward: median(&mut forward),
                backward: median(&mut backward),
                forward_multiply_adds,
                backward_multiply_adds: forward_multiply_adds
                    * (u64::from(learns) + u64::from(by_data)),
            }
        })
        .collect()
}

/// The median in milliseconds; 0 of none.
fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    middle.as_secs_f64() * 1e3
}

/// Targets of drawn examples.
enum RandomTargets<T> {
    Classes(Vec<u32>),
    Values(Vec<T>),
}

impl<T> RandomTargets<T> {
    fn view(&self) -> Targets<'_, T> {
        match self {
            Self::Classes(classes) => Targets::Classes(classes),
            Self::Values(values) => Targets::Values(values),
        }
    }
}

/// Standard normal inputs, and targets as the network's loss takes them.
fn drawn<T: Number>(network: &Network<T>, batch: usize) -> Result<(Vec<T>, RandomTargets<T>)> {
    let mut random = RandomState::new(0);
    let mut fill = |len: usize| -> Result<Vec<T>> {
        let mut values = memory::zeros("the examples", len)?;
        values
            .iter_mut()
            .for_each(|value| *value = T::from_f64(random.normal()));
        Ok(values)
    };
    let x = fill(batch.saturating_mul(network.input().len()))?;
    let outputs = network.output().len();
    if network.loss().is_of_numbers() {
        return Ok((
            x,
            RandomTargets::Values(fill(batch.saturating_mul(outputs))?),
        ));
    }
    let classes = if outputs == 1 && network.loss() == Loss::BinaryCrossEntropy {
        2
    } else {
        outputs
    };
    let classes = (0..batch).map(|example| (example % classes) as u32);
    Ok((x, RandomTargets::Classes(classes.collect())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_that_runs_has_its_time_and_its_work() {
        let text =
            "conv(4, 3) -> relu -> maxpool(2) -> conv(6, 2) -> flatten -> linear(3) -> softmax";
        let mut network = Network::<f32>::new(text, [9, 9, 2]).unwrap();
        network.parameters_mut().fill(0.1);
        let times = time(&network, 5, Duration::from_millis(5)).unwrap();
        let names: Vec<&str> = times
            .layers
            .iter()
            .map(|layer| layer.name.as_str())
            .collect();
        assert_eq!(names, ["conv1 + relu1 + maxpool1", "conv2", "linear1"]);
        let work = times.layers.iter().map(|layer| layer.forward_multiply_adds);
        assert_eq!(work.sum::<u64>(), 5 * network.multiply_adds());
        let [first, second, last] = &times.layers[..] else {
            panic!("three steps");
        };
        // The gradient with respect to the images is not needed.
        assert_eq!(first.backward_multiply_adds, first.forward_multiply_adds);
        assert_eq!(
            second.backward_multiply_adds,
            2 * second.forward_multiply_adds
        );
        assert_eq!(last.forward_multiply_adds, 5 * 24 * 3);
        for layer in &times.layers {
            assert!(layer.forward > 0.0 && layer.backward > 0.0, "{layer:?}");
            assert!(
                layer.forward + layer.backward < times.step * 2.0,
                "{layer:?}"
            );
        }
        assert!(times.steps >= FEWEST_STEPS && times.peak > 0.0);
    }

    #[test]
    fn losses_of_every_kind_find_their_targets() {
        for text in [
            "linear(2)",
            "linear(1) -> sigmoid",
            "linear(3) -> sigmoid",
            "linear(1) -> softmax",
        ] {
            let network = Network::<f64>::new(text, 4).unwrap();
            assert!(time(&network, 2, Duration::ZERO).is_ok(), "{text}");
        }
    }
}
