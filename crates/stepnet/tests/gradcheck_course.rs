//! The course's gradient checks, with the faults that its notebook plants.
//!
//! The numbers are those of the experiments `gradcheck_1d` and `gradcheck_nd` of the course data.

use stepnet::ndarray::{Array2, array, s};
use stepnet::rng::RandomState;
use stepnet::see::gradcheck;
use stepnet::steps::{L_model_backward, L_model_forward, Parameters, compute_cost};

const EPS: f64 = 1e-7;

/// 4 inputs, layers of 5, 3 and 1 units, 3 examples, drawn as the notebook draws them.
fn case() -> (Array2<f64>, Array2<f64>, Parameters<f64>) {
    let mut random = RandomState::new(1);
    let mut draw = |shape: (usize, usize)| random.randn(shape).unwrap();
    let x = draw((4, 3));
    let sizes = [4, 5, 3, 1];
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    for pair in sizes.windows(2) {
        weights.push(draw((pair[1], pair[0])));
        biases.push(draw((pair[1], 1)));
    }
    let parameters = Parameters {
        W: weights,
        b: biases,
    };
    (x, array![[1.0, 1.0, 0.0]], parameters)
}

/// W1, b1, W2, b2, W3, b3 as one vector, each row by row.
fn to_vector(weights: &[Array2<f64>], biases: &[Array2<f64>]) -> Vec<f64> {
    let pairs = weights.iter().zip(biases);
    pairs
        .flat_map(|(w, b)| w.iter().chain(b))
        .copied()
        .collect()
}

/// The vector as parameters again.
fn from_vector(theta: &[f64], like: &Parameters<f64>) -> Parameters<f64> {
    let mut values = theta.iter().copied();
    let mut parameters = like.clone();
    let arrays = parameters.W.iter_mut().zip(&mut parameters.b);
    for place in arrays.flat_map(|(w, b)| w.iter_mut().chain(b)) {
        *place = values.next().unwrap();
    }
    parameters
}

fn difference(faults: bool) -> f64 {
    let (x, y, parameters) = case();
    let (al, caches) = L_model_forward(&x, &parameters).unwrap();
    let cost = compute_cost(&al, &y).unwrap();
    assert!((cost - 2.407833389834357).abs() < 1e-12 * cost, "{cost}");
    let mut grads = L_model_backward(&al, &y, &caches).unwrap();
    if faults {
        grads.dW[1] *= 2.0;
        grads.db[0] *= 4.0;
        let sum: f64 = grads.db[0].slice(s![.., 0]).sum();
        assert!((sum - 2.786408036991071).abs() < 1e-12, "{sum}");
    }
    let theta = to_vector(&parameters.W, &parameters.b);
    let gradient = to_vector(&grads.dW, &grads.db);
    assert_eq!(theta.len(), 47);
    let cost = |theta: &[f64]| {
        let (al, _) = L_model_forward(&x, &from_vector(theta, &parameters)).unwrap();
        compute_cost(&al, &y).unwrap()
    };
    let check = gradcheck::function(&theta, &gradient, EPS, cost).unwrap();
    check.difference
}

#[test]
fn the_course_s_planted_faults_give_its_value() {
    let found = difference(true);
    let published = 0.2850931567761624;
    assert!(
        (found - published).abs() < 1e-7 * published,
        "{found:.16} instead of {published}"
    );
}

#[test]
fn without_the_faults_the_course_s_network_passes() {
    let found = difference(false);
    assert!(found < 2e-7, "{found:e}");
}

#[test]
fn the_course_s_check_of_one_parameter_is_met_to_the_last_digit() {
    let check = gradcheck::function(&[4.0], &[2.0], EPS, |theta| theta[0] * 2.0).unwrap();
    assert_eq!(check.approx, [2.0000000011677344]);
    assert_eq!(check.difference, 2.919335883291695e-10);
}
