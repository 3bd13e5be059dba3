//! `plan`: what a training over several ranks would take.

use crate::run::Desk;

#[test]
fn a_plan_has_a_row_for_each_number_of_ranks() {
    let desk = Desk::new();
    let out = desk
        .run("plan --batch 64 --ranks 4,1,2,2,16 --bandwidth 1Gbit --latency 50us")
        .fine();
    for part in [
        "plan: ",
        " an epoch by 64, in 8 shares of 8",
        "measured: ",
        "network: 1 Gbit/s (given), 50 µs a message (given)",
        "16 ranks: no more than 8 can share a batch of 64; a larger --batch has more shares",
    ] {
        assert!(out.contains(part), "{part:?} is not in {out}");
    }
    let rows = out
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("ranks"));
    let ranks: Vec<&str> = rows
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(ranks, ["1", "2", "4", "16"], "{out}");
    assert_eq!(std::fs::read_dir(desk.path()).unwrap().count(), 0);
}

#[test]
fn a_plan_as_json_has_what_it_is_from() {
    let desk = Desk::new();
    let text = desk
        .run("plan --batch 256 --shares 16 --ranks 1,2,16 --bandwidth 10Mbit --json")
        .fine();
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["shares"], 16);
    assert_eq!(plan["share_examples"], 16);
    assert_eq!(plan["network"]["bandwidth_bytes_per_second"], 1.25e6);
    assert_eq!(plan["network"]["latency"], "assumed");
    let number = |row: usize, key: &str| plan["ranks"][row][key].as_f64().unwrap();
    assert_eq!(number(0, "waiting_seconds"), 0.0);
    // Half of the parameters leave a rank of two in each of the phases.
    let parameters = plan["parameters"].as_f64().unwrap();
    assert!(
        (number(1, "sent_bytes") - 4.0 * parameters).abs() <= 8.0,
        "{plan}"
    );
    assert!(number(2, "waiting_seconds") > number(1, "waiting_seconds"));
    assert!(number(2, "computing_seconds") < number(1, "computing_seconds"));
    assert!(number(2, "communication_share") < 1.0);
    assert!(number(1, "memory_bytes") > 1e6);
}

#[test]
fn wrong_units_and_sizes_get_one_clear_line() {
    let desk = Desk::new();
    for (option, parts) in [
        (
            "--bandwidth 10Gb",
            ["--bandwidth", "10Gb", "10Gbit or 1.25GB"],
        ),
        ("--bandwidth fast", ["--bandwidth", "fast", "10Gbit"]),
        ("--bandwidth 0Mbit", ["--bandwidth", "0Mbit", "from 1kB"]),
        ("--latency 20", ["--latency", "20", "20us"]),
        ("--latency -1us", ["--latency", "-1us", "from 0s to 10s"]),
        ("--ranks 0", ["--ranks", "0", "a whole number from 1"]),
        ("--ranks 1,two", ["--ranks", "two", "a whole number from 1"]),
        ("--shares 6", ["--shares", "6", "a power of two"]),
        ("--batch 0", ["--batch", "0", "a whole number from 1"]),
        ("--model nonsense", ["--model", "nonsense", ""]),
        ("nowhere/", ["nowhere", "", ""]),
        ("--resume run", ["--resume", "plan does not start one", ""]),
    ] {
        desk.run(&format!("plan {option}")).fails(2, &parts);
    }
}
