//! What a network's outputs say, and what they are called.

use crate::options::ImportOptions;
use crate::problem::Checked;
use crate::{Network, Number};
use stepnet_nn::{TargetScale, Task};

/// More outputs than this get no numbers as names.
const MOST_NUMBERED: usize = 100_000;

/// Classes after a softmax, labels after sigmoids, otherwise numbers; and their names: those given, or numbers.
///
/// # Errors
/// More or fewer names than outputs.
pub(crate) fn described<T: Number>(
    network: &Network<T>,
    options: &ImportOptions,
) -> Checked<(Task, Vec<String>)> {
    let outputs = network.output().len();
    let last = network
        .nodes()
        .last()
        .map(|node| node.layer().text().kind().to_owned());
    let task = match last.as_deref() {
        Some("softmax") => Task::Classes,
        Some("sigmoid") if outputs == 1 => Task::Classes,
        Some("sigmoid") if options.until.is_none() => Task::Labels,
        _ if !options.classes.is_empty() || (options.keep_logits && outputs > 1) => Task::Classes,
        _ => Task::Numbers(TargetScale::default()),
    };
    let classes = names(&task, outputs, Vec::new(), options)?;
    Ok((task, classes))
}

/// What the outputs are called: as the options say, as the file does, or by numbers.
///
/// # Errors
/// More or fewer names than outputs.
pub(crate) fn names(
    task: &Task,
    outputs: usize,
    of_file: Vec<String>,
    options: &ImportOptions,
) -> Checked<Vec<String>> {
    let needed = task.names_needed(outputs);
    let given = options.classes.len();
    if given > 0 {
        return match given == needed {
            true => Ok(options.classes.clone()),
            false => {
                Err(format!("`classes` has {given} names, but the network has {needed}").into())
            }
        };
    }
    if of_file.len() == needed && options.until.is_none() {
        return Ok(of_file);
    }
    let numbered = matches!(task, Task::Classes | Task::Labels) && needed <= MOST_NUMBERED;
    let numbers = if numbered { 0..needed } else { 0..0 };
    Ok(numbers.map(|class| class.to_string()).collect())
}
