//! What is known of a model besides its layers, as keys and texts.

use serde_json::{Value, json};

use crate::{Model, Number};

/// Class names, the task, the network's text, and facts about the training. Values other than texts are JSON.
///
/// What says where the data lay on the machine that trained the model stays out: the file is for others.
pub(crate) fn metadata<T: Number>(model: &Model<T>) -> Vec<(String, String)> {
    let preprocessing = &model.preprocessing;
    let mut entries = vec![
        ("task".to_owned(), preprocessing.task.name().to_owned()),
        ("network".to_owned(), model.network.text().to_string()),
        ("input".to_owned(), model.network.input().to_string()),
        ("preprocessing".to_owned(), json!(preprocessing).to_string()),
    ];
    if !model.classes.is_empty() {
        entries.insert(0, ("classes".to_owned(), json!(model.classes).to_string()));
    }
    for (name, value) in model.training.iter().filter(|(name, _)| *name != ORIGIN) {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        entries.push((format!("training.{name}"), text));
    }
    entries
}

/// The entry with the path of the data.
const ORIGIN: &str = "origin";
