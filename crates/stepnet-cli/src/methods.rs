//! `stepnet inspect --methods`: which method computes each pass of each layer, and why.

use serde_json::{Value, json};
use stepnet::kernels::{PassPlan, Reason};
use stepnet::nn::{Network, SegmentMethods};
use stepnet_base::text::count;

use crate::display::clean;
use crate::progress::{print_line, print_sentence};

/// Cells of a line.
const WIDTH: usize = 80;

/// The methods of a network's passes over batches of some examples.
#[derive(Debug)]
pub(crate) struct Methods {
    batch: usize,
    dtype: &'static str,
    /// Whether the passes are those without Winograd's method.
    exact: bool,
    training: Vec<SegmentMethods>,
    inference: Vec<SegmentMethods>,
}

impl Methods {
    pub(crate) fn of<T: stepnet::Number>(network: &Network<T>, batch: usize) -> Self {
        Self {
            batch,
            dtype: T::NAME,
            exact: network.exact(),
            training: network.methods(batch, true),
            inference: network.methods(batch, false),
        }
    }

    /// Prints the passes of a training step, then the segments that differ at inference.
    pub(crate) fn print(&self) {
        if self.training.is_empty() && self.inference.is_empty() {
            print_sentence(
                "methods: no convolution or dense layer, so there is no choice of method",
            );
            return;
        }
        let of = format!("{} in {}", count(self.batch, "example"), self.dtype);
        print_sentence(&format!("methods of a training step over {of}:"));
        self.training.iter().for_each(print_segment);
        let forward =
            |segment: &SegmentMethods| (segment.layers.clone(), segment.passes.first().cloned());
        let trained: Vec<_> = self.training.iter().map(forward).collect();
        let others = self.inference.iter();
        let others: Vec<_> = others
            .filter(|segment| !trained.contains(&forward(segment)))
            .collect();
        print_line("");
        match others.as_slice() {
            [] => print_sentence("at inference: the same as the forward passes above"),
            others => {
                print_sentence(&format!("segments that differ at inference over {of}:"));
                others.iter().for_each(|segment| print_segment(segment));
            }
        }
    }

    /// The same as JSON.
    pub(crate) fn describe(&self) -> Value {
        let segments = |segments: &[SegmentMethods]| -> Vec<Value> {
            let segments = segments.iter();
            segments
                .map(|segment| {
                    let passes: Vec<Value> = segment.passes.iter().map(describe_pass).collect();
                    json!({"layers": segment.layers, "passes": passes})
                })
                .collect()
        };
        json!({
            "batch": self.batch,
            "dtype": self.dtype,
            "exact": self.exact,
            "training": segments(&self.training),
            "inference": segments(&self.inference),
        })
    }
}

fn print_segment(segment: &SegmentMethods) {
    print_line(&clean(&segment.layers.join(" + "), WIDTH));
    for pass in &segment.passes {
        print_line(&format!(
            "  {:<8} {:<9} {:<8}  {}",
            pass.pass, pass.method, pass.instruction_set, pass.reason
        ));
        for (method, reason) in &pass.refused {
            print_line(&format!("{:11}not {method}: {reason}", ""));
        }
    }
}

fn describe_pass(pass: &PassPlan) -> Value {
    let refused: Vec<Value> = pass
        .refused
        .iter()
        .map(|(method, reason)| json!({"method": method, "reason": describe_reason(reason)}))
        .collect();
    json!({
        "pass": pass.pass.name(),
        "method": pass.method,
        "instruction_set": pass.instruction_set,
        "reason": describe_reason(&pass.reason),
        "refused": refused,
        "scratch_bytes": pass.scratch,
    })
}

fn describe_reason(reason: &Reason) -> Value {
    match reason {
        Reason::Number {
            what,
            value,
            relation,
            threshold,
        } => json!({
            "text": reason.to_string(),
            "what": what,
            "value": value,
            "relation": relation.sign(),
            "threshold": threshold,
        }),
        _ => json!({"text": reason.to_string()}),
    }
}
