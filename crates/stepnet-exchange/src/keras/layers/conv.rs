//! Layers that multiply by weights.

use super::activation::function;
use super::refusals::{channels_last, one, refuse};
use crate::Shape;
use crate::graph::{Array, Numbers, Value};
use crate::keras::build::{Build, Site};
use crate::keras::weights::Loaded;
use crate::problem::Checked;
use stepnet_nn::notation::{PaddingText, Value as Argument};

/// The names of filters.
const KERNEL: &[&str] = &["kernel", "W", "filters", "weights"];
const BIAS: &[&str] = &["bias", "b", "biases"];

/// A convolution's geometry, which all kinds of it share.
pub(super) struct Window {
    pub(super) kernel: [usize; 2],
    pub(super) padding: PaddingText,
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    pub(super) bias: bool,
}

impl Window {
    /// The geometry that a layer describes.
    pub(super) fn of(site: &Site<'_>) -> Checked<Self> {
        channels_last(site)?;
        let layer = site.layer;
        let kernel = match (layer.get("nb_row"), layer.get("nb_col")) {
            // Keras 1.
            (Some(_), Some(_)) => [layer.count("nb_row")?, layer.count("nb_col")?],
            _ => layer.pair("kernel_size", [0; 2])?,
        };
        let stride = layer.pair("subsample", [1; 2])?;
        Ok(Self {
            kernel,
            padding: padding(site)?,
            stride: layer.pair("strides", stride)?,
            dilation: layer.pair("dilation_rate", [1; 2])?,
            bias: layer.flag("use_bias", layer.flag("bias", true)),
        })
    }
}

/// What a layer says about its borders.
pub(super) fn padding(site: &Site<'_>) -> Checked<PaddingText> {
    let said = site
        .layer
        .word("padding")
        .or_else(|| site.layer.word("border_mode"));
    match said.map(str::to_lowercase).as_deref() {
        None | Some("valid") => Ok(PaddingText::Valid),
        Some("same") => Ok(PaddingText::Same),
        Some(other) => refuse(
            site,
            &format!("its padding is {other:?}, expected \"same\" or \"valid\""),
        ),
    }
}

/// Adds a convolution with these filters, which are in the notation's order.
fn add(
    build: &mut Build<'_>,
    site: &Site<'_>,
    window: &Window,
    groups: usize,
    filters: [usize; 2],
    arrays: [Option<Numbers>; 2],
    input: Value,
) -> Checked<Value> {
    let [kernel, bias] = arrays;
    let [expected, filters] = filters;
    let Some(kernel) = kernel.filter(|kernel| kernel.len() == expected) else {
        return refuse(
            site,
            &format!("its filters do not have the {expected} numbers that its arguments say"),
        );
    };
    let has_bias = bias.is_some();
    let arguments: [(&str, Argument); 7] = [
        ("filters", filters.into()),
        ("kernel", window.kernel.into()),
        ("padding", window.padding.into()),
        ("stride", window.stride.into()),
        ("dilation", window.dilation.into()),
        ("groups", groups.into()),
        ("bias", has_bias.into()),
    ];
    let text = build.graph.text("conv", arguments)?;
    let mut all = vec![Array::new("weight", kernel)];
    all.extend(bias.map(|bias| Array::new("bias", bias)));
    build.graph.layer(site.origin(), text, all, input)
}

/// The numbers of filters of this shape.
pub(super) fn filters(
    build: &Build<'_>,
    site: &Site<'_>,
    index: usize,
    names: &[&str],
    shape: &[usize],
) -> Checked<Numbers> {
    let Loaded {
        shape: found,
        numbers,
    } = build.array(site, index, names)?;
    match found == shape {
        true => Ok(numbers),
        false => refuse(
            site,
            &format!("its {} has shape {found:?}, expected {shape:?}", names[0]),
        ),
    }
}

pub(super) fn bias(
    build: &Build<'_>,
    site: &Site<'_>,
    index: usize,
    wanted: bool,
    len: usize,
) -> Checked<Option<Numbers>> {
    match wanted {
        true => filters(build, site, index, BIAS, &[len]).map(Some),
        false => Ok(None),
    }
}

fn product(factors: &[usize]) -> usize {
    factors.iter().fold(1, |all, &n| all.saturating_mul(n))
}

