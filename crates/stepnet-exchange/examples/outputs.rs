//! Imports a model and runs it: what the tests in Python compare with the framework that a file comes from.
//!
//!     outputs FILE INPUT OUTPUT [recipe=NAME] [model=TEXT] [input=HxWxC] [part=NAME] [until=NODE] [logits]
//!
//! INPUT has the network's inputs as 32-bit numbers, example after example in rows of pixels; OUTPUT gets the outputs.

use std::error::Error;

use stepnet_exchange::{ImportOptions, Imported, import};
use stepnet_nn::{PlanOptions, Workspace};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, input, output, rest @ ..] = arguments.as_slice() else {
        return Err("expected FILE INPUT OUTPUT".into());
    };
    let mut options = ImportOptions::default();
    for option in rest {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        options = match name {
            "recipe" => options.recipe(Some(value.to_owned())),
            "model" => options.model(Some(value.to_owned())),
            "input" => options.input(Some(value.parse()?)),
            "part" => options.part(Some(value.to_owned())),
            "until" => options.until(Some(value.to_owned())),
            "logits" => options.keep_logits(true),
            other => return Err(format!("no option {other:?}").into()),
        };
    }
    let started = std::time::Instant::now();
    let Imported {
        model,
        mappings,
        notes,
        ..
    } = import::<f32>(file, &options)?;
    println!("imported in {:.3} s", started.elapsed().as_secs_f64());
    for mapping in mappings {
        println!("{}: {}", mapping.layer, mapping.sources.join(", "));
    }
    for note in notes {
        println!("note: {note}");
    }
    println!("network: {}", model.network.text());
    println!("preprocessing: {:?}", model.preprocessing);
    let bytes = std::fs::read(input)?;
    let values = bytes.as_chunks().0.iter();
    let values: Vec<f32> = values.map(|&bytes| f32::from_le_bytes(bytes)).collect();
    let mut workspace = Workspace::new(&model.network, 1, PlanOptions::INFERENCE)?;
    let mut outputs = Vec::new();
    for example in values.chunks(model.network.input().len()) {
        let made = workspace.predict(&model.network, example)?;
        outputs.extend(made.iter().flat_map(|value| value.to_le_bytes()));
    }
    std::fs::write(output, outputs)?;
    Ok(())
}
