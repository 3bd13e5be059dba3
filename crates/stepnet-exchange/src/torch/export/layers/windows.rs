//! Convolutions, pooling and borders.

use stepnet_base::Result;
use stepnet_kernels::Padding;
use stepnet_nn::notation::PaddingText;

use super::{Place, plain, with_bias};
use crate::outgoing::{conv_padding, pool_padding, transposed_padding};
use crate::torch::export::helpers::Helper;
use crate::torch::export::modules::Module;

/// `3` for equal sides, else `(3, 5)`.
pub(super) fn pair([height, width]: [usize; 2]) -> String {
    match height == width {
        true => height.to_string(),
        false => format!("({height}, {width})"),
    }
}

/// The sides in the order of `nn.ZeroPad2d`.
fn sides(padding: Padding) -> String {
    let Padding {
        top,
        bottom,
        left,
        right,
    } = padding;
    match [top, bottom, left, right] {
        all if all == [top; 4] => top.to_string(),
        _ => format!("({left}, {right}, {top}, {bottom})"),
    }
}

/// The padding that is the same on opposite sides: height, width.
fn symmetric(padding: Padding) -> Option<[usize; 2]> {
    let Padding {
        top,
        bottom,
        left,
        right,
    } = padding;
    (top == bottom && left == right).then_some([top, left])
}

/// `, name=value` unless it is the default.
fn unless(name: &str, value: String, default: &str) -> String {
    match value == default {
        true => String::new(),
        false => format!(", {name}={value}"),
    }
}

pub(super) fn conv(place: &Place<'_>) -> Result<Vec<Module>> {
    let text = &place.layer.text;
    let padding = conv_padding(place.layer)?;
    let inside = symmetric(padding).unwrap_or([0, 0]);
    let mut modules = Vec::new();
    if symmetric(padding).is_none() {
        modules.push(Module::new(format!("nn.ZeroPad2d({})", sides(padding))));
    }
    let weight = place.layer.array("weight")?.filters_first();
    let settings = [
        unless("stride", pair(text.pair("stride")), "1"),
        unless("padding", pair(inside), "0"),
        unless("dilation", pair(text.pair("dilation")), "1"),
        unless(
            "groups",
            text.count("groups").number().unwrap_or(1).to_string(),
            "1",
        ),
        unless(
            "bias",
            if place.layer.has("bias") {
                "True"
            } else {
                "False"
            }
            .to_owned(),
            "True",
        ),
    ];
    let (channels, filters) = (place.layer.input().channels(), weight.shape[0]);
    let kernel = pair(text.pair("kernel"));
    let code = format!(
        "nn.Conv2d({channels}, {filters}, {kernel}{})",
        settings.concat()
    );
    modules.push(with_bias(place, Module::new(code).with("weight", weight))?);
    Ok(modules)
}

/// The padding that PyTorch's pooling takes itself: the same on opposite sides, and at most half the window.
fn pooled(padding: Padding, size: [usize; 2]) -> Option<[usize; 2]> {
    symmetric(padding).filter(|padding| (0..2).all(|axis| 2 * padding[axis] <= size[axis]))
}

pub(super) fn maximum(place: &Place<'_>) -> Result<Vec<Module>> {
    let text = &place.layer.text;
    let (size, padding) = (text.pair("size"), pool_padding(place.layer)?.whole());
    let inside = pooled(padding, size);
    let settings = [
        unless("stride", pair(text.pair("stride")), &pair(size)),
        unless("padding", pair(inside.unwrap_or([0, 0])), "0"),
    ];
    let mut modules = Vec::new();
    if inside.is_none() {
        modules.push(Module::new(format!(
            "nn.ConstantPad2d({}, -torch.inf)",
            sides(padding)
        )));
    }
    modules.push(Module::new(format!(
        "nn.MaxPool2d({}{})",
        pair(size),
        settings.concat()
    )));
    Ok(modules)
}

