//! `stepnet export`: a model for other programs.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{ArgGroup, Args};
use stepnet::Number;
use stepnet::exchange::keras::export::export_keras;
use stepnet::exchange::onnx::{self, ExportInput, ExportOptions};
use stepnet::exchange::torch::export::export_code;
use stepnet::nn::{Model, ModelFile, Registry};

use crate::failure::{Failure, Outcome};
use crate::output::Target;
use crate::progress::print_sentence;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet export runs/mnist/model.safetensors --onnx mnist.onnx
  stepnet export runs/mnist/model.safetensors --onnx mnist.onnx --input model-size
  stepnet export runs/mnist/model.safetensors --torch mnist.py
  stepnet export runs/mnist/model.safetensors --keras mnist.keras

The ONNX file has the preprocessing inside: it takes images in bytes and gives probabilities. PyTorch's
weights are written next to FILE.py, as FILE.safetensors.";

/// The arguments of `export`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("formats").required(true).multiple(true).args(["onnx", "torch", "keras"]))]
pub(crate) struct ExportArgs {
    /// The model file.
    model: PathBuf,
    /// Write an ONNX file, which most runtimes read.
    #[arg(long, value_name = "FILE")]
    onnx: Option<PathBuf>,
    /// Write a PyTorch program, FILE.py, and its weights, FILE.safetensors.
    #[arg(long, value_name = "FILE.py")]
    torch: Option<PathBuf>,
    /// Write a model of Keras 3.
    #[arg(long, value_name = "FILE.keras")]
    keras: Option<PathBuf>,
    /// What the ONNX file takes [default: any-size for a network of images, values for another].
    #[arg(long, value_name = "INPUT", requires = "onnx", value_parser = inputs())]
    input: Option<ExportInput>,
    /// Replace files that are there already.
    #[arg(long)]
    overwrite: bool,
}

/// The words for what an ONNX file takes.
fn inputs() -> ValueParser {
    let words = [
        PossibleValue::new("any-size")
            .help("Images in bytes, of any height and width; needs opset 18"),
        PossibleValue::new("model-size").help("Images in bytes, of the model's height and width"),
        PossibleValue::new("values").help("Numbers in the unit of the training data"),
    ];
    let input = |word: String| match word.as_str() {
        "any-size" => ExportInput::AnySize,
        "model-size" => ExportInput::ModelSize,
        _ => ExportInput::Values,
    };
    PossibleValuesParser::new(words).map(input).into()
}

pub(crate) fn run(args: &ExportArgs) -> Outcome {
    // Before the work: where the files go.
    let targets = Targets::check(args)?;
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => export(args, &targets, &file.model::<f64>(Registry::builtin())?),
        _ => export(args, &targets, &file.model::<f32>(Registry::builtin())?),
    }
}

/// The files to be written.
struct Targets {
    onnx: Option<Target>,
    /// The program and its weights.
    torch: Option<[Target; 2]>,
    keras: Option<Target>,
}

impl Targets {
    fn check(args: &ExportArgs) -> Outcome<Self> {
        let target =
            |option, path: &Path| Target::check(option, path, args.overwrite, [args.model.clone()]);
        let onnx = args
            .onnx
            .as_ref()
            .map(|path| target("--onnx", path))
            .transpose()?;
        let torch = args.torch.as_ref().map(|path| {
            if path.extension().is_none_or(|ending| ending != "py") {
                return Err(Failure::usage(format!(
                    "--torch: {} does not end in .py",
                    path.display()
                )));
            }
            Ok([
                target("--torch", path)?,
                target("--torch", &path.with_extension("safetensors"))?,
            ])
        });
        let torch = torch.transpose()?;
        let keras = args.keras.as_ref().map(|path| {
            // Keras loads no other.
            match path.extension().is_some_and(|ending| ending == "keras") {
                true => target("--keras", path),
                false => Err(Failure::usage(format!(
                    "--keras: {} does not end in .keras",
                    path.display()
                ))),
            }
        });
        let keras = keras.transpose()?;
        Ok(Self { onnx, torch, keras })
    }
}

fn export<T: Number>(args: &ExportArgs, targets: &Targets, model: &Model<T>) -> Outcome {
    let refused =
        |error: stepnet::Error| Failure::usage(format!("{}: {error}", args.model.display()));
    if let (Some(target), Some(path)) = (&targets.onnx, &args.onnx) {
        let options = ExportOptions::default().input(args.input.unwrap_or_default());
        let exported = onnx::export(model, &options).map_err(refused)?;
        target.write(&exported.bytes)?;
        if !target.is_standard() {
            print_sentence(&format!("saved {}", path.display()));
            exported
                .lines()
                .iter()
                .for_each(|line| print_sentence(&format!("  {line}")));
        }
    }
    if let (Some([program, weights]), Some(path)) = (&targets.torch, &args.torch) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let exported = export_code(model, &name).map_err(refused)?;
        // The program last: where it is there, its weights are, too.
        weights.write(&exported.weights)?;
        program.write(exported.code.as_bytes())?;
        let beside = path.with_extension("safetensors");
        print_sentence(&format!(
            "saved {} and {}",
            path.display(),
            beside.display()
        ));
        exported
            .notes
            .iter()
            .for_each(|line| print_sentence(&format!("  {line}")));
    }
    if let (Some(target), Some(path)) = (&targets.keras, &args.keras) {
        let exported = export_keras(model).map_err(refused)?;
        target.write(&exported.bytes)?;
        print_sentence(&format!("saved {}", path.display()));
        exported
            .notes
            .iter()
            .for_each(|line| print_sentence(&format!("  {line}")));
    }
    Ok(())
}
