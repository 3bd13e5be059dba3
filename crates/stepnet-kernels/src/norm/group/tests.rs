//! The passes against the naive loops, over shapes, number types, threads and instruction sets.

use super::*;
use crate::testing::{assert_bits, assert_gradient, inner, normal, on_threads};

const EPSILON: f64 = 1e-3;

/// Examples, pixels, channels and groups: one of each, vectors, one channel a group, one group, rests, several parts.
const SIZES: [[usize; 4]; 10] = [
    [0, 3, 4, 2],
    [1, 1, 8, 1],
    [3, 1, 12, 4],
    [2, 9, 3, 3],
    [5, 30, 6, 2],
    [2, 100, 24, 3],
    [40, 49, 32, 8],
    [3, 1000, 10, 5],
    [2, 3000, 130, 2],
    [300, 4, 16, 4],
];

struct Arrays<T> {
    g: GroupGeometry,
    x: Vec<T>,
    dy: Vec<T>,
    gamma: Vec<T>,
    beta: Vec<T>,
}

impl<T: Real> Arrays<T> {
    /// Inputs around `mean`, with a deviation that differs from channel to channel.
    fn new([examples, pixels, channels, groups]: [usize; 4], mean: f64) -> Self {
        let g = GroupGeometry {
            examples,
            pixels,
            channels,
            groups,
        };
        let x = normal::<T>(1, g.len());
        let spread = |at: usize| 0.5 + (at % channels % 4) as f64;
        let x = x.iter().enumerate();
        let x = x.map(|(at, x)| T::from_f64(mean + spread(at) * x.as_f64()));
        Self {
            g,
            x: x.collect(),
            dy: normal(2, g.len()),
            gamma: normal(3, channels),
            beta: normal(4, channels),
        }
    }

    /// `[y, dx, dgamma, dbeta]`.
    fn passes(&self, set: InstructionSet) -> [Vec<T>; 4] {
        let (g, c) = (&self.g, self.g.channels);
        let (gamma, beta) = (&self.gamma[..], &self.beta[..]);
        let mut found = [g.len(), g.len(), c, c].map(|len| vec![T::nan(); len]);
        let [y, dx, dgamma, dbeta] = &mut found;
        let mut kept = vec![T::nan(); g.kept()];
        let mut scratch = vec![T::nan(); forward_scratch(g)];
        let affine = Affine { gamma, beta };
        let to = [&mut y[..], &mut kept, &mut scratch];
        run_forward(set, g, EPSILON, &self.x, affine, to);
        let mut scratch = vec![T::nan(); backward_scratch(g)];
        let given = [&self.x[..], &self.dy, gamma, &kept];
        let to = Gradients {
            dx: Some(dx),
            affine: Some([dgamma, dbeta]),
        };
        run_backward(set, g, EPSILON, given, to, &mut scratch);
        found
    }

    /// `[y, dx, dgamma, dbeta]` by naive loops over groups of values, in `f64`.
    fn reference(&self) -> [Vec<f64>; 4] {
        let g = &self.g;
        let (c, size) = (g.channels, g.channels / g.groups);
        let [mut y, mut dx] = [vec![0.0; g.len()], vec![0.0; g.len()]];
        let [mut dgamma, mut dbeta] = [vec![0.0; c], vec![0.0; c]];
        for example in 0..g.examples {
            for group in 0..g.groups {
                let all = example * g.pixels * c..(example + 1) * g.pixels * c;
                let of_group = |at: &usize| at % c / size == group;
                let places: Vec<usize> = all.filter(of_group).collect();
                let n = places.len() as f64;
                let x = |at: usize| self.x[at].as_f64();
                let scaled = |at: usize| self.gamma[at % c].as_f64() * self.dy[at].as_f64();
                let mean = places.iter().map(|&at| x(at)).sum::<f64>() / n;
                let squares = places.iter().map(|&at| (x(at) - mean) * (x(at) - mean));
                let inverse = 1.0 / (squares.sum::<f64>() / n + EPSILON).sqrt();
                let normal = |at: usize| (x(at) - mean) * inverse;
                let sum: f64 = places.iter().map(|&at| scaled(at)).sum();
                let product: f64 = places.iter().map(|&at| scaled(at) * normal(at)).sum();
                for &at in &places {
                    let (gamma, beta) = (self.gamma[at % c].as_f64(), self.beta[at % c].as_f64());
                    y[at] = gamma * normal(at) + beta;
                    dx[at] = inverse * (scaled(at) - (sum + normal(at) * product) / n);
                    dgamma[at % c] += self.dy[at].as_f64() * normal(at);
                    dbeta[at % c] += self.dy[at].as_f64();
                }
            }
        }
        [y, dx, dgamma, dbeta]
    }
}

