//! How each kind of layer is written: a row in the table, and a function.

mod windows;

use stepnet_base::Result;
use stepnet_nn::Shape;

use super::helpers::Helper;
use super::modules::{Module, Part, sequence};
use crate::outgoing::{Array, Block, OutLayer, Outgoing};

/// A layer, and where the order of a vector is another.
pub(super) struct Place<'a> {
    layer: &'a OutLayer,
    /// The volume whose values its input has channel by channel, where it is a vector in that order.
    from: Option<[usize; 3]>,
    /// Whether the output is such a vector.
    keeps_channels_first: bool,
}

/// The modules of a layer.
type Writer = fn(&Place<'_>) -> Result<Vec<Module>>;

/// The kinds of layers; `residual`, `branch` and `scale` are blocks.
const WRITERS: &[(&str, Writer)] = &[
    ("adaptiveavgpool", |place| {
        plain(&format!(
            "nn.AdaptiveAvgPool2d({})",
            windows::pair(place.layer.text.pair("size"))
        ))
    }),
    ("avgpool", windows::average),
    ("bn", batch_norm),
    ("channelshuffle", |place| {
        of_helper(Helper::ChannelShuffle, &[groups(place)])
    }),
    ("conv", windows::conv),
    ("convtranspose", windows::conv_transpose),
    ("dropout", |place| rate(place, "nn.Dropout")),
    ("dropout2d", dropout_2d),
    ("droppath", |place| {
        Ok(vec![Module::of_helper(
            Helper::DropPath,
            &place.layer.text.number("rate").to_string(),
        )])
    }),
    ("elu", elu),
    ("flatten", flatten),
    ("gelu", |_| plain("nn.GELU()")),
    ("gelutanh", |_| plain("nn.GELU(approximate=\"tanh\")")),
    ("globalavgpool", |_| {
        Ok(vec![
            Module::new("nn.AdaptiveAvgPool2d(1)"),
            Module::new("nn.Flatten()"),
        ])
    }),
    ("globalmaxpool", |_| {
        Ok(vec![
            Module::new("nn.AdaptiveMaxPool2d(1)"),
            Module::new("nn.Flatten()"),
        ])
    }),
    ("groupnorm", group_norm),
    ("hardsigmoid", |_| plain("nn.Hardsigmoid()")),
    ("hardswish", |_| plain("nn.Hardswish()")),
    ("identity", |_| Ok(Vec::new())),
    ("instancenorm", instance_norm),
    ("layernorm", layer_norm),
    ("layerscale", layer_scale),
    ("leakyrelu", |place| {
        plain(&format!(
            "nn.LeakyReLU({})",
            place.layer.text.number("slope")
        ))
    }),
    ("linear", linear),
    ("lrn", local_response),
    ("maxpool", windows::maximum),
    ("pad", windows::pad),
    ("prelu", prelu),
    ("relu", |_| plain("nn.ReLU()")),
    ("relu6", |_| plain("nn.ReLU6()")),
    ("sigmoid", |_| plain("nn.Sigmoid()")),
    ("silu", |_| plain("nn.SiLU()")),
    ("slicechannels", slice),
    ("softmax", |_| plain("nn.Softmax(dim=1)")),
    ("tanh", |_| plain("nn.Tanh()")),
    ("upsample", windows::upsample),
];

/// The whole network as a module, without its last layer if `closes`: the program applies that to the logits.
pub(super) fn network(outgoing: &Outgoing, blocks: &[Block], closes: bool) -> Result<Module> {
    let writer = Program {
        outgoing,
        end: outgoing.layers.len() - usize::from(closes),
    };
    Ok(sequence(writer.parts(blocks)?))
}

struct Program<'a> {
    outgoing: &'a Outgoing,
    /// The layers from here on are not modules.
    end: usize,
}

