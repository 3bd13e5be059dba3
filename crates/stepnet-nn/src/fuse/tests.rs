use super::*;
use crate::layer::{Backward, Context, Forward, LayerError, Memory, Noise, Parameter, Reads};
use crate::notation::{LayerText, Signature};
use crate::{Batch, Init, Loss, Network, PlanOptions, Registry, Targets, Workspace};
use stepnet_base::rng::RandomState;

const VOLUME: &str = "8x8x2";

/// The fused nodes in training and at inference: `0..2 conv-relu`.
fn fused<T: Number>(network: &Network<T>) -> [String; 2] {
    [true, false].map(|training| {
        let fused = network.fused(training);
        let texts = fused.map(|fused| format!("{:?} {}", fused.nodes, fused.rule.name));
        texts.collect::<Vec<_>>().join(", ")
    })
}

fn fused_in(text: &str, input: &str) -> [String; 2] {
    fused(&Network::<f32>::new(text, input.parse::<Shape>().unwrap()).unwrap())
}

/// Networks with what is fused in training and at inference.
const CASES: &[(&str, &str, [&str; 2])] = &[
    // conv-relu and conv-pool.
    ("conv(4, 3) -> relu", VOLUME, ["0..2 conv-relu"; 2]),
    ("conv(4, 3) -> maxpool(2)", VOLUME, ["0..2 conv-pool"; 2]),
    (
        "conv(4, 3) -> relu -> maxpool(2)",
        VOLUME,
        ["0..3 conv-pool"; 2],
    ),
    // Windows that overlap, and other activations and poolings.
    (
        "conv(4, 3) -> relu -> maxpool(3, stride=1)",
        VOLUME,
        ["0..2 conv-relu"; 2],
    ),
    ("conv(4, 3) -> maxpool(3, stride=1)", VOLUME, [""; 2]),
    ("conv(4, 3) -> tanh -> maxpool(2)", VOLUME, [""; 2]),
    ("conv(4, 3) -> leakyrelu(0.1)", VOLUME, [""; 2]),
    ("conv(4, 3) -> avgpool(2)", VOLUME, [""; 2]),
    ("conv(4, 3) -> dropout(0.5) -> relu", VOLUME, [""; 2]),
    ("linear(4) -> relu", "3", [""; 2]),
    // bn-relu, and fold-bn at inference alone.
    ("bn -> relu", VOLUME, ["0..2 bn-relu"; 2]),
    ("conv(4, 3) -> bn", VOLUME, ["", "0..2 fold-bn"]),
    (
        "conv(4, 3) -> bn -> maxpool(2)",
        VOLUME,
        ["", "0..3 fold-bn"],
    ),
    (
        "conv(4, 3) -> bn -> relu -> maxpool(3, stride=1)",
        VOLUME,
        ["1..3 bn-relu", "0..3 fold-bn"],
    ),
    (
        "conv(4, 3) -> bn -> relu -> maxpool(2) -> bn -> relu",
        VOLUME,
        ["1..3 bn-relu, 4..6 bn-relu", "0..4 fold-bn, 4..6 bn-relu"],
    ),
    // After a dense layer the ReLU stays alone: no kernel has it.
    (
        "linear(4) -> bn -> relu",
        "3",
        ["1..3 bn-relu", "0..2 fold-bn"],
    ),
    (
        "conv(4, 3) -> bn -> relu -> conv(4, 3) -> bn -> linear(3) -> bn -> relu",
        VOLUME,
        [
            "1..3 bn-relu, 7..9 bn-relu",
            "0..3 fold-bn, 3..5 fold-bn, 6..8 fold-bn",
        ],
    ),
    ("conv(4, 3) -> layernorm -> relu", VOLUME, [""; 2]),
    // add-relu; channels one after the other are no sum.
    ("residual(tanh) -> relu", VOLUME, ["1..3 add-relu"; 2]),
    ("residual(tanh) -> tanh", VOLUME, [""; 2]),
    ("branch(tanh | tanh) -> relu", VOLUME, [""; 2]),
    // The body's last convolution is read by the sum, which also reads the input.
    (
        "residual(conv(2, 3, same) -> relu -> conv(2, 3, same)) -> relu -> maxpool(2)",
        VOLUME,
        ["0..2 conv-relu, 3..5 add-relu"; 2],
    ),
    // A value inside has another reader: the shortcut.
    (
        "conv(2, 1) -> residual(bn -> relu)",
        VOLUME,
        ["1..3 bn-relu"; 2],
    ),
    ("conv(2, 1) -> residual(relu -> tanh)", VOLUME, [""; 2]),
    (
        "conv(2, 1) -> relu -> branch(maxpool(2) | tanh -> avgpool(2))",
        VOLUME,
        ["0..2 conv-relu"; 2],
    ),
    (
        "conv(2, 1) -> bn -> residual(relu -> tanh)",
        VOLUME,
        ["", "0..2 fold-bn"],
    ),
    ("bn -> residual(relu -> tanh)", VOLUME, [""; 2]),
    ("residual(tanh) -> residual(relu -> tanh)", VOLUME, [""; 2]),
    // Products are no sums, and what they multiply has another reader.
    ("scale(tanh) -> relu", VOLUME, [""; 2]),
    (
        "conv(4, 3) -> bn -> scale(globalavgpool -> sigmoid) -> relu",
        VOLUME,
        ["", "0..2 fold-bn"],
    ),
    ("conv(2, 1) -> scale(relu -> tanh)", VOLUME, [""; 2]),
    // A last window that is not whole, and one of the whole image, whose output is a vector.
    (
        "conv(4, 3) -> maxpool(3, ceil_mode=true)",
        VOLUME,
        ["0..2 conv-pool"; 2],
    ),
    ("conv(4, 3) -> maxpool(4, ceil_mode=true)", VOLUME, [""; 2]),
    ("conv(4, 3) -> globalmaxpool", VOLUME, [""; 2]),
    // Layers that other rules do not know.
    ("conv(4, 3) -> identity -> relu", VOLUME, [""; 2]),
    (
        "convtranspose(4, 3) -> bn -> relu",
        VOLUME,
        ["1..3 bn-relu"; 2],
    ),
    // A ReLU that reads something else than the layer before it in the list.
    ("branch(conv(2, 1) | relu)", VOLUME, [""; 2]),
];

