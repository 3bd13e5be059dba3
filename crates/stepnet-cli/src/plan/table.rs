//! A plan as text and as JSON.

use indicatif::BinaryBytes;
use serde_json::{Value, json};
use stepnet_base::text::{count, thousands};

use super::{Origin, Plan, Row};
use crate::progress::{duration, print_sentence, print_table};
use crate::table::{Align, Table};

pub(super) fn print(plan: &Plan) {
    for line in lines(plan) {
        print_sentence(&line);
    }
    print_table(&table(plan));
    for (ranks, row) in &plan.rows {
        if row.is_err() {
            print_sentence(&format!(
                "{}: no more than {} can share a batch of {}; a larger --batch has more shares",
                count(ranks, "rank"),
                plan.workload.shares,
                plan.workload.batch
            ));
        }
    }
}

/// What the forecast is of, and from.
fn lines(plan: &Plan) -> [String; 3] {
    let (workload, calibration) = (&plan.workload, &plan.calibration);
    [
        format!(
            "plan: {} parameters, {} multiply-adds an example; {} an epoch by {}, in {} of {}",
            thousands(plan.parameters as u64),
            thousands(plan.multiply_adds),
            count(workload.examples, "example"),
            workload.batch,
            count(workload.shares, "share"),
            workload.share_examples(),
        ),
        format!(
            "measured: {} for the passes of a share of {} with {}, {} for an update, {} to add the gradients of a share",
            short_time(calibration.share),
            calibration.share_examples,
            count(rayon::current_num_threads(), "thread"),
            short_time(calibration.update),
            short_time(calibration.addition),
        ),
        format!(
            "network: {} {}, {} a message {}",
            plan.link.bandwidth,
            said(plan.origins[0]),
            plan.link.latency,
            said(plan.origins[1])
        ),
    ]
}

fn said(origin: Origin) -> &'static str {
    match origin {
        Origin::Given => "(given)",
        Origin::Measured => "(measured)",
        Origin::Assumed => "(assumed)",
    }
}

fn table(plan: &Plan) -> Table {
    let mut table = Table::new(&[
        ("ranks", Align::Right),
        ("shares", Align::Right),
        ("step", Align::Right),
        ("epoch", Align::Right),
        ("speed-up", Align::Right),
        ("communication", Align::Right),
        ("sent a step", Align::Right),
        ("memory a rank", Align::Right),
    ]);
    for (ranks, row) in &plan.rows {
        let Ok((forecast, memory)) = row else {
            continue;
        };
        table.row(vec![
            ranks.to_string(),
            forecast.most_shares.to_string(),
            short_time(forecast.computing + forecast.waiting),
            duration(forecast.epoch),
            format!("{:.2}", plan.one.epoch / forecast.epoch),
            format!("{:.1} %", 100.0 * forecast.waiting_share()),
            BinaryBytes(forecast.step_bytes as u64).to_string(),
            BinaryBytes(*memory).to_string(),
        ]);
    }
    table
}

/// `1.23 ms`: a time that is short or long, in three digits.
fn short_time(seconds: f64) -> String {
    match seconds {
        _ if seconds >= 10.0 => duration(seconds),
        _ if seconds >= 1.0 => format!("{seconds:.2} s"),
        _ if seconds >= 0.1 => format!("{:.0} ms", 1e3 * seconds),
        _ if seconds >= 1e-3 => format!("{:.2} ms", 1e3 * seconds),
        _ => format!("{:.1} µs", 1e6 * seconds),
    }
}

