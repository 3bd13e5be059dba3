//! Explanations: padding, winners, layers without an account, limits, traces, text.

use std::sync::Arc;

use super::*;
use stepnet_nn::layer::{Backward, Forward as Pass, Layer, LayerError, Memory, Reads};
use stepnet_nn::notation::{LayerText, Signature};
use stepnet_nn::{Preprocessing, Registry, Shape};

#[test]
fn padding_groups_and_winners_are_explained() {
    let mut network = Network::<f64>::new(
        "conv(2, 2, padding=1/0/1/0, groups=2) -> maxpool(2) -> linear(2)",
        [2, 2, 2],
    )
    .unwrap();
    for (place, weight) in network.parameters_mut().iter_mut().enumerate() {
        *weight = place as f64;
    }
    let x = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0];
    let mut why = Why::new(&network, &x).unwrap();
    let mut explain = |at: &str| {
        let at = Some(at.parse().unwrap());
        why.explain(
            &Question::default()
                .at(at)
                .gradient(true)
                .class(Some("0".into())),
        )
        .unwrap()
    };
    // Filter 1 sees channel 1 alone; its weights are 1, 3, 5, 7 and its bias 9.
    let explanation = explain("conv1[0,1,1]");
    let names: Vec<&str> = explanation
        .forward
        .terms
        .iter()
        .map(|term| term.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["padding", "padding", "input[0,0,1]", "input[0,1,1]"]
    );
    assert_eq!(explanation.forward.window, Some([2, 2, 1]));
    assert_eq!(explanation.value, 10.0 * 5.0 + 20.0 * 7.0 + 9.0);
    assert_eq!(
        explanation.forward.content,
        Content::Sum {
            bias: Some(9.0),
            divisor: 1.0
        }
    );
    let explanation = explain("maxpool1[0,0,1]");
    assert_eq!(
        explanation.forward.content,
        Content::Largest {
            winner: 3,
            margin: Some(260.0)
        }
    );
    // A value that lost gets no gradient, and the explanation says from where.
    let gradient = explain("conv1[0,0,1]").gradient.unwrap();
    assert_eq!(gradient.terms.len(), 1);
    assert_eq!(
        (gradient.terms[0].name.as_str(), gradient.terms[0].factor),
        ("maxpool1[0,0,1]", 0.0)
    );
    assert_eq!(
        explanation.receptive_field,
        Some(Field {
            rows: [0, 1],
            columns: [0, 1]
        })
    );
}

/// What a value depends on, where that is not what the corners of a box depend on.
#[test]
fn receptive_fields_go_through_scales_mirrors_and_gaps() {
    for (text, at, rows, columns) in [
        // Through the factors on everything, in the middle of the network too.
        (
            "scale(globalavgpool -> sigmoid)",
            "scale1[1,2,0]",
            [0, 5],
            [0, 6],
        ),
        (
            "scale(maxpool(6x7) -> sigmoid) -> conv(1, 1)",
            "conv1[1,2,0]",
            [0, 5],
            [0, 6],
        ),
        (
            "scale(conv(2, 1) -> sigmoid) -> conv(1, 2)",
            "conv1[1,2,0]",
            [1, 2],
            [2, 3],
        ),
        // Rows 2, 1, 0, 1: the first and the last are not the outermost.
        (
            "pad(2/0/0/0, mode=reflect) -> conv(1, 4x1)",
            "conv1[0,0,0]",
            [0, 2],
            [0, 0],
        ),
        // Rows 0 and 1 reach outputs 0 and 2; nothing reaches 1 and 3.
        (
            "convtranspose(1, 1, stride=2) -> conv(1, 4x1)",
            "conv1[0,0,0]",
            [0, 1],
            [0, 0],
        ),
        (
            "upsample(2, mode=bilinear) -> conv(1, 1x2)",
            "conv1[3,4,0]",
            [1, 2],
            [1, 3],
        ),
        (
            "adaptiveavgpool(4x3)",
            "adaptiveavgpool1[1,1,1]",
            [1, 2],
            [2, 4],
        ),
        // Channels 0 and 1 of both groups, of which one sees more rows.
        (
            "branch(conv(2, 1) | conv(2, 3x1, 1/1/0/0)) -> channelshuffle(2) -> conv(2, 1, groups=2)",
            "conv1[2,0,0]",
            [1, 3],
            [0, 0],
        ),
    ] {
        let network = Network::<f64>::new(text, [6, 7, 2]).unwrap();
        let x = vec![1.0; 84];
        let mut why = Why::new(&network, &x).unwrap();
        let question = Question::default().at(Some(at.parse().unwrap()));
        let explanation = why.explain(&question).unwrap();
        let expected = Some(Field { rows, columns });
        assert_eq!(explanation.receptive_field, expected, "{at} of {text}");
    }
}

/// A layer of a user that does not explain itself: `y_i = x_i x_(i - 1)`, which keeps its input by itself.
#[derive(Debug)]
struct Neighbours(LayerText);

