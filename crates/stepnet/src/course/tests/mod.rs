//! The notebooks' functions: derivatives against difference quotients, the engines against each other, what is refused. The
//! published numbers are tested in `stepnet-course`, numpy's in the Python package.

use ndarray::{Array2, array};

use super::*;
use crate::rng::RandomState;
use crate::steps::Parameters;

mod vision;

const ENGINES: [Engine; 2] = [Engine::Fast, Engine::Loops];

/// Examples, labels, and parameters of layers of these sizes.
fn drawn(sizes: &[usize], m: usize) -> (Array2<f64>, Array2<f64>, Parameters<f64>) {
    let mut random = RandomState::new(5);
    let X = random.randn((sizes[0], m)).unwrap();
    let Y = random
        .rand((1, m))
        .unwrap()
        .mapv(|x| f64::from(u8::from(x > 0.5)));
    let mut parameters = Parameters {
        W: Vec::new(),
        b: Vec::new(),
    };
    for size in sizes.windows(2) {
        parameters.W.push(random.randn((size[1], size[0])).unwrap());
        parameters.b.push(random.randn((size[1], 1)).unwrap());
    }
    (X, Y, parameters)
}

/// Compares gradients with difference quotients of a cost.
#[track_caller]
fn agrees(
    parameters: &Parameters<f64>,
    dW: &[Array2<f64>],
    db: &[Array2<f64>],
    cost: impl Fn(&Parameters<f64>) -> f64,
) {
    let step = 1e-6;
    for (layer, (dW, db)) in dW.iter().zip(db).enumerate() {
        for (kind, slopes) in [dW, db].into_iter().enumerate() {
            for (place, slope) in slopes.indexed_iter() {
                let at = |by: f64| {
                    let mut moved = parameters.clone();
                    let arrays = if kind == 0 {
                        &mut moved.W
                    } else {
                        &mut moved.b
                    };
                    arrays[layer][place] += by;
                    cost(&moved)
                };
                let quotient = (at(step) - at(-step)) / (2.0 * step);
                let apart = (slope - quotient).abs();
                assert!(
                    apart < 1e-7,
                    "layer {layer} {kind} {place:?}: {slope} {quotient}"
                );
            }
        }
    }
}

#[test]
fn gradients_of_logistic_regression_are_those_of_the_cost() {
    let (X, Y, _) = drawn(&[3, 1], 7);
    let (w, b) = (array![[0.3], [-0.2], [0.5]], 0.1);
    for engine in ENGINES {
        let (grads, _) = logistic_regression::propagate(&w, b, &X, &Y, engine).unwrap();
        let parameters = Parameters {
            W: vec![w.clone()],
            b: vec![array![[b]]],
        };
        agrees(&parameters, &[grads.dw], &[array![[grads.db]]], |moved| {
            let (w, b) = (&moved.W[0], moved.b[0][[0, 0]]);
            logistic_regression::propagate(w, b, &X, &Y, engine)
                .unwrap()
                .1
        });
    }
}

#[test]
fn gradients_of_the_planar_network_are_those_of_the_cost() {
    let (X, Y, parameters) = drawn(&[2, 4, 1], 9);
    let cost = |parameters: &Parameters<f64>| {
        let cache = planar::forward_propagation(&X, parameters, Engine::Loops).unwrap();
        planar::compute_cost(&cache.A2, &Y).unwrap()
    };
    for engine in ENGINES {
        let cache = planar::forward_propagation(&X, &parameters, engine).unwrap();
        let grads = planar::backward_propagation(&parameters, &cache, &X, &Y, engine).unwrap();
        agrees(&parameters, &grads.dW, &grads.db, cost);
    }
}