pub(super) fn json(plan: &Plan) -> Value {
    let origin = |origin: Origin| match origin {
        Origin::Given => "given",
        Origin::Measured => "measured",
        Origin::Assumed => "assumed",
    };
    let row = |(ranks, row): &Row| match row {
        Ok((forecast, memory)) => {
            json!({
                "ranks": ranks,
                "shares_per_rank": forecast.most_shares,
                "step_seconds": forecast.computing + forecast.waiting,
                "computing_seconds": forecast.computing,
                "waiting_seconds": forecast.waiting,
                "hidden_seconds": forecast.hidden,
                "epoch_seconds": forecast.epoch,
                "speed_up": plan.one.epoch / forecast.epoch,
                "communication_share": forecast.waiting_share(),
                "sent_bytes": forecast.step_bytes,
                "memory_bytes": memory,
            })
        }
        Err(problem) => json!({"ranks": ranks, "error": problem}),
    };
    json!({
        "parameters": plan.parameters,
        "multiply_adds": plan.multiply_adds,
        "examples": plan.workload.examples,
        "batch": plan.workload.batch,
        "shares": plan.workload.shares,
        "share_examples": plan.workload.share_examples(),
        "values_sent": plan.workload.values(),
        "pieces": plan.workload.pieces.len(),
        "threads": rayon::current_num_threads(),
        "measured": {
            "share_examples": plan.calibration.share_examples,
            "share_seconds": plan.calibration.share,
            "update_seconds": plan.calibration.update,
            "addition_seconds": plan.calibration.addition,
        },
        "network": {
            "bandwidth_bytes_per_second": plan.link.bandwidth.bytes(),
            "bandwidth": origin(plan.origins[0]),
            "latency_seconds": plan.link.latency.seconds(),
            "latency": origin(plan.origins[1]),
        },
        "ranks": plan.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet::train::scaling::{Calibration, Link, Piece, Workload};

    fn plan(ranks: &[usize]) -> Plan {
        let workload = Workload {
            examples: 50_000,
            batch: 512,
            shares: 64,
            pieces: vec![
                Piece {
                    values: 1 << 18,
                    ready: 0.5
                };
                4
            ],
            value_bytes: 4,
            fast: false,
            small_exchanges: 1,
        };
        let calibration = Calibration {
            share: 0.05,
            backward: 0.033,
            addition: 0.0004,
            update: 0.002,
            share_examples: 8,
        };
        let link = Link::default();
        let row = |&ranks: &usize| {
            let forecast = workload.forecast(&calibration, link, ranks);
            let row = forecast.map(|forecast| (forecast, 1 << 30));
            (ranks, row.map_err(|error| error.to_string()))
        };
        Plan {
            parameters: 1 << 20,
            multiply_adds: 41_000_000,
            rows: ranks.iter().map(row).collect(),
            one: workload.forecast(&calibration, link, 1).unwrap(),
            origins: [Origin::Given, Origin::Assumed],
            workload,
            calibration,
            link,
        }
    }

    #[test]
    fn a_plan_is_a_table_and_says_what_it_is_from() {
        let plan = plan(&[1, 4, 100]);
        let lines = table(&plan).lines();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(
            lines[1].contains("1.00") && lines[1].contains("0.0 %"),
            "{lines:?}"
        );
        assert!(lines[2].starts_with("    4      16"), "{lines:?}");
        assert!(lines[2].contains("6.00 MiB"), "{lines:?}");
        let [what, measured, network] = super::lines(&plan);
        assert!(
            what.contains("50000 examples an epoch by 512, in 64 shares of 8"),
            "{what}"
        );
        assert!(
            measured.contains("50.00 ms for the passes of a share of 8"),
            "{measured}"
        );
        assert_eq!(
            network,
            "network: 10 Gbit/s (given), 20 µs a message (assumed)"
        );
    }

    #[test]
    fn json_has_all_rows_and_says_why_one_is_missing() {
        let json = json(&plan(&[1, 2, 100]));
        let rows = json["ranks"].as_array().unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1]["sent_bytes"], 1 << 22);
        assert!(rows[1]["speed_up"].as_f64().unwrap() > 1.5, "{json}");
        let problem = rows[2]["error"].as_str().unwrap();
        assert!(problem.contains("no more ranks than shares"), "{problem}");
        assert_eq!(json["network"]["bandwidth"], "given");
        assert_eq!(json["network"]["latency_seconds"], 20e-6);
    }

    #[test]
    fn times_have_three_digits() {
        for (seconds, shown) in [
            (2.5e-6, "2.5 µs"),
            (0.00125, "1.25 ms"),
            (0.25, "250 ms"),
            (2.5, "2.50 s"),
            (75.0, "1 min 15 s"),
        ] {
            assert_eq!(short_time(seconds), shown);
        }
    }
}
