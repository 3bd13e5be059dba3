//! What files write in many ways.

use super::{Writer, outputs, plain, read};
use crate::Shape;
use crate::onnx::proto::data_type;

#[test]
fn dense_weights_after_a_flatten_are_brought_into_the_order_of_height_width_channel() {
    for flatten in ["f = Flatten(x)", "f = Reshape(x, shape)"] {
        let mut file = Writer::new(&[1, 2, 2, 5]);
        file.whole("shape", &[0, -1]);
        // Each unit takes one feature.
        let identity = (0..400).map(|at| f32::from(u8::from(at / 20 == at % 20)));
        file.constant("w", &[20, 20], identity.collect());
        file.nodes(&format!("{flatten}\n y = MatMul(f, w)"));
        let imported = file.import();
        assert_eq!(
            imported.model.network.text().to_string(),
            "flatten -> linear(20, bias=false)"
        );
        // Row, column, channel; the file's features are channel, row, column.
        let input: Vec<f64> = (0..20).map(f64::from).collect();
        let expected: Vec<f64> = (0..20).map(|at| f64::from(at % 10 * 2 + at / 10)).collect();
        assert_eq!(outputs(&imported, &input), expected);
    }
}

#[test]
fn activations_are_found_however_they_are_written() {
    let cases = [
        (
            "a = Add(x, three)\n b = Clip(a, zero, six)\n c = Mul(x, b)\n y = Div(c, six)",
            "hardswish",
        ),
        (
            "a = Add(x, three)\n b = Clip(a, zero, six)\n y = Div(b, six)",
            "hardsigmoid",
        ),
        ("a = Sigmoid(x)\n y = Mul(a, x)", "silu"),
        (
            "a = Div(x, root)\n b = Erf(a)\n c = Add(b, one)\n d = Mul(x, c)\n y = Mul(d, half)",
            "gelu",
        ),
        ("y = Clip(x, zero, six)", "relu6"),
        ("y = Max(x, zero)", "relu"),
        (
            "a = Sigmoid(x)\n b = Mul(x, a)\n c = Add(x, b)\n y = Relu(c)",
            "residual(silu) -> relu",
        ),
    ];
    for (nodes, text) in cases {
        let mut file = Writer::new(&[1, 3, 4, 4]);
        for (name, value) in [
            ("zero", 0.0),
            ("half", 0.5),
            ("one", 1.0),
            ("three", 3.0),
            ("six", 6.0),
        ] {
            file.constant(name, &[], vec![value]);
        }
        file.constant("root", &[1], vec![std::f32::consts::SQRT_2]);
        file.nodes(nodes);
        assert_eq!(file.text(), text, "{nodes}");
    }
}

#[test]
fn activations_in_a_row_are_layers_however_many_they_are() {
    let mut file = Writer::new(&[1, 3, 4, 4]);
    file.node("v0 = Tanh(x)");
    for at in 1..600 {
        file.node(&format!("v{at} = Tanh(v{})", at - 1));
    }
    file.node("y = Add(v599, x)");
    assert_eq!(file.text(), "residual([tanh] x 600)");
}

#[test]
fn squeeze_and_excite_is_a_scale_by_dense_layers() {
    let mut file = Writer::new(&[1, 4, 5, 5]);
    file.weights("w", &[2, 4, 1, 1]);
    file.weights("b", &[2]);
    file.weights("v", &[4, 2, 1, 1]);
    file.node("m = ReduceMean(x)").ints("axes", &[2, 3]);
    file.nodes("s = Conv(m, w, b)\n r = Relu(s)\n e = Conv(r, v)\n g = Sigmoid(e)\n y = Mul(g, x)");
    assert_eq!(
        file.text(),
        "scale(globalavgpool -> linear(2) -> relu -> linear(4, bias=false) -> sigmoid)"
    );
}

#[test]
fn shuffles_and_halves_of_channels_are_layers() {
    let mut file = Writer::new(&[1, 8, 4, 4]);
    file.whole("five", &[1, 2, 4, 4, 4]);
    file.whole("four", &[1, 8, 4, 4]);
    file.node("a, b = Split(x)").int("axis", 1);
    file.node("r = Relu(b)");
    file.node("c = Concat(a, r)").int("axis", 1);
    file.node("d = Reshape(c, five)");
    file.node("e = Transpose(d)").ints("perm", &[0, 2, 1, 3, 4]);
    file.node("y = Reshape(e, four)");
    let imported = file.import();
    assert_eq!(
        imported.model.network.text().to_string(),
        "branch(slicechannels(0, 4) | slicechannels(4, 4) -> relu) -> channelshuffle(2)"
    );
    let input: Vec<f64> = (0..128).map(f64::from).collect();
    assert_eq!(
        outputs(&imported, &input)[..8],
        [0.0, 4.0, 1.0, 5.0, 2.0, 6.0, 3.0, 7.0]
    );
}