impl<T: Number> Layer<T> for Neighbours {
    fn text(&self) -> LayerText {
        self.0.clone()
    }
    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }
    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let kept = batch * input.len();
        Memory::default().kept(kept)
    }
    fn reads(&self) -> Reads {
        Reads::NOTHING
    }
    fn forward(&self, pass: Pass<'_, T>) {
        if pass.context.backward {
            pass.kept.copy_from_slice(pass.x);
        }
        let n = pass.x.len();
        for (i, y) in pass.y.iter_mut().enumerate() {
            *y = pass.x[i] * pass.x[(i + n - 1) % n];
        }
    }
    fn backward(&self, pass: Backward<'_, T>) {
        let (x, n) = (pass.kept, pass.kept.len());
        for (i, dx) in pass.dx.into_iter().flatten().enumerate() {
            let next = (i + 1) % n;
            *dx = pass.dy[i] * x[(i + n - 1) % n] + pass.dy[next] * x[next];
        }
    }
}

#[test]
fn a_layer_without_an_account_is_explained_by_its_derivatives() {
    let mut registry = Registry::<f64>::builtin();
    let signature = Signature::new("neighbours", "Products of neighbours.");
    registry
        .register(signature, |text| Ok(Arc::new(Neighbours(text.clone()))))
        .unwrap();
    let builder = Network::builder().registry(registry);
    let mut network = builder
        .build("linear(4) -> neighbours -> linear(2)", 3)
        .unwrap();
    network.initialize(Init::He, &mut RandomState::new(4));
    let mut why = Why::new(&network, &[1.0, -2.0, 0.5]).unwrap();
    let mut explain = |at: &str| {
        let at = Some(at.parse().unwrap());
        why.explain(&Question::default().at(at).gradient(true).trace(3))
            .unwrap()
    };
    let explanation = explain("neighbours1[2]");
    assert_eq!(explanation.forward.content, Content::Opaque);
    let names: Vec<&str> = explanation
        .forward
        .terms
        .iter()
        .map(|line| line.name.as_str())
        .collect();
    assert_eq!(names, ["linear1[1]", "linear1[2]"]);
    assert_eq!(
        explanation.forward.terms[0].factor,
        explanation.forward.terms[1].value
    );
    assert!(
        explanation.to_string().contains("not given by the layer"),
        "{explanation}"
    );
    assert_eq!(explanation.trace.unwrap().steps.len(), 2);
    // Beneath it the gradient still adds up, and is that of the backward pass.
    let gradient = explain("linear1[2]").gradient.unwrap();
    let sum: f64 = gradient.terms.iter().map(|line| line.product).sum();
    assert_eq!(gradient.terms.len(), 2);
    assert!(
        (sum - gradient.value.unwrap()).abs() < 1e-14,
        "{gradient:?}"
    );
    assert!(
        gradient
            .note
            .unwrap()
            .contains("does not account for itself")
    );
    assert!(explain("input[1]").gradient.unwrap().check.unwrap().ok);
}

#[test]
fn a_limit_keeps_the_largest_the_winner_and_the_sum() {
    let (network, x) = network::<f64>(0);
    let mut why = Why::new(&network, &x).unwrap();
    let mut explain = |at: &str| {
        let at = Some(at.parse().unwrap());
        why.explain(&Question::default().at(at).gradient(true))
            .unwrap()
    };
    let total = |explanation: &Explanation| {
        let left = explanation.forward.more.map_or(0.0, |more| more.sum);
        explanation
            .forward
            .terms
            .iter()
            .map(|line| line.product)
            .sum::<f64>()
            + left
    };
    let whole = explain("conv1[2,2,1]");
    let mut few = whole.clone();
    few.limit(5);
    few.limit(4);
    assert_eq!(few.forward.terms.len(), 4);
    assert_eq!(few.forward.more.unwrap().count, 14);
    assert!((total(&few) - total(&whole)).abs() < 1e-14);
    for explanation in [explain("maxpool1[1,1,2]"), explain("softmax1[1]")] {
        let own = |explanation: &Explanation| match explanation.forward.content {
            Content::Largest { winner: own, .. } | Content::Softmax { own, .. } => {
                explanation.forward.terms[own].clone()
            }
            _ => panic!("{explanation:?}"),
        };
        for top in [1, 2, 3, 9] {
            let mut few = explanation.clone();
            few.limit(top);
            assert_eq!(own(&few), own(&explanation), "{top}");
        }
    }
}