impl Program<'_> {
    fn parts(&self, blocks: &[Block]) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        for block in blocks {
            match block {
                Block::Layer(number) => {
                    parts.extend(self.layer(*number)?.into_iter().map(Part::One))
                }
                Block::Repeated(repetitions) => parts.extend(self.repeated(repetitions)?),
                Block::Residual { body, shortcut } => {
                    let mut arguments = vec![("body", self.sequence(body)?)];
                    if !shortcut.is_empty() {
                        arguments.push(("shortcut", self.sequence(shortcut)?));
                    }
                    parts.push(Part::One(Module::call(Helper::Residual, arguments)));
                }
                Block::Scale { body } => {
                    let arguments = vec![("body", self.sequence(body)?)];
                    parts.push(Part::One(Module::call(Helper::Scale, arguments)));
                }
                Block::Branch { paths } => {
                    let paths = paths
                        .iter()
                        .map(|path| self.sequence(path))
                        .collect::<Result<_>>()?;
                    parts.push(Part::One(Module::list(Helper::Branch, paths)));
                }
            }
        }
        Ok(parts)
    }

    fn sequence(&self, blocks: &[Block]) -> Result<Module> {
        Ok(sequence(self.parts(blocks)?))
    }

    /// A group: its repetitions as modules in a row.
    fn repeated(&self, repetitions: &[Vec<Block>]) -> Result<Vec<Part>> {
        let rows = repetitions.iter().map(|blocks| {
            let parts = self.parts(blocks)?;
            Ok(parts.into_iter().flat_map(Part::modules).collect())
        });
        Ok(Part::repeated(rows.collect::<Result<_>>()?))
    }

    fn layer(&self, number: usize) -> Result<Vec<Module>> {
        if number >= self.end {
            return Ok(Vec::new());
        }
        let layer = &self.outgoing.layers[number];
        let place = Place {
            layer,
            from: self.outgoing.channels_first[layer.inputs[0]],
            keeps_channels_first: self.outgoing.channels_first[number + 1].is_some(),
        };
        let Some((_, writer)) = WRITERS.iter().find(|(kind, _)| *kind == layer.kind()) else {
            return Err(layer.refused(
                "cannot be written for PyTorch; layers of a program's own cannot be exported",
            ));
        };
        let mut modules = writer(&place)?;
        if !layer.implied
            && let Some(last) = modules.pop()
        {
            modules.push(last.named(&layer.name));
        }
        Ok(modules)
    }
}

fn plain(code: &str) -> Result<Vec<Module>> {
    Ok(vec![Module::new(code)])
}

fn groups(place: &Place<'_>) -> usize {
    place.layer.text.count("groups").number().unwrap_or(1)
}

/// A class of the program's own, made with these numbers.
fn of_helper(helper: Helper, numbers: &[usize]) -> Result<Vec<Module>> {
    let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
    Ok(vec![Module::of_helper(helper, &numbers.join(", "))])
}

fn rate(place: &Place<'_>, class: &str) -> Result<Vec<Module>> {
    plain(&format!("{class}({})", place.layer.text.number("rate")))
}

/// PyTorch's takes volumes; the features of a vector are dropped one by one.
fn dropout_2d(place: &Place<'_>) -> Result<Vec<Module>> {
    match place.layer.input() {
        Shape::Volume { .. } => rate(place, "nn.Dropout2d"),
        Shape::Features(_) => rate(place, "nn.Dropout"),
    }
}

fn elu(place: &Place<'_>) -> Result<Vec<Module>> {
    plain(&match place.layer.text.number("alpha") {
        1.0 => "nn.ELU()".to_owned(),
        alpha => format!("nn.ELU({alpha})"),
    })
}

fn flatten(place: &Place<'_>) -> Result<Vec<Module>> {
    let moves = match place.layer.input() {
        Shape::Volume {
            height,
            width,
            channels,
        } => channels > 1 && height * width > 1,
        Shape::Features(_) => return Ok(Vec::new()),
    };
    match moves && !place.keeps_channels_first {
        true => Ok(vec![Module::of_helper(Helper::FlattenChannelsLast, "")]),
        false => plain("nn.Flatten()"),
    }
}

fn linear(place: &Place<'_>) -> Result<Vec<Module>> {
    let weight = place.layer.array("weight")?.for_channels_first(place.from);
    let [units, features] = weight.shape[..] else {
        return Err(place.layer.refused("has weights that are no matrix"));
    };
    let bias = if place.layer.has("bias") {
        ""
    } else {
        ", bias=False"
    };
    let module =
        Module::new(format!("nn.Linear({features}, {units}{bias})")).with("weight", weight);
    Ok(vec![with_bias(place, module)?])
}

/// The module with the layer's bias, if it has one.
fn with_bias(place: &Place<'_>, module: Module) -> Result<Module> {
    match place.layer.has("bias") {
        true => Ok(module.with("bias", place.layer.array("bias")?.clone())),
        false => Ok(module),
    }
}

/// The module with arrays of the layer under PyTorch's names for them.
fn with_arrays(
    place: &Place<'_>,
    mut module: Module,
    names: &[(&str, &str)],
) -> Result<Vec<Module>> {
    for (name, theirs) in names {
        module = module.with(theirs, place.layer.array(name)?.clone());
    }
    Ok(vec![module])
}

const SCALE_AND_SHIFT: [(&str, &str); 2] = [("gamma", "weight"), ("beta", "bias")];