#[test]
fn images_with_channels_last_take_no_layers_for_their_transposes() {
    let mut file = Writer::new(&[-1, 5, 5, 3]);
    file.weights("w", &[4, 3, 3, 3]);
    file.node("t = Transpose(x)").ints("perm", &[0, 3, 1, 2]);
    file.node("c = Conv(t, w)").ints("pads", &[1, 1, 1, 1]);
    file.node("y = Transpose(c)").ints("perm", &[0, 2, 3, 1]);
    assert_eq!(file.text(), "conv(4, 3, same, bias=false)");
}

#[test]
fn layer_normalisation_that_is_written_out_is_one_layer() {
    let mut file = Writer::new(&[1, 4, 5, 5]);
    file.weights("g", &[4]);
    file.weights("b", &[4]);
    file.constant("two", &[], vec![2.0]);
    file.constant("e", &[], vec![1e-6]);
    file.node("t = Transpose(x)").ints("perm", &[0, 2, 3, 1]);
    file.node("m = ReduceMean(t)").ints("axes", &[-1]);
    file.nodes("d = Sub(t, m)\n s = Pow(d, two)");
    file.node("v = ReduceMean(s)").ints("axes", &[-1]);
    file.nodes("a = Add(v, e)\n q = Sqrt(a)\n n = Div(d, q)\n k = Mul(n, g)\n o = Add(k, b)");
    file.node("y = Transpose(o)").ints("perm", &[0, 3, 1, 2]);
    let imported = file.import();
    assert_eq!(
        imported.model.network.text().to_string(),
        "layernorm(epsilon=1e-6)"
    );
    // gamma and beta are the file's.
    let gamma = imported.model.network.parameters()[0];
    assert!((gamma + 0.1).abs() < 1e-6, "{gamma}");
}

#[test]
fn factors_and_offsets_after_a_convolution_are_a_part_of_it() {
    let mut file = Writer::new(&[1, 3, 4, 4]);
    file.weights("w", &[2, 3, 1, 1]);
    file.constant("k", &[1, 2, 1, 1], vec![2.0, -1.0]);
    file.constant("b", &[2, 1, 1], vec![0.5, 0.25]);
    file.nodes("c = Conv(x, w)\n m = Mul(c, k)\n a = Add(m, b)\n y = Relu(a)");
    let imported = file.import();
    assert_eq!(
        imported.model.network.text().to_string(),
        "conv(2, 1) -> relu"
    );
    assert_eq!(imported.mappings[0].sources, ["c", "m", "a"]);
    let input = vec![1.0; 48];
    // (-0.1 + 0.6 + 0.2) * 2 + 0.5 and -(-0.2 + 0.5 + 0.1) + 0.25 < 0, with the weights as they are written
    let w: Vec<f64> = (0..6)
        .map(|at| f64::from(((at * 7 + 3) % 11) as f32 * 0.1 - 0.4))
        .collect();
    let expected = [
        2.0 * w[..3].iter().sum::<f64>() + 0.5,
        0.25 - w[3..].iter().sum::<f64>(),
    ];
    let found = outputs(&imported, &input);
    for channel in 0..2 {
        assert!(
            (found[channel] - expected[channel].max(0.0)).abs() < 1e-6,
            "{found:?} {expected:?}"
        );
    }
}

#[test]
fn shapes_that_are_computed_are_known() {
    let mut file = Writer::new(&[-1, 4, 2, 2]);
    file.weights("w", &[16, 3]);
    file.constant("b", &[3], vec![0.0; 3]);
    file.whole("zero", &[0]);
    file.whole("rest", &[-1]);
    file.nodes("s = Shape(x)\n n = Gather(s, zero)");
    file.node("k = Concat(n, rest)").int("axis", 0);
    file.nodes("f = Reshape(x, k)\n y = Gemm(f, w, b)");
    assert_eq!(file.text(), "flatten -> linear(3)");
}

