use super::{Array, Graph, Numbers, Origin, Value};
use ndarray::ArrayViewD;

use crate::problem::{Checked, Problem};
use crate::{Network, Shape};
use stepnet_nn::notation::PaddingText;

fn origin(name: &str) -> Origin {
    Origin::new(name, "Op")
}

fn conv(graph: &mut Graph, name: &str, input: Value, filters: usize) -> Value {
    let channels = graph.shape(input).channels();
    let arguments = [
        ("filters", filters.into()),
        ("kernel", 1.into()),
        ("bias", false.into()),
    ];
    let text = graph.text("conv", arguments).unwrap();
    let weights = (0..channels * filters).map(|at| at as f32 * 0.25 - 1.0);
    let arrays = vec![Array::new("weight", Numbers::F32(weights.collect()))];
    graph.layer(origin(name), text, arrays, input).unwrap()
}

fn text(graph: Graph, output: Value) -> Checked<String> {
    Ok(graph.finish::<f64>(output)?.network.text().to_string())
}

fn outputs(network: &Network<f64>, input: &[f64]) -> Vec<f64> {
    let shape: Vec<usize> = [vec![1], network.input().extents()].concat();
    let input = ArrayViewD::from_shape(shape, input).unwrap();
    network.predict(input).unwrap().into_raw_vec_and_offset().0
}

#[test]
fn residual_blocks_are_found_and_repeated_ones_grouped() {
    let mut graph = Graph::new(Shape::volume(4, 4, 3));
    let mut x = graph.input();
    for block in 0..3 {
        let y = conv(&mut graph, &format!("a{block}"), x, 3);
        let y = graph.plain(origin("relu"), "relu", y).unwrap();
        x = graph.sum(origin("add"), y, x).unwrap();
    }
    let short = conv(&mut graph, "short", x, 5);
    let body = conv(&mut graph, "b1", x, 7);
    let body = conv(&mut graph, "b2", body, 5);
    let x = graph.sum(origin("add"), short, body).unwrap();
    assert_eq!(
        text(graph, x).unwrap(),
        "[residual(conv(3, 1, bias=false) -> relu)] x 3 -> residual(conv(7, 1, bias=false) -> \
         conv(5, 1, bias=false), shortcut=conv(5, 1, bias=false))"
    );
}

#[test]
fn densely_connected_layers_share_what_they_join() {
    let mut graph = Graph::new(Shape::volume(4, 4, 3));
    let mut values = vec![graph.input()];
    for layer in 0..4 {
        let joined = match values.as_slice() {
            [one] => *one,
            all => graph.concat(origin("concat"), all.to_vec()).unwrap(),
        };
        values.push(conv(&mut graph, &format!("c{layer}"), joined, 2));
    }
    let x = graph.concat(origin("concat"), values).unwrap();
    let text = text(graph, x).unwrap();
    assert_eq!(text, "[branch(identity | conv(2, 1, bias=false))] x 4");
}

#[test]
fn neighbours_with_more_in_common_are_joined_by_themselves() {
    let mut graph = Graph::new(Shape::volume(4, 4, 3));
    let input = graph.input();
    let a = conv(&mut graph, "a", input, 2);
    let b = conv(&mut graph, "b", input, 4);
    let c = conv(&mut graph, "c", b, 5);
    let d = conv(&mut graph, "d", b, 6);
    let x = graph.concat(origin("x"), vec![a, c, d]).unwrap();
    let filled = graph.finish::<f64>(x).unwrap();
    assert_eq!(
        filled.network.text().to_string(),
        "branch(conv(2, 1, bias=false) | conv(4, 1, bias=false) -> branch(conv(5, 1, bias=false) | conv(6, 1, bias=false)))"
    );
    let sources = filled
        .mappings
        .iter()
        .map(|mapping| mapping.sources.join(","));
    assert_eq!(sources.collect::<Vec<_>>(), ["a", "b", "c", "d", "x"]);
}

#[test]
fn what_is_not_series_parallel_is_refused_by_its_node() {
    let mut graph = Graph::new(Shape::volume(4, 4, 3));
    let input = graph.input();
    let a = conv(&mut graph, "a", input, 3);
    let b = conv(&mut graph, "b", input, 3);
    let c = conv(&mut graph, "c", a, 3);
    let d = graph.sum(origin("d"), a, b).unwrap();
    let e = graph.sum(origin("e"), c, d).unwrap();
    let problem = text(graph, e).unwrap_err().to_string();
    assert!(problem.contains("\"a\" (Op)"), "{problem}");
    assert!(problem.contains("of 5 nodes"), "{problem}");
}

#[test]
fn factors_and_offsets_are_merged_into_the_layer_before_them() {
    let build = |merged: bool| {
        let mut graph = Graph::new(Shape::volume(2, 2, 3));
        let input = graph.input();
        let mut x = conv(&mut graph, "a", input, 2);
        if !merged {
            x = graph.plain(origin("tanh"), "tanh", x).unwrap();
        }
        let x = graph
            .affine(origin("mul"), vec![2.0, -1.0], vec![0.5, 0.0], x)
            .unwrap();
        graph.finish::<f64>(x).unwrap()
    };
    let merged = build(true);
    assert_eq!(merged.network.text().to_string(), "conv(2, 1)");
    assert_eq!(merged.mappings[0].sources, ["a", "mul"]);
    let input: Vec<f64> = (0..12).map(|at| f64::from(at) * 0.1).collect();
    let plain = {
        let mut graph = Graph::new(Shape::volume(2, 2, 3));
        let input = graph.input();
        let x = conv(&mut graph, "a", input, 2);
        graph.finish::<f64>(x).unwrap().network
    };
    let expected: Vec<f64> = outputs(&plain, &input)
        .chunks(2)
        .flat_map(|y| [2.0 * y[0] + 0.5, -y[1]])
        .collect();
    let found = outputs(&merged.network, &input);
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    let apart = build(false).network;
    assert_eq!(
        apart.text().to_string(),
        "conv(2, 1, bias=false) -> tanh -> bn"
    );
    let tanh: Vec<f64> = outputs(&plain, &input)
        .chunks(2)
        .flat_map(|y| [2.0 * y[0].tanh() + 0.5, -y[1].tanh()])
        .collect();
    for (found, expected) in outputs(&apart, &input).iter().zip(&tanh) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
}

