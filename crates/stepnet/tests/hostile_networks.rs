//! Short texts that ask for endless memory or time are refused in one line, before either is spent.

use std::time::{Duration, Instant};

use stepnet::nn::{Network, Plan, PlanOptions, Purpose, Shape, Workspace};

fn refusal(text: &str, input: &str) -> String {
    let input: Shape = input.parse().unwrap();
    let start = Instant::now();
    let message = match Network::<f32>::new(text, input) {
        Ok(network) => panic!("{text} on {input} takes {} operations", network.work()),
        Err(error) => error.to_string(),
    };
    assert!(start.elapsed() < Duration::from_secs(2), "{text}");
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn endless_passes_are_refused() {
    for (text, input, layer) in [
        ("avgpool(4001, 2000, stride=1)", "4000x4000x1", "avgpool1"),
        ("maxpool(8001, 4000, stride=1)", "8000x8000x2", "maxpool1"),
        ("[relu] x 9999", "16384x16384x1", "relu"),
        ("[conv(1, 1)] x 5000", "16384x16384x1", "conv"),
        ("[maxpool(3, same, 1)] x 9000", "9000x9000x3", "maxpool"),
    ] {
        let message = refusal(text, input);
        assert!(
            message.starts_with(&format!("layer {layer}")) && message.contains("operations"),
            "{message}"
        );
    }
}

#[test]
fn volumes_and_weights_beyond_all_measure_are_refused() {
    for (text, input) in [
        ("conv(1, 1, padding=2147483648)", "1x1x1"),
        ("conv(2147483648, 1)", "1x1x1"),
        ("conv(64, 1, padding=4000) -> relu", "1x1x1"),
        ("conv(1, 2147483648, same)", "1x1x1"),
        (
            "conv(1, 2, same, dilation=2147483648) -> conv(1, 2147483648)",
            "1x1x1",
        ),
        ("linear(2147483648)", "4"),
        ("linear(100000) -> linear(100000)", "4"),
        ("[linear(60000)] x 9", "4"),
        ("maxpool(2147483648, padding=2147483647)", "5x5x4096"),
    ] {
        refusal(text, input);
    }
}

#[test]
fn one_example_needs_no_more_than_two_gibibytes() {
    // Each volume is allowed; two at a time and the patches between them are too much.
    let message = refusal("conv(32, 3, same) -> conv(32, 3, same)", "2896x2896x32");
    assert!(
        message.contains("the memory for one example") && message.contains("at most 2.0 GiB"),
        "{message}"
    );
}

#[test]
fn huge_steps_over_small_pictures_are_cheap() {
    let start = Instant::now();
    for (text, input) in [
        ("conv(2, 3, same, stride=2147483648)", "5x5x1"),
        ("conv(2, 2, same, dilation=2147483648)", "5x5x1"),
        ("conv(1, 1, padding=1500, stride=3)", "1x1x1"),
        ("conv(6, 1, 0/0/70000/1, groups=6)", "1x1x6"),
        ("avgpool(2147483648, padding=2147483647)", "1x1x1"),
        ("maxpool(2147483648, padding=1073741824)", "3x3x1"),
        ("avgpool(1x100000, same, stride=7)", "2x9x1"),
        ("[relu] x 10000", "3"),
    ] {
        let network = Network::<f32>::new(text, input.parse::<Shape>().unwrap())
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut workspace = Workspace::new(&network, 1, PlanOptions::default()).unwrap();
        assert!(workspace.plan().bytes::<f32>() < 64 << 20, "{text}");
        let x = vec![1.0; network.input().len()];
        let y = workspace.predict(&network, &x).unwrap();
        assert!(y.iter().all(|y| y.is_finite()), "{text}");
    }
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn scratch_stays_in_proportion_to_the_filters() {
    // A million weights over four million windows: rows of patches as long as the filters.
    let network = Network::<f32>::new("conv(1, 1000, 999)", [1000, 1000, 1]).unwrap();
    let bytes = |purpose| {
        let options = PlanOptions::new(purpose);
        Plan::new(&network, 1, options).unwrap().bytes::<f32>()
    };
    assert!(
        bytes(Purpose::Predict) < 300 << 20,
        "{}",
        bytes(Purpose::Predict)
    );
    assert!(
        bytes(Purpose::Train) < 400 << 20,
        "{}",
        bytes(Purpose::Train)
    );
    // What only the backward pass needs is not there at inference.
    let dense = Network::<f32>::new("conv(256, 7)", [7, 7, 64]).unwrap();
    let plan = Plan::new(&dense, 1, PlanOptions::default()).unwrap();
    // Packed filters with their biases, in vectors; input and output are next to nothing.
    assert!(
        plan.bytes::<f32>() < 4 * ((7 * 7 * 64 + 1) * 256 + 1024),
        "{}",
        plan.bytes::<f32>()
    );
}

#[test]
fn windows_too_large_for_blocks_of_pixels_sum_right() {
    let mut network = Network::<f32>::new("conv(1, 400, bias=false)", [410, 410, 1]).unwrap();
    network.parameters_mut().fill(1.0);
    let mut workspace = Workspace::new(&network, 1, PlanOptions::default()).unwrap();
    let y = workspace.predict(&network, &[1.0; 410 * 410]).unwrap();
    assert_eq!(y, [160_000.0; 11 * 11]);
}

#[test]
fn batches_beyond_all_memory_are_errors() {
    let network = Network::<f32>::new("conv(4, 3) -> flatten -> linear(2)", [8, 8, 1]).unwrap();
    for batch in [usize::MAX, 1 << 60, 1 << 40, 1 << 33] {
        for purpose in [Purpose::Predict, Purpose::Train] {
            let options = PlanOptions::new(purpose);
            let message = match Workspace::new(&network, batch, options) {
                Ok(workspace) => panic!("{} bytes", workspace.plan().bytes::<f32>()),
                Err(error) => error.to_string(),
            };
            assert!(
                message.contains("the batch is") || message.contains("more than there is"),
                "{message}"
            );
        }
    }
}
