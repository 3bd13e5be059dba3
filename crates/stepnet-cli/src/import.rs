//! `stepnet import`: a model of another framework as one of Stepnet.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};
use stepnet::Number;
use stepnet::exchange::{ImportOptions, Imported, Mapping, import};
use stepnet::nn::{Resize, Shape};
use stepnet_base::text::{replace_names, thousands};

use crate::failure::{Failure, Outcome};
use crate::note;
use crate::output::Target;
use crate::progress::print_sentence;
use crate::usage::number;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet import model.onnx --out model.safetensors
  stepnet import resnet18.onnx --classes imagenet.txt --mean 0.485,0.456,0.406 \\
      --deviation 0.229,0.224,0.225 --out resnet18.safetensors
  stepnet import resnet18-f37072fd.pth --as resnet18 --out resnet18.safetensors
  stepnet import cats.keras --out cats.safetensors
  stepnet import detector.onnx --until /backbone/Relu_9 --out backbone.safetensors

The file's format follows from its content. Nothing that a file contains is run.";

/// How many of the mapping's lines are printed without --verbose.
const SHORT: usize = 6;

/// The arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The model's file.
    file: PathBuf,
    /// Where the model goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The network whose weights a file without a network has, such as resnet18.
    #[arg(long = "as", value_name = "RECIPE", conflicts_with = "model")]
    recipe: Option<String>,
    /// The same as a text in the arrow notation: weights go to its layers by order and shape.
    #[arg(long, value_name = "TEXT")]
    model: Option<String>,
    /// Which weights are meant where a file has several sets, such as ema.
    #[arg(long, value_name = "NAME")]
    part: Option<String>,
    /// Read the part that ends with this node: features instead of classes, or what can be read.
    #[arg(long, value_name = "NODE")]
    until: Option<String>,
    /// A text file with the names of the classes, one a line [default: those of the file, or numbers].
    #[arg(long, value_name = "FILE")]
    classes: Option<PathBuf>,
    /// The input: 224, 224x160 or 224x160x3, where the file leaves it open or another is wanted.
    #[arg(long, alias = "input", value_name = "SIZE", value_parser = size)]
    size: Option<Shape>,
    /// Subtracted from each channel after the division, as MEAN,MEAN,MEAN [default: the file's, or nothing].
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', allow_negative_numbers = true, value_parser = number(|_| true, "numbers"))]
    mean: Vec<f64>,
    /// What each channel is divided by after that [default: the file's, or nothing].
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', allow_negative_numbers = true, value_parser = number(|value| value > 0.0, "positive numbers"))]
    deviation: Vec<f64>,
    /// What 8-bit values are divided by first [default: 255].
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = number(|value| value > 0.0, "a positive number"))]
    divisor: Option<f64>,
    /// How images are brought to the input's size [default: stretch].
    #[arg(long, value_name = "RULE", value_parser = rules())]
    resize: Option<Resize>,
    /// Leave scores as they are; otherwise a classifier that ends in them gets a softmax.
    #[arg(long)]
    keep_logits: bool,
    /// Keep weights as 64-bit numbers.
    #[arg(long)]
    f64: bool,
    /// Replace the file that is there already.
    #[arg(long)]
    overwrite: bool,
}

/// The rules of resizing by their words.
fn rules() -> ValueParser {
    let rule = |word: String| match word.as_str() {
        "crop" => Resize::Crop,
        "fit" => Resize::Fit,
        _ => Resize::Stretch,
    };
    PossibleValuesParser::new(["stretch", "crop", "fit"])
        .map(rule)
        .into()
}

/// A shape: `224` and `224x160` are those of images of three channels.
fn size(text: &str) -> Result<Shape, String> {
    let extents: Result<Vec<usize>, _> = text.split('x').map(str::parse).collect();
    let shape = match extents.as_deref() {
        Ok(&[side]) => Some(Shape::volume(side, side, 3)),
        Ok(&[height, width]) => Some(Shape::volume(height, width, 3)),
        Ok(&[height, width, channels]) => Some(Shape::volume(height, width, channels)),
        _ => None,
    };
    let shape = shape.and_then(|shape| shape.checked().ok());
    shape.ok_or_else(|| "expected a size such as 224, 224x160 or 224x160x3".to_owned())
}