#[test]
fn borders_of_zeros_become_the_padding_of_the_convolution() {
    let mut graph = Graph::new(Shape::volume(4, 4, 3));
    let padding = PaddingText::Sides {
        top: 0,
        bottom: 1,
        left: 2,
        right: 0,
    };
    let pad = graph.text("pad", [("padding", padding.into())]).unwrap();
    let input = graph.input();
    let x = graph.layer(origin("pad"), pad, Vec::new(), input).unwrap();
    let x = conv(&mut graph, "a", x, 2);
    assert_eq!(
        text(graph, x).unwrap(),
        "conv(2, 1, padding=0/1/2/0, bias=false)"
    );
}

#[test]
fn labels_are_kept_where_they_say_something() {
    let mut graph = Graph::new(Shape::volume(4, 4, 3));
    let mut x = graph.input();
    for label in ["stem", "conv2d_7", "STEM", "has.dot", "top_activation"] {
        let relu = graph.text("relu", []).unwrap();
        let named = origin(label).labelled(label);
        x = graph.layer(named, relu, Vec::new(), x).unwrap();
    }
    assert_eq!(
        text(graph, x).unwrap(),
        "stem: relu -> [relu] x 3 -> top_activation: relu"
    );
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let mut graph = Graph::new(Shape::volume(4, 4, 3));
    let arguments = [("filters", 2.into()), ("kernel", 1.into())];
    let conv = graph.text("conv", arguments).unwrap();
    let arrays = vec![
        Array::of("weight", vec![0.0; 6]),
        Array::of("bias", vec![0.0; 3]),
    ];
    let input = graph.input();
    let x = graph.layer(origin("a"), conv, arrays, input).unwrap();
    let problem = text(graph, x).unwrap_err();
    assert!(matches!(problem, Problem::Content(_)), "{problem}");
    assert!(
        problem
            .to_string()
            .contains("bias has 3 numbers, expected 2"),
        "{problem}"
    );
}

#[test]
fn arrays_are_transposed() {
    let numbers = Numbers::F32((0_u8..24).map(f32::from).collect());
    let turned = numbers.transposed(&[2, 3, 4], &[2, 0, 1]);
    assert_eq!(turned.len(), 24);
    for (i, j, k) in (0..2).flat_map(|i| (0..3).flat_map(move |j| (0..4).map(move |k| (i, j, k)))) {
        assert_eq!(turned.at((k * 2 + i) * 3 + j), ((i * 3 + j) * 4 + k) as f64);
    }
}

/// `x relu6(x + 3) / 6` in operations with numbers, where `number` stands for the 3.
fn hard_swish(graph: &mut Graph, x: Value, number: f64) -> Value {
    let channels = graph.shape(x).channels();
    let line = |graph: &mut Graph, name: &str, factor: f64, offset: f64, x: Value| {
        let (scale, shift) = (vec![factor; channels], vec![offset; channels]);
        graph.affine(origin(name), scale, shift, x).unwrap()
    };
    let gate = line(graph, "three", 1.0, number, x);
    let gate = graph.plain(origin("clip"), "relu6", gate).unwrap();
    let gate = line(graph, "sixth", 1.0 / 6.0, 0.0, gate);
    graph.product(origin("times"), x, gate).unwrap()
}

#[test]
fn hard_activations_that_are_written_out_become_layers() {
    let made = |number: f64| {
        let mut graph = Graph::new(Shape::volume(2, 2, 3));
        let input = graph.input();
        let x = conv(&mut graph, "a", input, 2);
        let x = hard_swish(&mut graph, x, number);
        graph.finish::<f64>(x).unwrap()
    };
    let filled = made(3.0);
    assert_eq!(
        filled.network.text().to_string(),
        "conv(2, 1, bias=false) -> hardswish"
    );
    let sources = filled.mappings[1].sources.join(",");
    assert_eq!(sources, "times,sixth,three,clip");
    let other = made(2.0).network.text().to_string();
    assert!(!other.contains("hard"), "{other}");
    let input: Vec<f64> = (0..12).map(|at| f64::from(at) - 5.0).collect();
    let before = {
        let mut graph = Graph::new(Shape::volume(2, 2, 3));
        let input = graph.input();
        let x = conv(&mut graph, "a", input, 2);
        graph.finish::<f64>(x).unwrap().network
    };
    let expected = outputs(&before, &input);
    let expected = expected.iter().map(|x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0);
    for (found, expected) in outputs(&filled.network, &input).iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
}

#[test]
fn what_the_output_does_not_need_changes_no_layer() {
    let mut graph = Graph::new(Shape::volume(2, 2, 3));
    let input = graph.input();
    let x = conv(&mut graph, "a", input, 2);
    let _ = graph
        .affine(origin("unused"), vec![9.0; 2], vec![9.0; 2], x)
        .unwrap();
    let x = graph.plain(origin("b"), "relu", x).unwrap();
    let filled = graph.finish::<f64>(x).unwrap();
    assert_eq!(
        filled.network.text().to_string(),
        "conv(2, 1, bias=false) -> relu"
    );
    assert_eq!(filled.network.parameters()[0], -1.0);
}