fn passes_are_the_reference<T: Real>() {
    for size in SIZES {
        let arrays = Arrays::<T>::new(size, 0.5);
        let expected = arrays.reference();
        for set in InstructionSet::all() {
            let found = arrays.passes(set);
            for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let largest = expected.iter().fold(1.0_f64, |most, v| most.max(v.abs()));
                let rows = (size[0] * size[1]) as f64;
                let bound = T::epsilon().as_f64() * largest * (32.0 + rows.sqrt());
                for (at, (&found, expected)) in found.iter().zip(expected).enumerate() {
                    let error = (found.as_f64() - expected).abs();
                    assert!(
                        error <= bound,
                        "{size:?} {} {} array {place} at {at}: {found}, expected {expected}, bound {bound:e}",
                        T::NAME,
                        set.name()
                    );
                }
            }
        }
    }
}

#[test]
fn the_passes_are_the_reference() {
    passes_are_the_reference::<f64>();
    passes_are_the_reference::<f32>();
}

#[test]
fn threads_change_no_bit() {
    for size in [[40, 49, 32, 8], [2, 9000, 64, 4], [300, 4, 16, 4]] {
        let arrays = Arrays::<f32>::new(size, 0.5);
        let run = |threads| on_threads(threads, || arrays.passes(InstructionSet::best()));
        let one = run(1);
        for threads in [2, 3] {
            for (one, other) in one.iter().zip(&run(threads)) {
                assert_bits(one, other);
            }
        }
    }
}

#[test]
fn gradients_by_differences() {
    let set = InstructionSet::best();
    let arrays = Arrays::<f64>::new([3, 4, 6, 2], 0.5);
    let at = |x: &[f64], gamma: &[f64]| {
        let arrays = Arrays {
            x: x.to_vec(),
            gamma: gamma.to_vec(),
            ..Arrays::new([3, 4, 6, 2], 0.5)
        };
        inner(&arrays.dy, &arrays.passes(set)[0])
    };
    let [_, dx, dgamma, _] = arrays.passes(set);
    assert_gradient(&arrays.x, &dx, |x| at(x, &arrays.gamma));
    assert_gradient(&arrays.gamma, &dgamma, |gamma| at(&arrays.x, gamma));
}

/// A group of equal values has no deviation: `y` is `beta`, exactly.
#[test]
fn equal_values_are_beta() {
    let mut arrays = Arrays::<f32>::new([2, 50, 6, 2], 0.0);
    arrays.x.fill(0.1);
    for set in InstructionSet::all() {
        let [y, ..] = arrays.passes(set);
        assert_bits(&y, &arrays.beta.repeat(100));
    }
}

/// The statistics of an example do not depend on the other examples.
#[test]
fn examples_do_not_depend_on_each_other() {
    let arrays = Arrays::<f32>::new([4, 10, 6, 3], 0.5);
    let set = InstructionSet::best();
    let [y, dx, ..] = arrays.passes(set);
    let mut one = Arrays::<f32>::new([1, 10, 6, 3], 0.5);
    let third = 2 * 60..3 * 60;
    one.x.copy_from_slice(&arrays.x[third.clone()]);
    one.dy.copy_from_slice(&arrays.dy[third.clone()]);
    let [own_y, own_dx, ..] = one.passes(set);
    assert_bits(&own_y, &y[third.clone()]);
    assert_bits(&own_dx, &dx[third]);
}