pub(crate) fn run(args: &ImportArgs) -> Outcome {
    let inputs = [Some(args.file.clone()), args.classes.clone()];
    let target = Target::check(
        "--out",
        &args.out,
        args.overwrite,
        inputs.into_iter().flatten(),
    )?;
    match args.f64 {
        true => import_as::<f64>(args, &target),
        false => import_as::<f32>(args, &target),
    }
}

fn import_as<T: Number>(args: &ImportArgs, target: &Target) -> Outcome {
    let classes = match &args.classes {
        Some(path) => read_classes(path)?,
        None => Vec::new(),
    };
    let options = ImportOptions::default()
        .recipe(args.recipe.clone())
        .model(args.model.clone())
        .part(args.part.clone())
        .until(args.until.clone())
        .classes(classes)
        .input(args.size)
        .mean(args.mean.clone())
        .deviation(args.deviation.clone())
        .divisor(args.divisor)
        .resize(args.resize)
        .keep_logits(args.keep_logits);
    let imported = import::<T>(&args.file, &options);
    let imported = imported.map_err(|error| error.map_problem(|problem| with_options(&problem)))?;
    let notes: Vec<String> = imported
        .notes
        .iter()
        .map(|note| with_options(note))
        .collect();
    note::notes(&notes);
    note::check(Failure::usage)?;
    target.write(&imported.model.to_bytes()?)?;
    if !target.is_standard() {
        print(&imported);
        print_sentence(&format!("saved {}", args.out.display()));
    }
    Ok(())
}

/// The names of a file, one a line.
fn read_classes(path: &Path) -> Outcome<Vec<String>> {
    let refused =
        |problem: &str| Failure::usage(format!("--classes: {}: {problem}", path.display()));
    let bytes = stepnet_files::read_filled(path)?;
    let text = String::from_utf8(bytes).map_err(|_| refused("is not text in UTF-8"))?;
    // Editors of Windows begin a text with a mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let names = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    match names.is_empty() {
        true => Err(refused("has no names, expected one a line")),
        false => Ok(names),
    }
}

/// The network, and where its layers come from.
fn print<T: Number>(imported: &Imported<T>) {
    let network = &imported.model.network;
    print_sentence(&format!("network: {}", network.text()));
    // Some programs count what is trained alone.
    let statistics = match network.non_trainable() {
        0 => String::new(),
        count => format!(" ({} of them running statistics)", thousands(count as u64)),
    };
    print_sentence(&format!(
        "from {} to {}, {} parameters{statistics}, {} million multiply-adds",
        network.input(),
        network.output(),
        thousands(network.parameters().len() as u64),
        thousands(network.multiply_adds().div_ceil(1_000_000)),
    ));
    let mappings = &imported.mappings;
    let shown = match note::is_verbose() || mappings.len() <= SHORT + 1 {
        true => mappings.len(),
        false => SHORT,
    };
    let widest = mappings
        .iter()
        .take(shown)
        .map(|mapping| mapping.layer.len())
        .max();
    for Mapping { layer, sources, .. } in mappings.iter().take(shown) {
        let width = widest.unwrap_or(0);
        print_sentence(&format!("  {layer:width$}  from {}", sources.join(", ")));
    }
    if mappings.len() > shown {
        print_sentence(&format!(
            "  and {} more, which --verbose shows",
            mappings.len() - shown
        ));
    }
}

/// The library's names of the options by those of this command.
fn with_options(text: &str) -> String {
    let names = [
        ("`recipe`", "--as"),
        ("`model`", "--model"),
        ("`part`", "--part"),
        ("`until`", "--until"),
        ("`classes`", "--classes"),
        ("`input`", "--size"),
        ("`mean`", "--mean"),
        ("`deviation`", "--deviation"),
        ("`divisor`", "--divisor"),
        ("`resize`", "--resize"),
        ("`keep_logits`", "--keep-logits"),
    ];
    replace_names(text, &names)
}