#[test]
fn gradients_of_the_network_of_three_layers_are_those_of_each_cost() {
    let (X, Y, parameters) = drawn(&[4, 5, 3, 1], 6);
    for engine in ENGINES {
        let (_, cache) = initialization::forward_propagation(&X, &parameters, engine).unwrap();
        let plain = |parameters: &Parameters<f64>| {
            let (a3, _) = initialization::forward_propagation(&X, parameters, engine).unwrap();
            initialization::compute_loss(&a3, &Y).unwrap()
        };
        let grads = initialization::backward_propagation(&X, &Y, &cache, engine).unwrap();
        agrees(&parameters, &grads.dW, &grads.db, plain);
        let other = regularization::backward_propagation(&X, &Y, &cache, engine).unwrap();
        agrees(&parameters, &other.dW, &other.db, plain);
        // The mean enters at another place.
        assert!(
            (&other.dZ[2] - &grads.dZ[2] * 6.0)
                .iter()
                .all(|x| x.abs() < 1e-14)
        );

        let with_l2 =
            regularization::backward_propagation_with_regularization(&X, &Y, &cache, 0.7, engine);
        let grads = with_l2.unwrap();
        agrees(&parameters, &grads.dW, &grads.db, |parameters| {
            let (a3, _) = initialization::forward_propagation(&X, parameters, engine).unwrap();
            regularization::compute_cost_with_regularization(&a3, &Y, parameters, 0.7).unwrap()
        });

        let dropped = |parameters: &Parameters<f64>| {
            let random = &mut RandomState::new(1);
            regularization::forward_propagation_with_dropout(&X, parameters, 0.6, random, engine)
                .unwrap()
        };
        let (_, cache) = dropped(&parameters);
        assert!(
            cache.D[0].iter().any(|&kept| kept == 0.0),
            "nothing was dropped"
        );
        let grads =
            regularization::backward_propagation_with_dropout(&X, &Y, &cache, 0.6, engine).unwrap();
        agrees(&parameters, &grads.dW, &grads.db, |parameters| {
            regularization::compute_cost(&dropped(parameters).0, &Y).unwrap()
        });
    }
}

/// The notebook's network with both faults, with each, and mended.
#[test]
fn the_gradient_check_finds_each_planted_fault() {
    use gradient_checking::*;
    let mut random = RandomState::new(1);
    let X = random.randn((4, 3)).unwrap();
    let mut parameters = Parameters {
        W: Vec::new(),
        b: Vec::new(),
    };
    for size in SIZES.windows(2) {
        parameters.W.push(random.randn((size[1], size[0])).unwrap());
        parameters.b.push(random.randn((size[1], 1)).unwrap());
    }
    let Y = array![[1.0, 1.0, 0.0]];
    let (cost, cache) = forward_propagation_n(&X, &Y, &parameters).unwrap();
    assert!((cost - 2.407833389834357).abs() < 1e-14, "{cost}");
    let checked = |dW2, db1| {
        let gradients = backward_propagation_n(&X, &Y, &cache, Faults { dW2, db1 }).unwrap();
        gradient_check_n(&parameters, &gradients, &X, &Y, EPSILON).unwrap()
    };
    let published = 0.2850931567761624;
    assert!(
        (checked(true, true) / published - 1.0).abs() < 1e-7,
        "{}",
        checked(true, true)
    );
    assert!(checked(true, false) > 0.05 && checked(false, true) > 0.05);
    // The mended one prints 1.19e-7, which is all rounding.
    assert!(
        (0.5e-7..THRESHOLD).contains(&checked(false, false)),
        "{}",
        checked(false, false)
    );
    let (theta, keys) = dictionary_to_vector(&parameters).unwrap();
    assert_eq!(
        (theta.dim(), &*keys[19], &*keys[20], &*keys[46]),
        ((47, 1), "W1", "b1", "b3")
    );
    assert_eq!(vector_to_dictionary(&theta).unwrap(), parameters);
}

