//! How long a network's layers take.

use serde_json::{Value, json};
use stepnet::see::time::Times;
use stepnet_base::text::count;

use crate::progress::{print_sentence, print_table};
use crate::table::{Align, Table};

/// `62.1`, and nothing where there is nothing to count.
fn one_decimal(number: Option<f64>) -> String {
    number.map_or(String::new(), |number| format!("{number:.1}"))
}

pub(super) fn print_times(times: &Times) {
    let mut table = Table::new(&[
        ("layer", Align::Left),
        ("forward ms", Align::Right),
        ("GFLOP/s", Align::Right),
        ("of peak", Align::Right),
        ("backward ms", Align::Right),
        ("GFLOP/s", Align::Right),
        ("of peak", Align::Right),
    ]);
    let share = |gflops: Option<f64>| {
        gflops.map_or(String::new(), |gflops| {
            format!("{:.0} %", 100.0 * gflops / times.peak)
        })
    };
    for layer in &times.layers {
        let (forward, backward) = (layer.forward_gflops(), layer.backward_gflops());
        table.row(vec![
            layer.name.clone(),
            format!("{:.3}", layer.forward),
            one_decimal(forward),
            share(forward),
            format!("{:.3}", layer.backward),
            one_decimal(backward),
            share(backward),
        ]);
    }
    print_table(&table);
    print_sentence(&format!(
        "step: {:.3} ms for {} ({:.0} a second) without the update, median of {} steps",
        times.step,
        count(times.batch, "example"),
        1e3 * times.batch as f64 / times.step,
        times.steps
    ));
    let sparse = |gflops: Option<f64>| gflops.is_some_and(|gflops| gflops > times.peak);
    if times
        .layers
        .iter()
        .any(|layer| sparse(layer.backward_gflops()))
    {
        print_sentence(
            "above 100 %: where most gradients are 0, as after max pooling, products with them are skipped but counted",
        );
    }
    print_sentence(&format!(
        "peak: {:.1} GFLOP/s of multiply-adds, {}, {}",
        times.peak,
        count(times.threads, "thread"),
        times.instruction_set
    ));
}

pub(super) fn describe_times(times: &Times) -> Value {
    let layers: Vec<Value> = times
        .layers
        .iter()
        .map(|layer| {
            let (forward, backward) = (layer.forward_gflops(), layer.backward_gflops());
            let share = |gflops: Option<f64>| gflops.map(|gflops| gflops / times.peak);
            json!({
                "layers": layer.name,
                "forward_ms": layer.forward,
                "forward_gflops": forward,
                "forward_share_of_peak": share(forward),
                "backward_ms": layer.backward,
                "backward_gflops": backward,
                "backward_share_of_peak": share(backward),
            })
        })
        .collect();
    json!({
        "layers": layers,
        "step_ms": times.step,
        "batch": times.batch,
        "steps": times.steps,
        "threads": times.threads,
        "instruction_set": times.instruction_set,
        "peak_gflops": times.peak,
    })
}