#[test]
fn scaling_of_the_input_is_a_part_of_the_preprocessing() {
    let mut file = Writer::new(&[1, 3, 4, 4]);
    file.weights("w", &[2, 3, 1, 1]);
    file.constant("mean", &[3, 1, 1], vec![123.675, 116.28, 103.53]);
    file.constant("deviation", &[3, 1, 1], vec![58.395, 57.12, 57.375]);
    file.nodes("a = Sub(x, mean)\n b = Div(a, deviation)\n y = Conv(b, w)");
    let imported = file.import();
    assert_eq!(
        imported.model.network.text().to_string(),
        "conv(2, 1, bias=false)"
    );
    let preprocessing = &imported.model.preprocessing;
    assert_eq!(preprocessing.divisor, 255.0);
    let close = |found: &[f64], expected: [f64; 3]| {
        found
            .iter()
            .zip(expected)
            .all(|(found, expected)| (found - expected).abs() < 1e-6)
    };
    assert!(
        close(&preprocessing.mean, [0.485, 0.456, 0.406]),
        "{preprocessing:?}"
    );
    assert!(
        close(&preprocessing.deviation, [0.229, 0.224, 0.225]),
        "{preprocessing:?}"
    );
    // What the user says about the preprocessing leaves the file's layers as they are.
    let options = plain().divisor(Some(1.0));
    let own = read(&file.bytes(), &options).unwrap();
    assert_eq!(
        own.model.network.text().to_string(),
        "bn -> conv(2, 1, bias=false)"
    );
}

#[test]
fn bytes_as_the_input_are_known_from_its_type() {
    let mut file = Writer {
        kind: data_type::UINT8,
        ..Writer::default()
    };
    file.input("x", &[-1, 4, 4, 3]);
    file.weights("w", &[2, 3, 1, 1]);
    file.constant("scale", &[], vec![1.0 / 255.0]);
    file.node("c = Cast(x)").int("to", 1);
    file.node("m = Mul(c, scale)");
    file.node("t = Transpose(m)").ints("perm", &[0, 3, 1, 2]);
    file.node("y = Conv(t, w)");
    let imported = file.import();
    assert_eq!(
        imported.model.network.text().to_string(),
        "conv(2, 1, bias=false)"
    );
    assert_eq!(imported.model.preprocessing.divisor, 255.0);
    let preprocessing = &imported.model.preprocessing;
    assert!(preprocessing.deviation.is_empty(), "{preprocessing:?}");
}

#[test]
fn borders_and_windows_are_read_in_all_their_forms() {
    type Attributes<'a> = &'a [(&'a str, &'a [i64])];
    let cases: [(&str, &str, Attributes<'_>); 5] = [
        (
            "y = Conv(x, w)",
            "conv(2, 3, same, bias=false)",
            &[("pads", &[1, 1, 1, 1])],
        ),
        (
            "y = Conv(x, w)",
            "conv(2, 3, padding=1, stride=2, bias=false)",
            &[("pads", &[1, 1, 1, 1]), ("strides", &[2, 2])],
        ),
        (
            "y = Conv(x, w)",
            "conv(2, 3, padding=0/1/0/2, bias=false)",
            &[("pads", &[0, 0, 1, 2])],
        ),
        (
            "y = MaxPool(x)",
            "maxpool(3, padding=1, stride=2)",
            &[
                ("kernel_shape", &[3, 3]),
                ("strides", &[2, 2]),
                ("pads", &[1, 1, 1, 1]),
            ],
        ),
        (
            "p = Pad(x, border)\n y = Conv(p, w)",
            "conv(2, 3, padding=1/0/2/3, bias=false)",
            &[],
        ),
    ];
    for (nodes, text, attributes) in cases {
        let mut file = Writer::new(&[1, 3, 8, 8]);
        file.weights("w", &[2, 3, 3, 3]);
        file.whole("border", &[0, 0, 1, 2, 0, 0, 0, 3]);
        for line in nodes.lines() {
            let node = file.node(line.trim());
            for (name, values) in attributes {
                node.ints(name, values);
            }
        }
        assert_eq!(file.text(), text, "{nodes} {attributes:?}");
    }
}

#[test]
fn a_part_ends_with_the_node_that_is_named() {
    let mut file = Writer::new(&[1, 3, 8, 8]);
    file.weights("w", &[2, 3, 1, 1]);
    file.node("c = Conv(x, w)").name = "first".into();
    file.nodes("r = Relu(c)\n y = LSTM(r, w)");
    for (until, text) in [
        ("first", "first: conv(2, 1, bias=false)"),
        ("r", "first: conv(2, 1, bias=false) -> relu"),
    ] {
        let part = read(&file.bytes(), &plain().until(Some(until.into()))).unwrap();
        assert_eq!(part.model.network.text().to_string(), text);
        assert_eq!(part.model.network.output(), Shape::volume(8, 8, 2));
    }
    let problem = read(&file.bytes(), &plain().until(Some("firts".into()))).unwrap_err();
    assert!(problem.contains("did you mean \"first\""), "{problem}");
}
