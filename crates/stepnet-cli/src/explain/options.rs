//! The methods and their settings on the command line.

use clap::Args;
use stepnet::see::explain::{Baseline, Options, method, methods};

use crate::failure::Outcome;
use crate::usage::{any, number, whole};

/// The method unless one is named.
const USUAL: &str = "grad-cam";

/// The methods and their settings.
#[derive(Debug, Args)]
pub(super) struct MethodArgs {
    /// The method, or several with commas between them; `all` for each of the list below [default: grad-cam].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    method: Vec<String>,
    /// The layer of grad-cam and grad-cam++ [default: the last one as large as the last convolution's output].
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// Steps of integrated-gradients.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = whole::<u32>(1, 1_000_000), allow_negative_numbers = true, help_heading = "Settings of methods")]
    steps: u32,
    /// Noisy copies of smoothgrad.
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = whole::<u32>(1, 1_000_000), allow_negative_numbers = true, help_heading = "Settings of methods")]
    samples: u32,
    /// The standard deviation of smoothgrad's noise, as a share of the range of an image's values.
    #[arg(long, value_name = "SHARE", default_value_t = 0.15, value_parser = number(|share| (0.0..=100.0).contains(&share), "a number from 0 to 100"), allow_negative_numbers = true, help_heading = "Settings of methods")]
    noise: f64,
    /// The side of the patch that occlusion covers, in pixels of the network's input [default: an eighth of the shorter side].
    #[arg(long, value_name = "PIXELS", value_parser = whole::<u32>(1, 1_000_000), allow_negative_numbers = true, help_heading = "Settings of methods")]
    patch: Option<u32>,
    /// How far the patch moves [default: half of its side].
    #[arg(long, value_name = "PIXELS", value_parser = whole::<u32>(1, 1_000_000), allow_negative_numbers = true, help_heading = "Settings of methods")]
    stride: Option<u32>,
    /// What integrated-gradients begin with and occlusion covers with: zero (the network's input 0), black, white, or mean
    /// (the image's mean colour).
    #[arg(long, value_name = "WORD", default_value = "zero", value_parser = any::<Baseline>, help_heading = "Settings of methods")]
    baseline: Baseline,
    /// The seed of smoothgrad's noise and of the random weights of --sanity.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole::<u32>(0, u32::MAX.into()), allow_negative_numbers = true, help_heading = "Settings of methods")]
    pub(super) seed: u32,
}

impl MethodArgs {
    /// The names of the methods, each once.
    pub(super) fn methods(&self) -> Outcome<Vec<&'static str>> {
        let mut names = Vec::new();
        for name in self.method.iter().map(|name| name.trim()) {
            match name {
                "all" => names.extend(methods().map(|about| about.name)),
                name => names.push(method(name)?.name),
            }
        }
        if names.is_empty() {
            names.push(USUAL);
        }
        let mut once: Vec<&'static str> = Vec::new();
        for name in names {
            if !once.contains(&name) {
                once.push(name);
            }
        }
        Ok(once)
    }

    pub(super) fn options(&self) -> Options {
        Options::default()
            .layer(self.layer.clone())
            .steps(self.steps as usize)
            .samples(self.samples as usize)
            .noise(self.noise)
            .seed(self.seed)
            .patch(self.patch.map(|side| side as usize))
            .stride(self.stride.map(|pixels| pixels as usize))
            .baseline(self.baseline)
    }
}

/// The end of the help: examples, and the table of methods.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "\
Examples:
  stepnet explain runs/mine/model.safetensors photo.jpg --out photo.png
  stepnet explain runs/mine/model.safetensors photos/ --method grad-cam,occlusion --html maps.html
  stepnet explain runs/mine/model.safetensors photo.jpg --method all --sanity --out maps/
  stepnet explain runs/mine/model.safetensors photos/ --method integrated-gradients --npz maps.npz
  stepnet explain runs/mine/model.safetensors photo.jpg --feature-maps relu1 --filters --out maps/

Methods:
",
    );
    for about in methods() {
        text.push_str(&format!(
            "  {:<20}  {} ({})\n",
            about.name, about.summary, about.source
        ));
    }
    text.push_str(
        "
The score of a class is the network's output for it before the closing activation. An image that
cannot be read is reported and left out; the exit code is then 2.",
    );
    text
}
