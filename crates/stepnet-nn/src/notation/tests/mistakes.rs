//! Texts that are refused: at which column, and with which message.

use super::*;

/// The column and the message that a text is refused with.
fn refusal(text: &str) -> (usize, String) {
    match parse(text, &kinds_with_networks()) {
        Ok(network) => panic!("{text} was read as {network}"),
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains(['\n', '\r', '\t']), "{line}");
            assert_eq!(line, format!("column {}: {}", error.column, error.message));
            (error.column, error.message)
        }
    }
}

#[test]
fn mistakes_are_told_with_column_and_remedy() {
    for (text, column, words) in [
        ("", 1, "the text is empty"),
        ("  \n ", 1, "the text is empty"),
        (
            "cov(3)",
            1,
            "unknown layer kind \"cov\", expected a layer such as conv, maxpool, linear; did you mean \"conv\"?",
        ),
        (
            "relu -> transformer(8)",
            9,
            "unknown layer kind \"transformer\", expected one of conv, maxpool,",
        ),
        (
            "[LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID",
            2,
            "linear needs units, expected linear(units, bias=true)",
        ),
        (
            "[linear(3) -> relu] x (L-1)",
            23,
            "expected a positive whole number of repetitions such as 3, found \"(\"",
        ),
        (
            "[relu] x L",
            10,
            "number of repetitions such as 3, found \"L\"",
        ),
        ("[relu] x 0", 10, "found \"0\""),
        ("[relu] x 2.5", 10, "found \"2.5\""),
        (
            "[relu] -> relu",
            8,
            "expected \"x\" and a number of repetitions after \"]\"",
        ),
        ("[relu] * 3", 8, "found \"*\""),
        (
            "[relu",
            6,
            "expected \"->\" or a \"]\" for the \"[\" at column 1, found the end",
        ),
        (
            "relu]",
            5,
            "expected \"->\" or the end of the text, found \"]\"",
        ),
        ("relu)", 5, "found \")\""),
        (
            "relu ->  ",
            8,
            "expected a layer such as relu, or a group in [ ], found the end of the text",
        ),
        ("-> relu", 1, "found \"->\""),
        ("relu -> -> relu", 9, "found \"->\""),
        (
            "relu tanh",
            6,
            "expected \"->\" or the end of the text, found \"tanh\"",
        ),
        ("relu > tanh", 6, "found \">\""),
        ("relu - tanh", 6, "found \"-\""),
        ("é: relu 👍", 9, "found \"👍\""),
        ("conv(8, 3) -> a: -> relu", 18, "expected a layer"),
        ("3a: relu", 1, "found \"3\""),
        (
            "conv",
            1,
            "conv needs filters and kernel, expected conv(filters, kernel, padding=valid,",
        ),
        ("conv()", 1, "conv needs filters and kernel"),
        ("conv(8)", 1, "conv needs kernel"),
        (
            "conv(8, 3",
            10,
            "expected \",\" or a \")\" for the \"(\" at column 5, found the end",
        ),
        ("conv(8 3)", 8, "expected \",\" or a \")\""),
        ("conv(8, 3,)", 11, "conv: padding must be same, valid,"),
        (
            "conv(8, 3, smae)",
            12,
            "found \"smae\"; did you mean \"same\"?",
        ),
        (
            "conv(8, same)",
            9,
            "conv: kernel must be a positive whole number or height x width, such as 3 or 3x5, found \"same\"",
        ),
        (
            "conv(0, 3)",
            6,
            "conv: filters must be a positive whole number or the word classes, found \"0\"",
        ),
        ("conv(-8, 3)", 6, "found \"-8\""),
        ("conv(8.5, 3)", 6, "found \"8.5\""),
        ("conv(8, 3x0)", 9, "found \"3x0\""),
        (
            "conv(8, 3x)",
            11,
            "expected a whole number as width after the \"x\", found \")\"",
        ),
        (
            "conv(8, 3, 1/2/3)",
            17,
            "expected \"/\" and the rest of top/bottom/left/right, found \")\"",
        ),
        ("conv(8, 3, 1/-2/3/4)", 14, "found \"-2\""),
        ("conv(8, 3, -1)", 12, "found \"-1\""),
        (
            "conv(8, 3, stride=0)",
            19,
            "conv: stride must be a positive whole number",
        ),
        ("conv(8, 3, dilation=0)", 21, "conv: dilation must be"),
        ("conv(8, 3, groups=0)", 19, "conv: groups must be"),
        (
            "conv(8, 3, groups=classes)",
            19,
            "conv: groups must be a positive whole number, found",
        ),
        (
            "conv(8, 3, bias=maybe)",
            17,
            "conv: bias must be true or false, found \"maybe\"",
        ),
        ("conv(8, 3, bias=1)", 17, "found \"1\""),
        ("maxpool(0)", 9, "maxpool: size must be"),
        ("linear(0)", 8, "linear: units must be"),
        ("linear(clases)", 8, "did you mean \"classes\"?"),
        (
            "linear(4294967296)",
            8,
            "the number \"4294967296\" is too large, expected at most 2147483648",
        ),
        ("linear(99999999999999999999999999)", 8, "is too large"),
        ("leakyrelu(1e999)", 11, "is too large"),
        (
            "leakyrelu(nan)",
            11,
            "leakyrelu: slope must be a number, found \"nan\"",
        ),
        ("leakyrelu(inf)", 11, "slope must be a number"),
        (
            "dropout(1)",
            9,
            "dropout: rate must be a number from 0 up to, but not including, 1, found \"1\"",
        ),
        ("dropout(-0.1)", 9, "found \"-0.1\""),
        (
            "dropout(0.99999999999999999999)",
            9,
            "dropout: rate must be",
        ),
        (
            "conv(8, 3, padd=same)",
            12,
            "conv has no argument \"padd\", expected filters, kernel, padding, stride, dilation, groups and bias; did you mean \"padding\"?",
        ),
        ("conv(8, kernel_size=3)", 9, "did you mean \"kernel\"?"),
        (
            "conv(filters=8, 3)",
            17,
            "an argument without a key follows one with a key",
        ),
        ("conv(8, 3, filters=8)", 12, "conv: filters is given twice"),
        (
            "conv(8, 3, stride=1, STRIDE=1)",
            22,
            "conv: stride is given twice",
        ),
        ("linear(8, true, 3)", 17, "linear takes at most 2 arguments"),
        (
            "dropout(0.5, 1)",
            14,
            "dropout takes at most 1 argument: dropout(rate)",
        ),
        (
            "branch(relu, tanh)",
            14,
            "branch takes at most 1 argument: branch(paths); put | between paths",
        ),
        (
            "relu()",
            5,
            "relu takes no arguments, expected no parentheses",
        ),
        ("relu(3)", 5, "relu takes no arguments"),
        (
            "leakyrelu()",
            11,
            "expected an argument of leakyrelu(slope=0.01), or no parentheses, found \")\"",
        ),
        (
            "a: relu -> A: relu",
            12,
            "the label \"A\" is already used at column 1",
        ),
        ("[a: relu -> a: tanh] x 2", 13, "already used at column 2"),
        (
            "b: [a: relu -> a: tanh] x 2",
            16,
            "already used at column 5",
        ),
        (
            "relu2: relu -> relu",
            1,
            "the label \"relu2\" is also the automatic name of the layer at column 16",
        ),
        (
            "relu -> Relu1: tanh",
            9,
            "is also the automatic name of the layer at column 1",
        ),
        (
            "residual(a: relu -> a: relu)",
            21,
            "already used at column 10",
        ),
        (
            "residual(3)",
            10,
            "expected a layer such as relu, or a group in [ ], found \"3\"",
        ),
        ("residual(relu -> cnov(8, 3))", 18, "did you mean \"conv\"?"),
        ("residual(relu | tanh)", 15, "expected \",\" or a \")\""),
        ("branch(relu | )", 15, "expected a layer"),
        ("residual(shortcut=relu)", 1, "residual needs body"),
    ] {
        let (found_column, message) = refusal(text);
        assert!(
            message.contains(words),
            "{text}\nsays {message}\nlacks {words}"
        );
        assert_eq!(found_column, column, "{text}: {message}");
    }
}

