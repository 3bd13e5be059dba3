//! The middle of the chain that every fast number hangs on: fixture -> `steps` -> `reference` ->
//! fast kernel. Here `reference`, and the layers built on the fast kernels, against `steps`.

use ndarray::{Array, Array2, Array4, Dimension, IntoDimension};
use stepnet::kernels::{ConvGeometry, ConvWindow, Padding, PoolGeometry, conv, pool};
use stepnet::ndarray;
use stepnet::nn::layer::Noise;
use stepnet::nn::{Batch, Network, PlanOptions, Targets, Workspace};
use stepnet::rng::RandomState;
use stepnet::steps::{
    ConvHparameters, L_model_backward, L_model_forward, Parameters, PoolHparameters, PoolMode,
    compute_cost, conv_backward, conv_forward, pool_backward, pool_forward,
};

fn randn<D: IntoDimension>(random: &mut RandomState, shape: D) -> Array<f64, D::Dim> {
    random.randn(shape).unwrap()
}

#[track_caller]
fn close<D: Dimension>(what: &str, expected: &Array<f64, D>, found: &[f64]) {
    assert_eq!(expected.len(), found.len(), "{what}");
    for (place, (e, f)) in expected.iter().zip(found).enumerate() {
        assert!(
            (e - f).abs() <= 1e-12 * e.abs() + 1e-12,
            "{what}: value {place} is {f}, steps say {e}"
        );
    }
}

fn values<D: Dimension>(array: &Array<f64, D>) -> &[f64] {
    array.as_slice().unwrap()
}

#[test]
fn convolution_reference_is_the_notebook_s() {
    let mut random = RandomState::new(1);
    // Height, width, channels, kernel, filters, stride, padding: the square subset the notebooks know.
    for (h, w, c, f, filters, stride, pad) in [
        (5, 7, 4, 3, 8, 2, 1),
        (4, 4, 3, 2, 8, 2, 2),
        (6, 5, 2, 3, 3, 1, 0),
        (7, 7, 1, 2, 2, 3, 0),
        (3, 3, 2, 1, 4, 2, 1),
    ] {
        let x: Array4<f64> = randn(&mut random, (3, h, w, c));
        let weights: Array4<f64> = randn(&mut random, (f, f, c, filters));
        let bias: Array4<f64> = randn(&mut random, (1, 1, 1, filters));
        let (z, cache) =
            conv_forward(&x, &weights, &bias, ConvHparameters { stride, pad }).unwrap();
        let dz: Array4<f64> = randn(&mut random, z.raw_dim());
        let (dx, dw, db) = conv_backward(&dz, &cache).unwrap();

        let window = ConvWindow {
            kernel: [f, f],
            stride: [stride, stride],
            padding: Padding::even(pad),
            dilation: [1, 1],
        };
        let g = ConvGeometry::new(3, [h, w, c], filters, window, 1).unwrap();
        let mut y = vec![0.0; g.y_len()];
        conv::reference::forward(
            &g,
            values(&x),
            values(&weights),
            Some(values(&bias)),
            &mut y,
        );
        close("Z", &z, &y);
        let mut found = vec![0.0; g.x_len()];
        conv::reference::backward_data(&g, values(&dz), values(&weights), &mut found);
        close("dA", &dx, &found);
        let (mut found_dw, mut found_db) = (vec![0.0; g.weights_len()], vec![0.0; filters]);
        conv::reference::backward_weights(
            &g,
            values(&x),
            values(&dz),
            &mut found_dw,
            Some(&mut found_db),
        );
        close("dW", &dw, &found_dw);
        close("db", &db, &found_db);
    }
}

