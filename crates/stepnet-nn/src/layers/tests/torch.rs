//! The layers against PyTorch's numbers.

use serde_json::Value;

use crate::layer::{Backward, Context, Forward, Memory};
use crate::notation::{Item, parse};
use crate::{Registry, Shape};

/// PyTorch's values and gradients, by `tools/torch_layers.py`.
const TORCH: &str = include_str!("../../../fixtures/torch_layers.json");

fn numbers(case: &Value, key: &str) -> Vec<f64> {
    let values = case[key].as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_near(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(
            // Where a group has two values, PyTorch is 1.2e-13 from the exact gradient, and this 1e-15.
            error <= 2e-13 * (1.0 + expected.abs()),
            "{what} at {at}: {found:?}, PyTorch has {expected:?}"
        );
    }
}

#[test]
fn layers_are_pytorchs() {
    let registry = Registry::<f64>::builtin();
    let torch: Value = serde_json::from_str(TORCH).unwrap();
    for case in torch["layers"].as_array().unwrap() {
        let text = case["layer"].as_str().unwrap();
        let network = parse(text, registry.kinds()).unwrap();
        let Item::Layer(layer) = &network.steps[0].item else {
            panic!("{text} is a group");
        };
        let layer = registry.build(text, layer).unwrap();
        let batch = case["batch"].as_u64().unwrap() as usize;
        let [height, width, channels] =
            [0, 1, 2].map(|i| case["input"][i].as_u64().unwrap() as usize);
        let input = match height {
            0 => Shape::Features(channels),
            _ => [height, width, channels].into(),
        };
        let Memory {
            kept,
            kept_indices,
            scratch,
            backward_scratch,
        } = layer.memory(input, batch);
        let context = Context {
            input,
            output: layer.output_shape(input).unwrap(),
            batch,
            layer: 0,
            backward: true,
            noise: None,
            others: None,
        };
        let [x, dy, parameters] = ["x", "dy", "parameters"].map(|key| numbers(case, key));
        let [mut y, mut dx] = [vec![f64::NAN; dy.len()], vec![f64::NAN; x.len()]];
        assert_eq!(dy.len(), batch * context.output.len(), "{text}");
        let mut gradients = vec![f64::NAN; parameters.len()];
        let mut kept = vec![f64::NAN; kept];
        let mut kept_indices = vec![u32::MAX; kept_indices];
        layer.forward(Forward {
            context,
            parameters: &parameters,
            x: &x,
            y: &mut y,
            kept: &mut kept,
            kept_indices: &mut kept_indices,
            scratch: &mut vec![f64::NAN; scratch],
        });
        assert_near(&format!("{text}: y"), &y, &numbers(case, "y"));
        layer.backward(Backward {
            context,
            parameters: &parameters,
            x: &x,
            y: &y,
            dy: &dy,
            dx: Some(&mut dx),
            gradients: (!gradients.is_empty()).then_some(&mut gradients[..]),
            kept: &kept,
            kept_indices: &kept_indices,
            scratch: &mut vec![f64::NAN; backward_scratch],
        });
        assert_near(&format!("{text}: dx"), &dx, &numbers(case, "dx"));
        let what = format!("{text}: the parameters' gradients");
        assert_near(&what, &gradients, &numbers(case, "gradients"));
    }
}
