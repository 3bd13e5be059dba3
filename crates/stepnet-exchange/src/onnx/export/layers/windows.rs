//! Convolutions, pooling and borders: windows over the pixels, with the padding of each side in numbers.

use stepnet_base::Result;
use stepnet_kernels::Padding;
use stepnet_nn::notation::PaddingText;

use super::place::Place;
use crate::onnx::export::attributes::{int, ints, string, whole};
use crate::onnx::export::graph::Graph;
use crate::onnx::proto::AttributeProto;
use crate::outgoing::{Array, conv_padding, pool_padding};

/// The sides in ONNX's order.
fn pads(padding: Padding) -> AttributeProto {
    ints(
        "pads",
        [padding.top, padding.left, padding.bottom, padding.right],
    )
}

pub(super) fn conv(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let text = &place.layer.text;
    let weight = place.changed(graph, "weight", Array::filters_first)?;
    let bias = place
        .layer
        .has("bias")
        .then(|| place.array(graph, "bias"))
        .transpose()?;
    let mut inputs = vec![place.input(), &weight];
    inputs.extend(bias.as_deref());
    let groups = text.count("groups").number().unwrap_or(1);
    let settings = vec![
        ints("dilations", text.pair("dilation")),
        int("group", whole(groups)),
        ints("kernel_shape", text.pair("kernel")),
        pads(conv_padding(place.layer)?),
        ints("strides", text.pair("stride")),
    ];
    Ok(graph.node("Conv", place.name(), &inputs, settings))
}

/// The settings that both poolings have.
fn pooling(place: &Place<'_>, padding: Padding) -> Vec<AttributeProto> {
    let text = &place.layer.text;
    vec![
        ints("kernel_shape", text.pair("size")),
        pads(padding),
        ints("strides", text.pair("stride")),
    ]
}

/// A last window that is not whole has padding of its own: `ceil_mode` means several things in several versions.
pub(super) fn maximum(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let settings = pooling(place, pool_padding(place.layer)?.whole());
    Ok(graph.node("MaxPool", place.name(), &[place.input()], settings))
}

/// Padding counts or not, and what a last window has beyond it never does: where both are there, the padding is zeros that
/// are put around the image first.
pub(super) fn average(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let padding = pool_padding(place.layer)?;
    let counts = place.layer.text.flag("count_padding");
    let (inside, input) = match counts && !padding.beyond.is_zero() {
        true => (padding.beyond, framed(graph, place, padding.given)),
        false => (padding.whole(), place.input().to_owned()),
    };
    let mut settings = pooling(place, inside);
    settings.push(int(
        "count_include_pad",
        i64::from(counts && padding.beyond.is_zero()),
    ));
    Ok(graph.node("AveragePool", place.name(), &[&input], settings))
}

/// The input with zeros around it.
fn framed(graph: &mut Graph, place: &Place<'_>, padding: Padding) -> String {
    let pads = border(graph, place, padding);
    graph.step("Pad", place.name(), &[place.input(), &pads], Vec::new())
}

/// The widths of a border as a row of numbers.
fn border(graph: &mut Graph, place: &Place<'_>, padding: Padding) -> String {
    let Padding {
        top,
        bottom,
        left,
        right,
    } = padding;
    let [top, left, bottom, right] = [top, left, bottom, right].map(whole);
    graph.ints(
        &format!("{}.pads", place.name()),
        &[0, 0, top, left, 0, 0, bottom, right],
    )
}

pub(super) fn global_average(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let value = graph.step(
        "GlobalAveragePool",
        place.name(),
        &[place.input()],
        Vec::new(),
    );
    Ok(graph.node("Flatten", place.name(), &[&value], vec![int("axis", 1)]))
}

pub(super) fn global_maximum(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let value = graph.step("GlobalMaxPool", place.name(), &[place.input()], Vec::new());
    Ok(graph.node("Flatten", place.name(), &[&value], vec![int("axis", 1)]))
}

/// Windows of one size are an average pooling. Others are written as the products with two matrices of shares, of the rows
/// and of the columns, since ONNX has no operator for them.
pub(super) fn adaptive_average(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let [height, width, _] = place.layer.volume()?;
    let [rows, cols] = place.layer.text.pair("size");
    let name = place.name();
    if height % rows == 0 && width % cols == 0 {
        let size = [height / rows, width / cols];
        let settings = vec![ints("kernel_shape", size), ints("strides", size)];
        return Ok(graph.node("AveragePool", name, &[place.input()], settings));
    }
    let by_rows = graph.weights(&format!("{name}.rows"), &shares(height, rows));
    let by_cols = graph.weights(
        &format!("{name}.columns"),
        &shares(width, cols).permuted(&[1, 0]),
    );
    let value = graph.step("MatMul", name, &[&by_rows, place.input()], Vec::new());
    Ok(graph.node("MatMul", name, &[&value, &by_cols], Vec::new()))
}

/// The share that each of `n` places has in each of `windows` means, `(windows, n)`: window `i` is from `i n / windows`,
/// rounded down, to `(i + 1) n / windows`, rounded up.
fn shares(n: usize, windows: usize) -> Array {
    let mut values = vec![0.0; windows * n];
    for (window, row) in values.chunks_exact_mut(n).enumerate() {
        let covered = window * n / windows..((window + 1) * n).div_ceil(windows);
        let share = 1.0 / covered.len() as f32;
        row[covered].fill(share);
    }
    Array {
        shape: vec![windows, n],
        values,
    }
}

pub(super) fn pad(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let text = &place.layer.text;
    let padding = match text.padding("padding") {
        PaddingText::Sides {
            top,
            bottom,
            left,
            right,
        } => Padding {
            top,
            bottom,
            left,
            right,
        },
        _ => Padding::VALID,
    };
    let pads = border(graph, place, padding);
    let settings = match text.word("mode") {
        "zeros" => Vec::new(),
        mode => vec![string("mode", mode)],
    };
    Ok(graph.node("Pad", place.name(), &[place.input(), &pads], settings))
}