/// `, eps=...` unless it is PyTorch's default.
fn epsilon(place: &Place<'_>) -> String {
    match place.layer.text.number("epsilon") {
        1e-5 => String::new(),
        epsilon => format!(", eps={epsilon:e}"),
    }
}

fn batch_norm(place: &Place<'_>) -> Result<Vec<Module>> {
    let input = place.layer.input();
    let dims = if matches!(input, Shape::Volume { .. }) {
        2
    } else {
        1
    };
    // PyTorch's momentum is the share of the new value, Stepnet's that of the old one.
    let momentum = (1e6 * (1.0 - place.layer.text.number("momentum"))).round() / 1e6;
    let momentum = if momentum == 0.1 {
        String::new()
    } else {
        format!(", momentum={momentum}")
    };
    let code = format!(
        "nn.BatchNorm{dims}d({}{}{momentum})",
        input.channels(),
        epsilon(place)
    );
    let running = [("mean", "running_mean"), ("variance", "running_var")];
    with_arrays(
        place,
        Module::new(code),
        &[&SCALE_AND_SHIFT[..], &running].concat(),
    )
}

fn layer_norm(place: &Place<'_>) -> Result<Vec<Module>> {
    let input = place.layer.input();
    let arguments = format!("{}{}", input.channels(), epsilon(place));
    let module = match input {
        Shape::Volume { .. } => Module::of_helper(Helper::LayerNorm2d, &arguments),
        Shape::Features(_) => Module::new(format!("nn.LayerNorm({arguments})")),
    };
    with_arrays(place, module, &SCALE_AND_SHIFT)
}

fn group_norm(place: &Place<'_>) -> Result<Vec<Module>> {
    let groups = place.layer.text.count("groups").number().unwrap_or(1);
    let code = format!(
        "nn.GroupNorm({groups}, {}{})",
        place.layer.input().channels(),
        epsilon(place)
    );
    with_arrays(place, Module::new(code), &SCALE_AND_SHIFT)
}

fn instance_norm(place: &Place<'_>) -> Result<Vec<Module>> {
    let (channels, epsilon) = (place.layer.input().channels(), epsilon(place));
    match place.layer.has("gamma") {
        true => {
            let module = Module::new(format!(
                "nn.InstanceNorm2d({channels}{epsilon}, affine=True)"
            ));
            with_arrays(place, module, &SCALE_AND_SHIFT)
        }
        false => plain(&format!("nn.InstanceNorm2d({channels}{epsilon})")),
    }
}

/// The factors have the shape that spreads over the pixels.
fn layer_scale(place: &Place<'_>) -> Result<Vec<Module>> {
    let factors = place.layer.array("gamma")?;
    let channels = factors.values.len();
    let (shape, arguments) = match place.layer.input() {
        Shape::Volume { .. } => (vec![channels, 1, 1], format!("{channels}, 1, 1")),
        Shape::Features(_) => (vec![channels], channels.to_string()),
    };
    let module = Module::of_helper(Helper::LayerScale, &arguments);
    Ok(vec![module.with("gamma", factors.reshaped(shape))])
}

fn local_response(place: &Place<'_>) -> Result<Vec<Module>> {
    let text = &place.layer.text;
    let size = text.count("size").number().unwrap_or(1);
    let [alpha, beta, k] = ["alpha", "beta", "k"].map(|name| text.number(name));
    let norm = format!("nn.LocalResponseNorm({size}, alpha={alpha}, beta={beta}, k={k})");
    match place.layer.input() {
        Shape::Volume { .. } => plain(&norm),
        // PyTorch's takes volumes only.
        Shape::Features(features) => {
            let pixels = format!("nn.Unflatten(1, ({features}, 1))");
            Ok(vec![
                Module::new(pixels),
                Module::new(norm),
                Module::new("nn.Flatten()"),
            ])
        }
    }
}

fn slice(place: &Place<'_>) -> Result<Vec<Module>> {
    let text = &place.layer.text;
    of_helper(
        Helper::SliceChannels,
        &[
            text.whole("first"),
            text.count("count").number().unwrap_or(1),
        ],
    )
}

fn prelu(place: &Place<'_>) -> Result<Vec<Module>> {
    let slopes: &Array = place.layer.array("slope")?;
    let code = match slopes.values.len() {
        1 => "nn.PReLU()".to_owned(),
        channels => format!("nn.PReLU({channels})"),
    };
    with_arrays(place, Module::new(code), &[("slope", "weight")])
}

#[cfg(test)]
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    WRITERS.iter().map(|(kind, _)| *kind)
}