#[test]
fn rules_fuse_what_their_patterns_say() {
    for (text, input, expected) in CASES {
        assert_eq!(fused_in(text, input), *expected, "{text}");
    }
}

#[test]
fn every_rule_has_a_case_and_a_distinct_name() {
    let rules = fusion_rules();
    for rule in &rules {
        let uses =
            |[_, inference]: &[&str; 2]| inference.split([' ', ',']).any(|word| word == rule.name);
        assert!(CASES.iter().any(|(.., expected)| uses(expected)), "{rule}");
        assert_eq!(
            rules.iter().filter(|other| other.name == rule.name).count(),
            1
        );
    }
    assert_eq!(
        rules[0].to_string(),
        "fold-bn: conv|linear -> bn [-> relu] [-> maxpool] (inference; after bn as conv-pool and conv-relu have it)"
    );
}

/// In training the backward pass gives the first node's parameters to the fused layer, and no others.
#[test]
fn in_training_only_the_first_node_of_a_segment_has_parameters() {
    for (text, input, _) in CASES {
        let network = Network::<f32>::new(text, input.parse::<Shape>().unwrap()).unwrap();
        for segment in network.fused(true) {
            let mut others = network.nodes()[segment.nodes].iter().skip(1);
            assert!(others.all(|node| node.range().is_empty()), "{text}");
        }
    }
}

/// A program's own layer, which does what a built-in one does and says that it is called so.
#[derive(Debug)]
struct Own<T: Number>(Arc<dyn Layer<T>>);

