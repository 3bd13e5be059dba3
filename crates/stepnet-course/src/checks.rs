//! The published numbers that no training gives: the gradient-checking notebook, and the cost with
//! L2 alone.

#![allow(non_snake_case)] // the notebooks' names

use ndarray::{Array2, array};

use super::published::{ArrayFacts, CheckedNumber, Checks, L2Check, ManyLayersCheck};
use super::row::{Reference, Row, Verdict};
use stepnet::Result;
use stepnet::nn::Network;
use stepnet::optim::l2_cost;
use stepnet::rng::RandomState;
use stepnet::see::gradcheck;
use stepnet::steps::{L_model_backward, L_model_forward, Parameters, compute_cost};

/// The step of the notebook's differences.
const EPS: f64 = 1e-7;

/// A check at such a step measures the rounding of the cost too.
const ROUNDING_OF_THE_CHECK: f64 = 1e-7;

/// The names of the checks, as of experiments.
pub(crate) const NAMES: [&str; 3] = ["gradcheck_1d", "gradcheck_nd", "reg_l2_cost"];

/// The rows of a check.
pub(crate) fn rows(name: &str, checks: &Checks) -> Result<Vec<Row>> {
    match name {
        "gradcheck_1d" => one_parameter(&checks.one),
        "gradcheck_nd" => planted_faults(&checks.many),
        _ => cost_with_l2(&checks.l2),
    }
}

/// A row of a check, all of whose reference runs gave the same.
fn row(check: &str, what: &str, texts: &[String], value: f64, ours: f64) -> Row {
    let notebook = match check {
        "reg_l2_cost" => "Regularization (course 2, week 1)",
        _ => "Gradient Checking (course 2, week 1)",
    };
    Row::without_data(check, notebook, what, texts).measured(ours, texts, Reference::exact(value))
}

/// `J(theta) = theta x` with `x = 2` at `theta = 4`.
fn one_parameter(published: &[CheckedNumber]) -> Result<Vec<Row>> {
    let J = |theta: &[f64]| theta[0] * 2.0;
    let check = gradcheck::function(&[4.0], &[2.0], EPS, J)?;
    let ours = [J(&[4.0]), 2.0, check.approx[0], check.difference];
    // Exact in IEEE arithmetic.
    let rows = published
        .iter()
        .zip(ours)
        .map(|(number, ours)| row(NAMES[0], &number.what, &number.texts(), number.value, ours));
    Ok(rows.collect())
}

/// The notebook's network of 4-5-3-1 units, its parameters drawn, and its gradients: with two faults (`dW2`
/// doubled and `db1` four times as large), with one of them, and with none.
fn planted_faults(published: &ManyLayersCheck) -> Result<Vec<Row>> {
    let mut random = RandomState::new(1);
    let X = random.randn((4, 3))?;
    let Y = array![[1.0, 1.0, 0.0]];
    let mut parameters = Parameters {
        W: Vec::new(),
        b: Vec::new(),
    };
    for (n, n_prev) in [(5, 4), (3, 5), (1, 3)] {
        parameters.W.push(random.randn((n, n_prev))?);
        parameters.b.push(random.randn((n, 1))?);
    }
    let (AL, caches) = L_model_forward(&X, &parameters)?;
    let right = L_model_backward(&AL, &Y, &caches)?;
    let with = |faults: &[String]| {
        let (mut dW, mut db) = (right.dW.clone(), right.db.clone());
        for fault in faults {
            match fault.as_str() {
                "dW2" => dW[1] *= 2.0,
                _ => db[0] *= 4.0,
            }
        }
        (dW, db)
    };
    let (dW, db) = with(&["dW2".to_owned(), "db1".to_owned()]);

    let cost_at = |parameters: &Parameters<f64>| -> Result<f64> {
        compute_cost(&L_model_forward(&X, parameters)?.0, &Y)
    };
    let cost = cost_at(&parameters)?;
    let mut rows = vec![row(NAMES[1], "cost", &[], published.cost.value, cost)];
    for (name, facts) in &published.gradients_with_faults {
        let layer: usize = name
            .trim_start_matches(char::is_alphabetic)
            .parse()
            .unwrap_or(1);
        let of = if name.starts_with("dW") { &dW } else { &db };
        rows.extend(sums(name, &of[layer - 1], facts));
    }
    let theta = vector(&parameters.W, &parameters.b);
    for number in &published.published {
        let (dW, db) = with(&number.faults);
        // The shapes are those that the forward pass has accepted.
        let check = gradcheck::function(&theta, &vector(&dW, &db), EPS, |theta| {
            cost_at(&from_vector(theta, &parameters)).unwrap_or(f64::NAN)
        })?;
        rows.push(difference(number, check.difference));
    }
    Ok(rows)
}