pub(super) fn average(place: &Place<'_>) -> Result<Vec<Module>> {
    let text = &place.layer.text;
    let (size, padding) = (text.pair("size"), pool_padding(place.layer)?);
    let stride = pair(text.pair("stride"));
    let counts = text.flag("count_padding");
    // Padding that counts is zeros around the image, if PyTorch does not take it itself.
    let taken = pooled(padding.whole(), size).filter(|_| !counts || padding.beyond.is_zero());
    let mut modules = Vec::new();
    let (around, rest) = match counts {
        true => (padding.given, padding.beyond),
        false => (Padding::VALID, padding.whole()),
    };
    if taken.is_none() && !around.is_zero() {
        modules.push(Module::new(format!("nn.ZeroPad2d({})", sides(around))));
    }
    if taken.is_none() && !rest.is_zero() {
        let arguments = format!("{}, {stride}, {}", pair(size), four(rest));
        modules.push(Module::of_helper(Helper::AvgPool, &arguments));
        return Ok(modules);
    }
    let inside = taken.unwrap_or([0, 0]);
    let count = match inside {
        [0, 0] => String::new(),
        _ => unless(
            "count_include_pad",
            if counts { "True" } else { "False" }.to_owned(),
            "True",
        ),
    };
    let settings = [
        unless("stride", stride, &pair(size)),
        unless("padding", pair(inside), "0"),
        count,
    ];
    modules.push(Module::new(format!(
        "nn.AvgPool2d({}{})",
        pair(size),
        settings.concat()
    )));
    Ok(modules)
}

/// All four sides in the order of `F.pad`.
fn four(padding: Padding) -> String {
    let Padding {
        top,
        bottom,
        left,
        right,
    } = padding;
    format!("({left}, {right}, {top}, {bottom})")
}

pub(super) fn pad(place: &Place<'_>) -> Result<Vec<Module>> {
    let text = &place.layer.text;
    let class = match text.word("mode") {
        "reflect" => "ReflectionPad2d",
        "edge" => "ReplicationPad2d",
        _ => "ZeroPad2d",
    };
    match text.padding("padding") {
        PaddingText::Sides {
            top,
            bottom,
            left,
            right,
        } => plain(&format!(
            "nn.{class}({})",
            sides(Padding {
                top,
                bottom,
                left,
                right
            })
        )),
        _ => Ok(Vec::new()),
    }
}

/// What differs by side is cropped by a border of less than nothing.
pub(super) fn conv_transpose(place: &Place<'_>) -> Result<Vec<Module>> {
    let text = &place.layer.text;
    let (padding, more) = transposed_padding(place.layer);
    let inside = symmetric(padding).unwrap_or([0, 0]);
    let weight = place.layer.array("weight")?.filters_first();
    let groups = text.count("groups").number().unwrap_or(1);
    let settings = [
        unless("stride", pair(text.pair("stride")), "1"),
        unless("padding", pair(inside), "0"),
        unless("output_padding", pair(more), "0"),
        unless("dilation", pair(text.pair("dilation")), "1"),
        unless("groups", groups.to_string(), "1"),
        unless(
            "bias",
            if place.layer.has("bias") {
                "True"
            } else {
                "False"
            }
            .to_owned(),
            "True",
        ),
    ];
    let (channels, filters) = (weight.shape[0], weight.shape[1] * groups);
    let kernel = pair(text.pair("kernel"));
    let code = format!(
        "nn.ConvTranspose2d({channels}, {filters}, {kernel}{})",
        settings.concat()
    );
    let mut modules = vec![with_bias(place, Module::new(code).with("weight", weight))?];
    if symmetric(padding).is_none() {
        let Padding {
            top,
            bottom,
            left,
            right,
        } = padding;
        modules.push(Module::new(format!(
            "nn.ZeroPad2d((-{left}, -{right}, -{top}, -{bottom}))"
        )));
    }
    Ok(modules)
}

pub(super) fn upsample(place: &Place<'_>) -> Result<Vec<Module>> {
    let text = &place.layer.text;
    let mode = unless("mode", format!("\"{}\"", text.word("mode")), "\"nearest\"");
    plain(&format!(
        "nn.Upsample(scale_factor={}{mode})",
        pair(text.pair("factor"))
    ))
}