/// `Conv2D`: its filters are in the notation's order.
pub(super) fn conv(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    let window = Window::of(site)?;
    let name = if site.layer.get("filters").is_some() {
        "filters"
    } else {
        "nb_filter"
    };
    let count = site.layer.count(name)?;
    let groups = site.layer.pair("groups", [1; 2])?[0].max(1);
    let channels = build.graph.shape(input).channels() / groups;
    let [h, w] = window.kernel;
    let shape = [h, w, channels, count];
    let kernel = filters(build, site, 0, KERNEL, &shape)?;
    let bias = bias(build, site, 1, window.bias, count)?;
    // Of single pixels, which pooling leaves, it is a dense layer.
    if let Shape::Features(features) = build.graph.shape(input) {
        if window.kernel != [1; 2] || groups != 1 {
            return refuse(
                site,
                "its input is a single pixel, and its kernel is larger",
            );
        }
        let kernel = kernel.transposed(&[features, count], &[1, 0]);
        let value = linear(build, site, count, [Some(kernel), bias], input)?;
        return function(build, site, value);
    }
    let sizes = [product(&shape), count];
    let value = add(
        build,
        site,
        &window,
        groups,
        sizes,
        [Some(kernel), bias],
        input,
    )?;
    function(build, site, value)
}

/// `DepthwiseConv2D`: filters `(h, w, channels, multiplier)`, which lie as those of `channels` groups do.
pub(super) fn depthwise(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    let input = one(site, inputs)?;
    let window = Window::of(site)?;
    let channels = build.graph.shape(input).channels();
    let multiplier = site.layer.pair("depth_multiplier", [1; 2])?[0];
    let [h, w] = window.kernel;
    let names = ["depthwise_kernel", "kernel", "depthwise_weights"];
    let kernel = filters(build, site, 0, &names, &[h, w, channels, multiplier])?;
    let count = channels.saturating_mul(multiplier);
    let bias = bias(build, site, 1, window.bias, count)?;
    let sizes = [product(&[h, w, count]), count];
    let value = add(
        build,
        site,
        &window,
        channels,
        sizes,
        [Some(kernel), bias],
        input,
    )?;
    function(build, site, value)
}

/// `SeparableConv2D`: one as above, then a convolution of single pixels.
pub(super) fn separable(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    let input = one(site, inputs)?;
    let window = Window::of(site)?;
    let channels = build.graph.shape(input).channels();
    let multiplier = site.layer.pair("depth_multiplier", [1; 2])?[0];
    let count = site.layer.count("filters")?;
    let [h, w] = window.kernel;
    let wide = channels.saturating_mul(multiplier);
    let alone = filters(
        build,
        site,
        0,
        &["depthwise_kernel"],
        &[h, w, channels, multiplier],
    )?;
    let mixing = filters(build, site, 1, &["pointwise_kernel"], &[1, 1, wide, count])?;
    let bias = bias(build, site, 2, window.bias, count)?;
    let sizes = [product(&[h, w, wide]), wide];
    let between = add(
        build,
        site,
        &window,
        channels,
        sizes,
        [Some(alone), None],
        input,
    )?;
    let single = Window {
        kernel: [1; 2],
        padding: PaddingText::Valid,
        stride: [1; 2],
        dilation: [1; 2],
        bias: window.bias,
    };
    let sizes = [product(&[wide, count]), count];
    let value = add(
        build,
        site,
        &single,
        1,
        sizes,
        [Some(mixing), bias],
        between,
    )?;
    function(build, site, value)
}

/// Adds a dense layer with weights in the notation's order.
fn linear(
    build: &mut Build<'_>,
    site: &Site<'_>,
    units: usize,
    arrays: [Option<Numbers>; 2],
    input: Value,
) -> Checked<Value> {
    let has_bias = arrays[1].is_some();
    let arguments: [(&str, Argument); 2] = [("units", units.into()), ("bias", has_bias.into())];
    let text = build.graph.text("linear", arguments)?;
    let arrays = ["weight", "bias"].into_iter().zip(arrays);
    let arrays = arrays.filter_map(|(name, numbers)| Some(Array::new(name, numbers?)));
    build
        .graph
        .layer(site.origin(), text, arrays.collect(), input)
}

/// `Dense`: weights `(in, out)`; of a volume it is a convolution of single pixels.
pub(super) fn dense(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    let name = if site.layer.get("units").is_some() {
        "units"
    } else {
        "output_dim"
    };
    let units = site.layer.count(name)?;
    let shape = build.graph.shape(input);
    let features = shape.channels();
    let with_bias = site.layer.flag("use_bias", site.layer.flag("bias", true));
    let kernel = filters(build, site, 0, KERNEL, &[features, units])?;
    let bias = bias(build, site, 1, with_bias, units)?;
    let value = match shape {
        Shape::Volume { .. } => {
            let single = Window {
                kernel: [1; 2],
                padding: PaddingText::Valid,
                stride: [1; 2],
                dilation: [1; 2],
                bias: with_bias,
            };
            let sizes = [product(&[features, units]), units];
            add(build, site, &single, 1, sizes, [Some(kernel), bias], input)?
        }
        Shape::Features(_) => {
            let kernel = kernel.transposed(&[features, units], &[1, 0]);
            linear(build, site, units, [Some(kernel), bias], input)?
        }
    };
    function(build, site, value)
}