#[test]
fn updates_are_those_of_their_formulas() {
    use optimization::*;
    let (_, _, parameters) = drawn(&[2, 3, 1], 1);
    let (_, _, slopes) = drawn(&[2, 3, 1], 2);
    let grads = crate::steps::Grads {
        dA: Vec::new(),
        dW: slopes.W,
        db: slopes.b,
    };
    let (w, g) = (parameters.W[0][[1, 1]], grads.dW[0][[1, 1]]);
    let new = update_parameters_with_gd(&parameters, &grads, 0.1).unwrap();
    assert_eq!(new.W[0][[1, 1]], w - 0.1 * g);

    let mut v = initialize_velocity(&parameters);
    let mut now = parameters.clone();
    for _ in 0..2 {
        (now, v) = update_parameters_with_momentum(&now, &grads, &v, 0.9, 0.1).unwrap();
    }
    let (first, second) = (0.1 * g, 0.9 * 0.1 * g + 0.1 * g);
    assert!((now.W[0][[1, 1]] - (w - 0.1 * (first + second))).abs() < 1e-15);

    let (v, s) = initialize_adam(&parameters);
    let adam = Adam::default();
    let updated =
        update_parameters_with_adam(&parameters, &grads, (&v, &s), 1, 0.01, adam).unwrap();
    // The first step of Adam is the rate, whatever the size of the gradient.
    assert!((updated.parameters.W[0][[1, 1]] - (w - 0.01 * g.signum())).abs() < 1e-9);
    assert!((updated.v_corrected.dW[0][[1, 1]] / g - 1.0).abs() < 1e-12);
    assert!((updated.s_corrected.dW[0][[1, 1]] / (g * g) - 1.0).abs() < 1e-12);
    assert_eq!(update_lr(0.5, 2.0, 1.0), 0.16666666666666666);
    assert_eq!(schedule_lr_decay(0.5, 10.0, 0.3, 100.0), 0.5);
    assert_eq!(
        schedule_lr_decay(0.5, 100.0, 0.3, 100.0),
        0.3846153846153846
    );
}

/// Both engines train to the same parameters, up to rounding.
#[test]
fn engines_train_to_the_same_parameters() {
    let (X, Y, _) = drawn(&[30, 1], 40);
    let descent = |engine| Descent {
        engine,
        ..Descent::new(0.1, 30)
    };
    let trained = |model: &dyn Fn(Engine) -> Parameters<f64>| {
        let [fast, loops] = ENGINES.map(model);
        for (fast, loops) in fast
            .W
            .iter()
            .chain(&fast.b)
            .zip(loops.W.iter().chain(&loops.b))
        {
            assert!((fast - loops).iter().all(|apart| apart.abs() < 1e-12));
        }
        fast.W[0].sum()
    };
    let mut sums = vec![trained(&|engine| {
        planar::nn_model(&X, &Y, 20, descent(engine)).unwrap()
    })];
    for word in ["he", "random", "zeros"] {
        let word = initialization::Initialization::named(word).unwrap();
        sums.push(trained(&|engine| {
            initialization::model(&X, &Y, word, descent(engine)).unwrap()
        }));
    }
    for against in [
        regularization::Against::L2(0.7),
        regularization::Against::Dropout(0.8),
    ] {
        sums.push(trained(&|engine| {
            regularization::model(&X, &Y, against, descent(engine)).unwrap()
        }));
    }
    sums.push(trained(&|engine| {
        dnn_application::L_layer_model(&X, &Y, &[30, 20, 7, 1], descent(engine))
            .unwrap()
            .0
    }));
    sums.push(trained(&|engine| {
        dnn_application::two_layer_model(&X, &Y, &[30, 20, 1], descent(engine))
            .unwrap()
            .0
    }));
    for optimizer in [
        optimization::Optimizer::Momentum(0.9),
        optimization::Optimizer::Adam(Default::default()),
    ] {
        sums.push(trained(&|engine| {
            let mut training = optimization::Training::new(optimizer);
            (
                training.engine,
                training.num_epochs,
                training.mini_batch_size,
            ) = (engine, 5, 16);
            optimization::model(&X, &Y, &[30, 20, 7, 1], training).unwrap()
        }));
    }
    sums.sort_by(f64::total_cmp);
    sums.dedup();
    assert_eq!(sums.len(), 10, "two models came out alike: {sums:?}");
}