/// The row of a check's difference.
fn difference(number: &CheckedNumber, ours: f64) -> Row {
    let bound = number
        .within
        .unwrap_or(ROUNDING_OF_THE_CHECK * number.value);
    let mut row = row(NAMES[1], &number.what, &number.texts(), number.value, ours);
    row.ours = format!("{ours:?}");
    row.verdict = Verdict::of((ours - number.value).abs() <= bound);
    row.note = match number.within {
        Some(within) => {
            format!("to {within:e}: without a fault the difference is the rounding of the cost")
        }
        None => "to 1e-7, because a step of 1e-7 measures the rounding of the cost; copies differ in the 11th digit".into(),
    };
    row
}

/// Two rows for what is known of an array: the sum of its values and of their squares.
fn sums(name: &str, values: &Array2<f64>, facts: &ArrayFacts) -> Vec<Row> {
    let squares: f64 = values.iter().map(|value| value * value).sum();
    let of = |what: &str, ours: f64, value: f64| {
        let what = format!("{what} of {name} with the faults");
        row(NAMES[1], &what, &[], value, ours)
    };
    vec![
        of("sum", values.sum(), facts.sum),
        of("sum of squares", squares, facts.sum_sq),
    ]
}

/// `W1, b1, W2, b2, ...`, one after the other.
fn vector(W: &[Array2<f64>], b: &[Array2<f64>]) -> Vec<f64> {
    let layers = W.iter().zip(b);
    layers
        .flat_map(|(W, b)| W.iter().chain(b).copied())
        .collect()
}

/// The parameters in the shapes of `like` from a vector of all of them.
fn from_vector(theta: &[f64], like: &Parameters<f64>) -> Parameters<f64> {
    let mut values = theta.iter().copied();
    let mut parameters = like.clone();
    for (W, b) in parameters.W.iter_mut().zip(&mut parameters.b) {
        for (place, value) in W.iter_mut().chain(b.iter_mut()).zip(&mut values) {
            *place = value;
        }
    }
    parameters
}

/// The cost of five examples under a network of 3-2-3-1 units, with lambda 0.1.
fn cost_with_l2(published: &L2Check) -> Result<Vec<Row>> {
    let AL = Array2::from_shape_vec((1, 5), published.output.clone());
    let Y = Array2::from_shape_vec((1, 5), published.labels.clone());
    let (Ok(AL), Ok(Y)) = (AL, Y) else {
        panic!("fixtures/course.json: the L2 check has not 5 examples");
    };
    let cross_entropy = compute_cost(&AL, &Y)?;
    let text = "linear(2) -> relu -> linear(3) -> relu -> linear(1) -> sigmoid";
    let mut network = Network::<f64>::new(text, stepnet::nn::Shape::Features(3))?;
    // Weights and biases are drawn in the order in which the network holds them.
    RandomState::new(1).fill_randn(network.parameters_mut());
    let penalty = l2_cost(network.parameters(), &network.parameter_ranges(), 0.1, 5);
    let check = |what: &str, texts: &[String], value: f64, ours: f64| {
        row(NAMES[2], what, texts, value, ours)
    };
    let mut texts = vec![published.text.clone()];
    texts.extend(published.other_copies.iter().cloned());
    Ok(vec![
        check(
            "cross-entropy part",
            &[],
            published.cross_entropy,
            cross_entropy,
        ),
        check("L2 part", &[], published.l2_term, penalty),
        check("cost", &texts, published.cost, cross_entropy + penalty),
    ])
}