#[test]
fn limits_hold_and_just_below_them_it_reads() {
    let nested = |depth: usize| format!("{}relu{}", "[".repeat(depth), "] x 1".repeat(depth));
    read(&nested(MAX_DEPTH));
    let siblings = vec!["[relu] x 1"; 2 * MAX_DEPTH];
    read(&siblings.join(" -> "));
    assert_eq!(
        refusal(&nested(MAX_DEPTH + 1)),
        (65, "brackets are nested more than 64 deep".into())
    );
    assert_eq!(refusal(&nested(10_000)).0, 65);
    let inner = |depth: usize| format!("{}relu{}", "residual(".repeat(depth), ")".repeat(depth));
    assert!(parse(&inner(MAX_DEPTH), &kinds_with_networks()).is_ok());
    assert_eq!(refusal(&inner(MAX_DEPTH + 1)).0, 64 * 9 + 10);

    assert_eq!(
        expand(&read("[relu] x 10000")).map(|layers| layers.len()),
        Ok(MAX_LAYERS)
    );
    assert_eq!(refusal("relu -> [relu] x 10000").0, 9);
    assert_eq!(refusal("[relu] x 2147483648").0, 1);
    assert_eq!(refusal("[[[[[relu] x 99] x 99] x 99] x 99] x 99").0, 3);
    assert_eq!(refusal("[residual(relu -> relu)] x 3334").0, 1);

    let long = "relu->".repeat(MAX_TEXT / 6 + 1);
    assert!(refusal(&long).1.contains("expected at most 65536"));
    // Fits as it is written, but not in canonical spelling with its blanks.
    let tight = vec!["maxpool(2)"; 5_000].join("->");
    assert!(tight.len() < MAX_TEXT);
    assert!(refusal(&tight).1.contains("in canonical spelling"));

    let label = "a".repeat(MAX_LABEL);
    read(&format!("{label}: relu"));
    let (column, message) = refusal(&format!("relu -> {label}a: relu"));
    assert_eq!(column, 9);
    assert!(
        message.contains("at most 64 letters") && message.len() < 200,
        "{message}"
    );
    let around = |times: usize| {
        format!(
            "{}relu{}",
            format!("{label}: [").repeat(times),
            "] x 1".repeat(times)
        )
    };
    read(&around(MAX_LABEL_PATH / MAX_LABEL));
    let (column, message) = refusal(&around(MAX_LABEL_PATH / MAX_LABEL + 1));
    assert_eq!(column, 4 * (MAX_LABEL + 3) + 1);
    assert!(
        message.contains("have 320 characters, expected at most 256"),
        "{message}"
    );
    assert!(refusal(&"é".repeat(30_000)).1.len() < 800);
}