#[test]
fn a_trace_ends_at_pixels_with_their_raw_values() {
    let mut network = Network::<f32>::new("conv(1, 2) -> relu -> linear(2)", [3, 3, 1]).unwrap();
    network.parameters_mut().fill(1.0);
    let preprocessing = Preprocessing::scaled(3, 3, 1, 100.0)
        .mean(vec![0.5])
        .deviation(vec![0.25]);
    let subject = Subject {
        name: "example".into(),
        raw: (0..9).map(|i| f64::from(i) * 100.0).collect(),
        preprocessing,
    };
    let mut why = Why::of(&network, subject).unwrap();
    let explanation = why
        .explain(
            &Question::default()
                .at(Some("linear1[0]".parse().unwrap()))
                .trace(99)
                .branches(1),
        )
        .unwrap();
    let mut step = explanation.trace.as_ref().unwrap();
    let mut names = vec![step.name.as_str()];
    while let Some(below) = step.steps.first() {
        step = below;
        names.push(step.name.as_str());
    }
    let expected = [
        "linear1[0]",
        "flatten before linear1[3]",
        "relu1[1,1,0]",
        "conv1[1,1,0]",
        "input[2,2,0]",
    ];
    assert_eq!(names, expected);
    assert_eq!(step.raw, Some(800.0));
    let explanation = why
        .explain(&Question::default().at(Some("input[2,2,0]".parse().unwrap())))
        .unwrap();
    assert_eq!(explanation.value, 30.0);
    let text = explanation.to_string();
    assert!(
        text.contains("(800 / 100 - 0.500000) / 0.250000 = 30, from the raw value 800"),
        "{text}"
    );
}

#[test]
fn the_text_shows_grids_terms_and_sums() {
    let mut network = Network::<f64>::new(
        "conv(1, 2, padding=1/0/0/0) -> relu -> linear(1) -> sigmoid",
        [2, 2, 1],
    )
    .unwrap();
    network
        .parameters_mut()
        .copy_from_slice(&[0.5, -1.5, 2.0, 0.25, -1.0, 1.0, 2.0, 0.0]);
    let mut why = Why::new(&network, &[1.0, 2.0, 3.0, 4.0]).unwrap();
    let explanation = why.explain(
        &Question::default()
            .at(Some("conv1[0,0,0]".parse().unwrap()))
            .gradient(true),
    );
    let text = explanation.unwrap().to_string();
    let expected = [
        "conv1[0,0,0] = 1.5 (f64)",
        "  conv1: 2x2x1 -> conv(1, 2, padding=1/0/0/0) -> 2x1x1",
        "  it sees rows 0 to 0 and columns 0 to 1 of the input",
        "forward: y = sum of x w over the window, + b",
        "    window x    filter w        x w        ",
        "    pad pad      0.500 -1.500       0     0",
        "    1.000 2.000  2.000  0.250  2.000 0.500",
        "  input[0,0,0]  1         2         2",
        "  bias                             -1",
        "  what these add up to                     1.5",
        "  bound on rounding",
        "then relu1[0,0,0] = max(0, 1.50000) = 1.5",
        "backward: d loss / d conv1[0,0,0], with the binary-cross-entropy of class 1, which it predicts",
    ];
    for line in expected {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed(&text).contains(&squeezed(line)), "{line}\n{text}");
    }
    assert_eq!(text.matches(": ok").count(), 3, "{text}");
}

#[test]
fn gradients_of_outputs_fused_with_the_loss_are_explained_by_formula() {
    for case in [0, 2] {
        let (network, x) = network::<f64>(case);
        let mut why = Why::new(&network, &x).unwrap();
        let spot = Spot {
            value: network.nodes().len(),
            place: 0,
        };
        let explanation = ask(&mut why, spot, 0);
        let note = explanation.gradient.unwrap().note.unwrap();
        // -t / p of a softmax where t is 1, (1 - t) / (1 - p) of a sigmoid where t is 0.
        let p = explanation.value;
        let result = if case == 0 { -1.0 / p } else { 1.0 / (1.0 - p) };
        let result = stepnet_nn::account::number(result);
        assert!(note.contains(&format!("= {result};")), "{note} {result}");
        assert!(note.contains("ask for linear1[0]"), "{note}");
    }
}

#[test]
fn windows_far_larger_than_their_picture_are_explained_at_once() {
    for (text, input) in [
        ("avgpool(2147483648, padding=2147483647)", "1x1x1"),
        (
            "avgpool(2147483648, padding=2147483647, count_padding=true)",
            "1x1x1",
        ),
        ("maxpool(2147483648, padding=1073741824)", "3x3x1"),
        ("avgpool(1x100000, same, stride=7)", "2x9x1"),
        ("conv(2, 2, same, dilation=2147483648)", "5x5x1"),
        ("conv(2, 3, same, stride=2147483648)", "5x5x1"),
        ("maxpool(300, same, stride=1) -> globalavgpool", "9x60x1"),
    ] {
        let shape: Shape = input.parse().unwrap();
        let mut network = Network::<f32>::new(text, shape).unwrap();
        network.parameters_mut().fill(0.5);
        let x: Vec<f32> = (0..shape.len()).map(|i| (i % 7) as f32 + 1.0).collect();
        let mut why = Why::new(&network, &x).unwrap();
        for value in 0..=network.nodes().len() {
            let explanation = ask(&mut why, Spot { value, place: 0 }, 0);
            assert!(explanation.ok(), "{text}: {explanation:?}");
            #[cfg(feature = "pages")]
            assert!(explanation.page(None).len() < 8 << 20, "{text}");
        }
    }
}