#[test]
fn an_observer_sees_every_step_and_can_end_the_training() {
    let (X, Y, _) = drawn(&[2, 1], 9);
    let mut seen = Vec::new();
    let mut observe = |step: usize, cost: f64| {
        seen.push((step, cost));
        if step == 2 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let descent = Descent {
        observe: Some(&mut observe),
        ..Descent::new(0.1, 10)
    };
    let stopped = planar::nn_model(&X, &Y, 4, descent);
    assert!(matches!(stopped, Err(Error::Stopped)));
    assert_eq!(seen.len(), 3);
    assert!(seen[0].1 > seen[2].1, "{seen:?}");
}

#[test]
fn wrong_input_is_refused_in_one_line() {
    let (X, Y, parameters) = drawn(&[4, 5, 3, 1], 6);
    let (_, cache) = initialization::forward_propagation(&X, &parameters, Engine::Fast).unwrap();
    let short = Array2::zeros((1, 5));
    let two = Parameters {
        W: parameters.W[..2].to_vec(),
        b: parameters.b[..2].to_vec(),
    };
    let descent = || Descent::new(f64::NAN, 1);
    let error = |result: Result<()>| result.unwrap_err().to_string();
    let cases = [
        (
            error(initialization::forward_propagation(&X, &two, Engine::Fast).map(drop)),
            "2 weights and 2 biases",
        ),
        (
            error(initialization::backward_propagation(&X, &short, &cache, Engine::Fast).map(drop)),
            "Y has shape [1, 5]",
        ),
        (
            error(planar::forward_propagation(&X, &parameters, Engine::Fast).map(drop)),
            "two of each",
        ),
        (
            error(planar::nn_model(&X, &Y, 0, Descent::new(1.2, 1)).map(drop)),
            "n_h",
        ),
        (
            error(planar::nn_model(&X, &Y, 2, descent()).map(drop)),
            "learning_rate",
        ),
        (
            error(
                logistic_regression::propagate(&Array2::zeros((3, 1)), 0.0, &X, &Y, Engine::Fast)
                    .map(drop),
            ),
            "one weight for each row of X",
        ),
        (
            error(dnn_application::two_layer_model(&X, &Y, &[4, 1], descent()).map(drop)),
            "three sizes",
        ),
        (
            error(dnn_application::L_layer_model(&X, &Y, &[5, 1], Descent::new(1.0, 1)).map(drop)),
            "the rows of X",
        ),
        (
            error(dnn_application::L_layer_model(&X, &Y, &[4, 2], Descent::new(1.0, 1)).map(drop)),
            "1 output unit",
        ),
        (
            error(
                regularization::backward_propagation_with_dropout(
                    &X,
                    &Y,
                    &cache,
                    0.5,
                    Engine::Fast,
                )
                .map(drop),
            ),
            "D1 and D2",
        ),
        (
            error(
                regularization::model(
                    &X,
                    &Y,
                    regularization::Against::Dropout(0.0),
                    Descent::new(1.0, 1),
                )
                .map(drop),
            ),
            "above 0",
        ),
        (
            error(optimization::random_mini_batches(&X, &Y, 0, &mut RandomState::new(0)).map(drop)),
            "mini_batch_size",
        ),
        (
            error(
                optimization::random_mini_batches(&X, &short, 2, &mut RandomState::new(0))
                    .map(drop),
            ),
            "one column for each example",
        ),
        (
            error(gradient_checking::vector_to_dictionary(&short).map(drop)),
            "[47, 1]",
        ),
        (
            error(initialization::Initialization::named("xavier").map(drop)),
            "\"he\"",
        ),
    ];
    for (message, expected) in cases {
        assert!(message.contains(expected), "{message}");
        assert!(
            !message.contains('\n') && message.contains("expected"),
            "{message}"
        );
    }
}