impl<T: Number> Layer<T> for Own<T> {
    fn text(&self) -> LayerText {
        self.0.text()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        self.0.output_shape(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        self.0.parameters(input)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        self.0.memory(input, batch)
    }

    fn reads(&self) -> Reads {
        self.0.reads()
    }

    fn forward(&self, pass: Forward<'_, T>) {
        self.0.forward(pass)
    }

    fn backward(&self, pass: Backward<'_, T>) {
        self.0.backward(pass)
    }

    fn after_step(&self, context: &Context<'_>, kept: &[T], parameters: &mut [T]) {
        self.0.after_step(context, kept, parameters)
    }
}

/// The built-in layers, and own ones that take no arguments.
const OWN: &[(&str, &str)] = &[
    ("ownrelu", "relu"),
    ("ownbn", "bn"),
    ("ownpool", "maxpool(2)"),
    ("ownconv", "conv(4, 3, same)"),
];

fn network<T: Number>(text: &str) -> Network<T> {
    let mut registry = Registry::<T>::builtin();
    for (name, of) in OWN {
        let signature = Signature::new(*name, "A layer of a program's own.");
        let build = move |_: &LayerText| {
            let text = Network::<T>::new(of, [8, 8, 4]).unwrap().nodes()[0]
                .layer()
                .text();
            let layer = Registry::builtin().build("own", &text).unwrap();
            Ok(Arc::new(Own(layer)) as Arc<dyn Layer<T>>)
        };
        registry.register(signature, build).unwrap();
    }
    let builder = Network::builder()
        .registry(registry)
        .loss(Loss::MeanSquaredError);
    let mut network = builder.build(text, [8, 8, 4]).unwrap();
    let mut random = RandomState::new(3);
    network.initialize(Init::He, &mut random);
    for node in 0..network.nodes().len() {
        let node = &network.nodes()[node];
        let learnt: Vec<_> = node
            .placed_parameters()
            .map(|(array, range)| (array.trainable, range))
            .collect();
        for (learnt, range) in learnt {
            for value in &mut network.parameters_mut()[range] {
                let drawn = T::from_f64(0.1 * random.normal());
                *value += if learnt { drawn } else { drawn.abs() };
            }
        }
    }
    network
}

/// The same text with own layers, none of which is fused.
fn with_own_layers(text: &str) -> String {
    let rename = |text: String, (own, of): &(&str, &str)| text.replace(of, own);
    OWN.iter().fold(text.to_owned(), rename)
}

#[test]
fn own_layers_are_not_fused_whatever_their_text_says() {
    for (text, built_in) in [
        ("conv(4, 3, same) -> relu -> maxpool(2)", "0..3 conv-pool"),
        ("conv(4, 3, same) -> bn", "0..2 fold-bn"),
        ("bn -> relu", "0..2 bn-relu"),
        ("residual(conv(4, 3, same)) -> relu", "1..3 add-relu"),
    ] {
        assert_eq!(fused(&network::<f32>(text))[1], built_in, "{text}");
        for (own, of) in OWN {
            let text = text.replace(of, own);
            let network = network::<f32>(&text);
            for (fused, node) in network.fused(false).flat_map(|fused| {
                let rule = fused.rule.name;
                fused.nodes.map(move |node| (rule, node))
            }) {
                let layer = network.nodes()[node].layer();
                assert!(
                    layer.downcast_ref::<Own<f32>>().is_none(),
                    "{text}: {fused}"
                );
            }
        }
        let own = network::<f32>(&with_own_layers(text));
        assert_eq!(fused(&own), [""; 2], "{text}");
        let kinds = |network: &Network<f32>| {
            let kinds = network
                .nodes()
                .iter()
                .map(|node| node.layer().text().to_string());
            kinds.collect::<Vec<_>>()
        };
        assert_eq!(kinds(&own), kinds(&network::<f32>(text)));
    }
}

/// The loss, the parameters' gradients and the input's of a training pass; those of frozen layers as zeros.
fn trained<T: Number>(network: &Network<T>, keep_values: bool) -> (f64, Vec<T>, Vec<T>) {
    const BATCH: usize = 3;
    let mut random = RandomState::new(7);
    let mut drawn =
        |len: usize| -> Vec<T> { (0..len).map(|_| T::from_f64(random.normal())).collect() };
    let x = drawn(BATCH * network.input().len());
    let targets = drawn(BATCH * network.output().len());
    let options = PlanOptions {
        input_gradient: true,
        keep_values,
        ..PlanOptions::TRAINING
    };
    let mut workspace = Workspace::new(network, BATCH, options).unwrap();
    let batch = Batch {
        x: &x,
        targets: Targets::Values(&targets),
        noise: Noise {
            seed: 1,
            epoch: 2,
            examples: &[4, 5, 6],
        },
    };
    // Twice: what a pass has left must not matter.
    workspace.train(network, &batch).unwrap();
    let scores = workspace.train(network, &batch).unwrap();
    let mut gradients = workspace.gradients().to_vec();
    for node in network.nodes().iter().filter(|node| node.frozen()) {
        gradients[node.range()].fill(T::zero());
    }
    let dx = workspace.value_gradient(0, BATCH).unwrap().to_vec();
    (scores.mean_loss(), gradients, dx)
}

fn as_refs<T>((loss, gradients, dx): &(f64, Vec<T>, Vec<T>)) -> (f64, &Vec<T>, &Vec<T>) {
    (*loss, gradients, dx)
}

fn fused_bits<T: Number>() {
    for text in [
        "conv(4, 3, same) -> relu -> conv(4, 3, same) -> relu",
        "conv(4, 3, same) -> maxpool(2) -> conv(4, 3, same) -> relu -> maxpool(2)",
        "conv(4, 3, same) -> bn -> relu -> maxpool(2) -> bn -> relu",
        "residual(conv(4, 3, same)) -> relu -> residual(conv(4, 3, same) -> bn -> relu) -> relu",
        // Values with other readers between those that are fused.
        "conv(4, 3, same) -> relu -> residual(conv(4, 3, same) -> relu, shortcut=conv(4, 3, same)) -> relu -> maxpool(2)",
        "conv(4, 3, same) -> residual(bn -> relu) -> relu -> branch(conv(4, 3, same) -> relu | residual(relu) -> relu)",
    ] {
        // Nothing, the first trainable layer, the first two, all.
        for frozen in ["0", "1", "2", "99"] {
            let [mut fused, mut single] = [network::<T>(text), network(&with_own_layers(text))];
            assert!(fused.fused(true).next().is_some() && single.fused(true).next().is_none());
            for network in [&mut fused, &mut single] {
                network.freeze(&[frozen]).unwrap();
            }
            let about = format!("{text} with {frozen} frozen");
            let (loss, gradients, dx) = trained(&fused, false);
            assert!(
                (loss, &gradients, &dx) == as_refs(&trained(&fused, true)),
                "{about}"
            );
            let expected = trained(&single, false);
            if fused
                .fused(true)
                .all(|fused| fused.rule.name != "conv-pool")
            {
                assert!((loss, &gradients, &dx) == as_refs(&expected), "{about}");
                continue;
            }
            // After a pooling gradients may be summed from the winners alone, in another order.
            assert_eq!(loss.to_bits(), expected.0.to_bits(), "{about}");
            let found = gradients.iter().chain(&dx);
            for (&found, &expected) in found.zip(expected.1.iter().chain(&expected.2)) {
                let apart = (found - expected).as_f64().abs();
                let size = 1.0 + expected.as_f64().abs();
                assert!(
                    apart <= 64.0 * T::epsilon().as_f64() * size,
                    "{about}: {found} and {expected}"
                );
            }
        }
    }
}

#[test]
fn fused_and_single_layers_train_alike() {
    fused_bits::<f32>();
    fused_bits::<f64>();
}
