//! The course's data sets of points in the plane, drawn from the same generator with the same
//! calls, so that they come out as the notebooks have them.

use std::f64::consts::PI;

use stepnet::rng::RandomState;

/// Points with two classes: what an experiment trains on, and tests on where there is a test part.
#[derive(Debug, Clone, PartialEq)]
pub struct Examples {
    /// Values of an example.
    pub features: usize,
    /// The examples, one after the other.
    pub x: Vec<f64>,
    /// The class of each, 0 or 1.
    pub labels: Vec<u32>,
}

impl Examples {
    fn of_points(points: &[[f64; 2]], labels: Vec<u32>) -> Self {
        Self {
            features: 2,
            x: points.concat(),
            labels,
        }
    }
}

/// `numpy.linspace(start, stop, n)`, with or without the end point.
fn linspace(start: f64, stop: f64, n: usize, endpoint: bool) -> Vec<f64> {
    let parts = if endpoint { n - 1 } else { n };
    let step = (stop - start) / parts as f64;
    let mut values: Vec<f64> = (0..n).map(|i| i as f64 * step + start).collect();
    if let (Some(last), true) = (values.last_mut(), endpoint) {
        *last = stop;
    }
    values
}

/// The planar notebook's flower: 400 points, 200 a class, after seed 1.
///
/// Class `j` takes angles evenly from `3.12 j` to `3.12 (j + 1)` with noise `0.2 randn`, and the
/// radius `4 sin(4 angle) + 0.2 randn`; all angles are drawn before the radii.
pub fn flower() -> Examples {
    const PETALS: f64 = 4.0;
    let mut random = RandomState::new(1);
    let (mut points, mut labels) = (Vec::new(), Vec::new());
    for class in 0..2_u32 {
        let start = f64::from(class) * 3.12;
        let mut angles = linspace(start, f64::from(class + 1) * 3.12, 200, true);
        for angle in &mut angles {
            *angle += random.normal() * 0.2;
        }
        for angle in angles {
            let radius = PETALS * (4.0 * angle).sin() + random.normal() * 0.2;
            points.push([radius * angle.sin(), radius * angle.cos()]);
            labels.push(class);
        }
    }
    Examples::of_points(&points, labels)
}

/// Points of scikit-learn's generators: shuffled, then each coordinate moved by `noise * randn`.
fn shuffled(points: &[[f64; 2]], noise: f64, random: &mut RandomState) -> Examples {
    let half = points.len() / 2;
    let mut order: Vec<usize> = (0..points.len()).collect();
    random.shuffle(&mut order);
    let labels = order.iter().map(|&i| u32::from(i >= half)).collect();
    let moved: Vec<[f64; 2]> = order
        .iter()
        .map(|&i| points[i].map(|coordinate| coordinate + noise * random.normal()))
        .collect();
    Examples::of_points(&moved, labels)
}

/// Two circles, the inner of radius 0.8, as scikit-learn's `make_circles(n, noise=0.05)` draws them
/// after numpy's `seed`.
pub fn circles(n: usize, seed: u32) -> Examples {
    let angles = linspace(0.0, 2.0 * PI, n / 2, false);
    let outer = angles.iter().map(|angle| [angle.cos(), angle.sin()]);
    let inner = outer.clone().map(|[x, y]| [x * 0.8, y * 0.8]);
    let points: Vec<[f64; 2]> = outer.chain(inner).collect();
    shuffled(&points, 0.05, &mut RandomState::new(seed))
}

/// Two half circles that reach into each other, as scikit-learn's `make_moons(300, noise=0.2)` draws
/// them after numpy's seed 3.
pub fn moons() -> Examples {
    let angles = linspace(0.0, PI, 150, true);
    let outer = angles.iter().map(|angle| [angle.cos(), angle.sin()]);
    let inner = outer.clone().map(|[x, y]| [1.0 - x, 1.0 - y - 0.5]);
    let points: Vec<[f64; 2]> = outer.chain(inner).collect();
    shuffled(&points, 0.2, &mut RandomState::new(3))
}
