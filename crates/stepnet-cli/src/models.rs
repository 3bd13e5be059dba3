//! `stepnet models`: networks whose trained weights others publish, and the command that imports them.

use clap::Args;
use serde_json::{Value, json};
use stepnet::exchange::{Recipe, recipes};
use stepnet_base::text::thousands;

use crate::failure::{Failure, Outcome};
use crate::progress::{print_line, print_sentence, print_table};
use crate::table::{Align, Table};

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet models
  stepnet models efficientnet-lite0

Nothing is downloaded: get the file of the weights where it is published, then import it.";

/// The arguments of `models`.
#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    /// Show one network: where its weights are published, its licence, the command that imports them.
    name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ModelsArgs) -> Outcome {
    let wanted = args.name.as_deref();
    let chosen = recipes().iter().copied();
    let chosen: Vec<&Recipe> = chosen
        .filter(|recipe| wanted.is_none_or(|name| recipe.is_called(name)))
        .collect();
    if let (Some(name), []) = (wanted, chosen.as_slice()) {
        let known: Vec<&str> = recipes().iter().map(|recipe| recipe.name).collect();
        return Err(Failure::usage(format!(
            "models: no network is called {name:?}, expected one of {}",
            known.join(", ")
        )));
    }
    match (args.json, wanted, chosen.as_slice()) {
        (true, ..) => {
            let all: Vec<Value> = chosen.into_iter().map(described).collect();
            print_line(&json!(all).to_string());
        }
        (false, Some(_), [recipe]) => print_one(recipe),
        (false, ..) => print_all(&chosen),
    }
    Ok(())
}

/// The command that imports a recipe's weights.
fn command(recipe: &Recipe) -> String {
    let name = recipe.name;
    format!("stepnet import FILE --as {name} --out {name}.safetensors")
}

fn input(recipe: &Recipe) -> String {
    format!("{0}x{0}x3", recipe.size)
}

fn print_all(chosen: &[&Recipe]) {
    let mut table = Table::new(&[
        ("name", Align::Left),
        ("parameters", Align::Right),
        ("input", Align::Left),
        ("weights published by", Align::Left),
        ("licence", Align::Left),
    ]);
    for recipe in chosen {
        for (number, published) in recipe.published.iter().enumerate() {
            let first = |text: String| if number == 0 { text } else { String::new() };
            table.row(vec![
                first(recipe.name.to_owned()),
                first(thousands(recipe.parameters as u64)),
                first(input(recipe)),
                published.by.to_owned(),
                published.licence.to_owned(),
            ]);
        }
    }
    print_table(&table);
    print_line("");
    print_sentence(
        "With the file of a network's weights: stepnet import FILE --as NAME --out NAME.safetensors",
    );
    print_sentence(
        "Files of ONNX, Keras and TensorFlow.js say what their network is, and need no name.",
    );
}

fn print_one(recipe: &Recipe) {
    print_sentence(&format!("{}: {}", recipe.name, recipe.summary));
    print_line(&format!(
        "parameters: {}",
        thousands(recipe.parameters as u64)
    ));
    print_line(&format!("input: {}", input(recipe)));
    for published in recipe.published {
        print_sentence(&format!(
            "weights: {}; licence: {}",
            published.by, published.licence
        ));
    }
    print_line(&format!("import: {}", command(recipe)));
    print_sentence(&format!("network: {}", recipe.network(1000)));
}

fn described(recipe: &Recipe) -> Value {
    let published: Vec<Value> = (recipe.published.iter())
        .map(|published| json!({"by": published.by, "licence": published.licence}))
        .collect();
    json!({
        "name": recipe.name,
        "aliases": recipe.aliases,
        "summary": recipe.summary,
        "parameters": recipe.parameters,
        "input": [recipe.size, recipe.size, 3],
        "published": published,
        "command": command(recipe),
        "network": recipe.network(1000),
    })
}
