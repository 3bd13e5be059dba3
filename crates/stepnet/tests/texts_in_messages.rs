//! Messages of texts from outside, which may be the content of a file in place of a name: cut, and escaped.

#[test]
fn long_texts_are_cut_in_messages() {
    let long = "x".repeat(10_000_000);
    let error = long
        .parse::<stepnet::optim::Rule>()
        .unwrap_err()
        .to_string();
    assert!(error.contains("xxx...xxx"), "{error}");
    assert!(
        error.ends_with("expected one of gd, momentum, classic-momentum, adam, adamw"),
        "{error}"
    );
    let long = "x".repeat(60_000);
    for text in [
        long.clone(),
        format!("conv({long})"),
        format!("conv(3, 3, padding={long})"),
    ] {
        let error = stepnet::nn::Network::<f32>::new(&text, [8, 8, 1])
            .unwrap_err()
            .to_string();
        assert!(error.len() < 3000, "{}", error.len());
        assert!(error.contains("xxx...xxx"), "{error}");
    }
}

#[test]
fn escapes_are_those_of_json() {
    let name = "a\u{1b}[2J\u{202e}\u{e0001}\\u{41}";
    let error = name
        .parse::<stepnet::optim::Rule>()
        .unwrap_err()
        .to_string();
    assert!(error.contains("a\\u001b[2J"), "{error}");
    let text = "conv(3, 3, same) -> \u{1b}[2J";
    let error = stepnet::nn::Network::<f32>::new(text, [8, 8, 1]).unwrap_err();
    let error = error.to_string();
    assert!(error.ends_with("found \"\\u001b\""), "{error}");
}