#[test]
fn snippets_point_at_the_place() {
    let snippet = |text: &str| {
        parse(text, &Kinds::builtin())
            .unwrap_err()
            .snippet()
            .expect(text)
    };
    assert_eq!(
        snippet("é: relu -> cov(3)"),
        "é: relu -> cov(3)\n           ^"
    );
    assert_eq!(snippet("relu ->\n\ttahn\n -> relu"), " tahn\n ^");
    assert_eq!(snippet("cov"), "cov\n^");
    assert_eq!(snippet("relu ->"), "relu ->\n       ^");
    assert_eq!(snippet("relu\n->\n*"), "*\n^");
    for repeats in [0, 5, 20, 100] {
        let text = format!(
            "{}cov(3){}",
            "relu -> ".repeat(repeats),
            " -> relu".repeat(repeats)
        );
        let shown = snippet(&text);
        let (line, caret) = shown.split_once('\n').expect("two lines");
        assert!(line.chars().count() <= 80, "{shown}");
        assert_eq!(
            line.get(caret.len() - 1..caret.len() + 2),
            Some("cov"),
            "{shown}"
        );
    }
    assert_eq!(NotationError::new(3, "no text").snippet(), None);
    assert_eq!(
        NotationError::new(99, "beyond")
            .in_text("ab")
            .snippet()
            .as_deref(),
        Some("ab\n  ^")
    );
}

