//! Nodes that other layers can do.

use super::array::Array;
use super::core::{Graph, Operation, Value};
use crate::problem::Checked;
use stepnet_nn::notation::PaddingText;

/// The parameters of a batch normalisation that only multiplies and adds.
const EPSILON: f64 = 1e-5;

impl Graph {
    /// Merges factors and offsets into the layer before them, and borders of zeros into the convolution after them;
    /// factors and offsets that are left become a `bn`. `output` may be the value of a node that is merged: the new
    /// one is given.
    ///
    /// # Errors
    /// When a layer refuses its new arguments.
    pub(super) fn simplify(&mut self, output: Value) -> Checked<Value> {
        self.join_hard_activations(output)?;
        let mut readers = self.readers(output);
        // The value that stands for each one.
        let mut stands: Vec<Value> = (0..=self.nodes.len()).map(Value).collect();
        for place in 0..self.nodes.len() {
            for input in &mut self.nodes[place].inputs {
                *input = stands[input.0];
            }
            // Neither what the output does not need, nor what the preprocessing does, may change a layer.
            if readers[place + 1] == 0 {
                continue;
            }
            match &self.nodes[place].operation {
                Operation::Affine { .. } => {
                    let input = self.nodes[place].inputs[0];
                    if readers[input.0] == 1 && self.merge_affine(place, input)? {
                        stands[place + 1] = input;
                        readers[input.0] = readers[place + 1];
                    } else {
                        self.make_batch_norm(place)?;
                    }
                }
                Operation::Layer(text, _) if text.kind() == "conv" => {
                    let input = self.nodes[place].inputs[0];
                    if readers[input.0] == 1 {
                        self.merge_pad(place, input)?;
                    }
                }
                _ => {}
            }
        }
        Ok(stands[output.0])
    }

    /// Multiplies the arrays of the layer that makes `input` by the factors of node `place`, and adds the offsets, if it
    /// has arrays that do that.
    fn merge_affine(&mut self, place: usize, input: Value) -> Checked<bool> {
        let Some(before) = input.0.checked_sub(1) else {
            return Ok(false);
        };
        let (earlier, later) = self.nodes.split_at_mut(place);
        let Operation::Affine { scale, shift } = &later[0].operation else {
            return Ok(false);
        };
        let Operation::Layer(text, arrays) = &mut earlier[before].operation else {
            return Ok(false);
        };
        let channels = scale.len();
        // Where the output channel of each number of the weights is found.
        let (weight, bias) = match text.kind() {
            "conv" | "linear" => ("weight", "bias"),
            // Its filters are not the last axis of its weights.
            "convtranspose" if scale.iter().all(|&factor| factor == 1.0) => ("weight", "bias"),
            "bn" | "layernorm" | "groupnorm" | "instancenorm" => ("gamma", "beta"),
            _ => return Ok(false),
        };
        let rows = text.kind() == "linear";
        let offsets = shift.iter().any(|&shift| shift != 0.0);
        let has_bias = arrays.iter().any(|array| array.name == bias);
        if offsets && !has_bias {
            *text = text.clone().with("bias", true)?;
            arrays.push(Array::of(bias, vec![0.0; channels]));
        }
        for Array { name, numbers } in arrays {
            if *name == weight {
                let row = numbers.len() / channels.max(1);
                numbers.change(|at, value| {
                    let channel = if rows { at / row.max(1) } else { at % channels };
                    value * scale.get(channel).copied().unwrap_or(1.0)
                });
            } else if *name == bias {
                numbers.change(|at, value| value * scale[at % channels] + shift[at % channels]);
            }
        }
        let sources = later[0].origin.sources.clone();
        let origin = earlier[before].origin.clone();
        earlier[before].origin = origin.and(sources);
        Ok(true)
    }

    /// Makes node `place`, which multiplies and adds, a batch normalisation of values of mean 0 and variance 1.
    fn make_batch_norm(&mut self, place: usize) -> Checked<()> {
        let text = self.text("bn", [("epsilon", EPSILON.into())])?;
        let node = &mut self.nodes[place];
        if let Operation::Affine { scale, shift } = &mut node.operation {
            let channels = scale.len();
            let arrays = vec![
                Array::of("gamma", std::mem::take(scale)),
                Array::of("beta", std::mem::take(shift)),
                Array::of("mean", vec![0.0; channels]),
                Array::of("variance", vec![1.0 - EPSILON; channels]),
            ];
            node.operation = Operation::Layer(text, arrays);
        }
        Ok(())
    }

    /// Adds the border that makes `input`, if it is one of zeros, to the padding of the convolution at `place`.
    fn merge_pad(&mut self, place: usize, input: Value) -> Checked<()> {
        let Some(before) = input.0.checked_sub(1) else {
            return Ok(());
        };
        let (earlier, later) = self.nodes.split_at_mut(place);
        let (pad, conv) = (&earlier[before], &mut later[0]);
        let (Operation::Layer(border, _), Operation::Layer(text, _)) =
            (&pad.operation, &mut conv.operation)
        else {
            return Ok(());
        };
        // Other borders than zeros have a mode in their text.
        if border.kind() != "pad" || border.to_string().contains("mode") {
            return Ok(());
        }
        let [border, own] = [border, &*text].map(|text| sides(text.padding("padding")));
        let (Some(border), Some(own)) = (border, own) else {
            return Ok(());
        };
        let [top, bottom, left, right] = [0, 1, 2, 3].map(|side| border[side] + own[side]);
        let padding = PaddingText::Sides {
            top,
            bottom,
            left,
            right,
        };
        *text = text.clone().with("padding", padding)?;
        conv.inputs = pad.inputs.clone();
        conv.origin = conv.origin.clone().and(pad.origin.sources.clone());
        Ok(())
    }
}

/// The rows and columns of a padding: top, bottom, left, right.
fn sides(padding: PaddingText) -> Option<[usize; 4]> {
    match padding {
        PaddingText::Valid => Some([0; 4]),
        PaddingText::Sides {
            top,
            bottom,
            left,
            right,
        } => Some([top, bottom, left, right]),
        _ => None,
    }
}