#[test]
fn pooling_reference_is_the_notebook_s() {
    let mut random = RandomState::new(2);
    for (h, w, c, f, stride, ties) in [
        (5, 5, 3, 3, 1, false),
        (6, 4, 2, 2, 2, true),
        (7, 5, 1, 3, 2, true),
        (5, 5, 2, 2, 3, false),
    ] {
        let mut x: Array4<f64> = randn(&mut random, (2, h, w, c));
        if ties {
            x.mapv_inplace(f64::round);
        }
        let g = PoolGeometry::new(2, [h, w, c], [f, f], [stride, stride], Padding::VALID).unwrap();
        for mode in [PoolMode::Max, PoolMode::Average] {
            let (a, cache) = pool_forward(&x, PoolHparameters { f, stride }, mode).unwrap();
            let da: Array4<f64> = randn(&mut random, a.raw_dim());
            let dx = pool_backward(&da, &cache, mode).unwrap();
            let (mut y, mut found) = (vec![0.0; g.y_len()], vec![0.0; g.x_len()]);
            if matches!(mode, PoolMode::Max) {
                pool::reference::max_forward(&g, values(&x), &mut y, &mut vec![0; g.y_len()]);
                pool::reference::max_backward_all(&g, values(&x), values(&da), &mut found);
            } else {
                pool::reference::average_forward(&g, false, values(&x), &mut y);
                pool::reference::average_backward(&g, false, values(&da), &mut found);
            }
            close("A", &a, &y);
            close("dA_prev", &dx, &found);
        }
    }
}

#[test]
fn a_network_of_layers_is_the_notebook_s_model() {
    let mut random = RandomState::new(3);
    let (sizes, m) = ([6, 5, 4, 1], 7);
    let x: Array2<f64> = randn(&mut random, (sizes[0], m));
    let labels: Vec<u32> = (0..m as u32).map(|example| example % 2).collect();
    let y = Array2::from_shape_fn((1, m), |(_, example)| f64::from(labels[example]));
    let weights: Vec<Array2<f64>> = (1..4)
        .map(|l| randn(&mut random, (sizes[l], sizes[l - 1])))
        .collect();
    let biases: Vec<Array2<f64>> = (1..4).map(|l| randn(&mut random, (sizes[l], 1))).collect();
    let parameters = Parameters {
        W: weights.clone(),
        b: biases.clone(),
    };
    let (al, caches) = L_model_forward(&x, &parameters).unwrap();
    let grads = L_model_backward(&al, &y, &caches).unwrap();

    let text = "linear(5) -> relu -> linear(4) -> relu -> linear(1) -> sigmoid";
    let mut network = Network::<f64>::new(text, 6).unwrap();
    let flat: Vec<f64> = weights
        .iter()
        .zip(&biases)
        .flat_map(|(w, b)| w.iter().chain(b.iter()).copied().collect::<Vec<_>>())
        .collect();
    network.parameters_mut().copy_from_slice(&flat);
    // The notebooks keep an example in a column, the layers in a row.
    let rows: Vec<f64> = x.t().iter().copied().collect();
    let mut workspace =
        Workspace::new(&network, m, PlanOptions::TRAINING.input_gradient(true)).unwrap();
    let examples: Vec<u64> = (0..m as u64).collect();
    let noise = Noise {
        seed: 0,
        epoch: 0,
        examples: &examples,
    };
    let batch = Batch {
        x: &rows,
        targets: Targets::Classes(&labels),
        noise,
    };
    let scores = workspace.train(&network, &batch).unwrap();

    close(
        "cost",
        &ndarray::arr0(compute_cost(&al, &y).unwrap()),
        &[scores.mean_loss()],
    );
    let expected: Vec<f64> = (0..3)
        .flat_map(|l| {
            grads.dW[l]
                .iter()
                .chain(grads.db[l].iter())
                .copied()
                .collect::<Vec<_>>()
        })
        .collect();
    close(
        "dW and db",
        &ndarray::arr1(&expected),
        workspace.gradients(),
    );
    // The notebooks' dA is of the sum of the losses, not of their mean.
    let dx = grads.dA[0].t().mapv(|d| d / m as f64);
    let dx: Vec<f64> = dx.iter().copied().collect();
    close(
        "dA0",
        &ndarray::arr1(&dx),
        workspace.value_gradient(0, m).unwrap(),
    );

    let predictions = network
        .predict(
            ndarray::arr1(&rows)
                .into_shape_with_order((m, 6))
                .unwrap()
                .into_dyn()
                .view(),
        )
        .unwrap();
    close(
        "AL",
        &al.t().as_standard_layout().into_owned(),
        predictions.as_slice().unwrap(),
    );
}