#[test]
fn built_networks_are_checked_when_expanded() {
    let relu = || Step::layer(LayerText::new(&Kinds::builtin(), "relu", []).expect("relu"));
    let network = |steps: Vec<Step>| NetworkText { steps };
    let mut deep = network(vec![relu()]);
    for _ in 0..=MAX_DEPTH {
        deep = network(vec![Step::group(deep, 1)]);
    }
    for (broken, words) in [
        (network(vec![]), "no layers"),
        (
            network(vec![Step::group(network(vec![]), usize::MAX)]),
            "no layers",
        ),
        (
            network(vec![Step::group(network(vec![relu()]), 0)]),
            "0 times",
        ),
        (
            network(vec![Step::group(network(vec![relu()]), usize::MAX)]),
            "more than 10000",
        ),
        (network(vec![relu().labelled("a b")]), "not a name"),
        (
            network(vec![relu().labelled("a"), relu().labelled("a")]),
            "already used",
        ),
        (deep, "nested more than 64"),
    ] {
        let error = expand(&broken).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.to_string().contains("column 0: "), "{error}");
    }
}

#[test]
fn unsound_signatures_are_refused() {
    let new = |name: &str| Signature::new(name, "");
    for (signature, words) in [
        (new("Conv3"), "lower-case"),
        (new("conv3"), "ending in no digit"),
        (new(""), "lower-case"),
        (
            new("relu"),
            "name is \"relu\", expected a name that no other layer has; relu is a built-in layer",
        ),
        (
            new("re_lu"),
            "expected a name that no other layer has; it is another name of relu, a built-in layer",
        ),
        (new("fc"), "it is another name of linear, a built-in layer"),
        (
            new("my").alias("dense"),
            "name is \"dense\", expected a name that no other layer has; it is another name of linear",
        ),
        (new("my").alias("m_y"), "each spelling once"),
        (new("my").alias("m y"), "lower-case"),
        (
            new("my")
                .required("a", ParameterKind::Flag)
                .required("A", ParameterKind::Flag),
            "lower-case",
        ),
        (
            new("my")
                .required("a", ParameterKind::Flag)
                .required("a", ParameterKind::Flag),
            "once",
        ),
        (
            new("my")
                .optional("a", ParameterKind::Flag, true)
                .required("b", ParameterKind::Flag),
            "required parameters before optional ones",
        ),
        (
            new("my").optional("a", ParameterKind::Rate, 1.0),
            "a value of the parameter",
        ),
        (
            new("my").same_as("a", ParameterKind::Pair, "a"),
            "names an earlier parameter",
        ),
        (
            new("my").same_as("a", ParameterKind::Pair, "b"),
            "names an earlier parameter",
        ),
        (
            new("my").optional_network("a", ParameterKind::Pair),
            "only networks may be absent",
        ),
    ] {
        let mut kinds = Kinds::builtin();
        let error = kinds.register(signature).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(kinds.iter().count(), Kinds::builtin().iter().count());
    }
    let mut kinds = Kinds::builtin();
    kinds
        .register(new("own").alias("mine"))
        .expect("a free name");
    for (name, end) in [
        ("own", "expected a name that no other layer has"),
        ("mine", "that no other layer has; it is another name of own"),
    ] {
        let error = kinds.register(new(name)).expect_err(end).to_string();
        assert!(error.ends_with(end), "{error}");
    }
}
