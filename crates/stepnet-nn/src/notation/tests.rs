//! Examples: texts that are read, printed, expanded or refused.

mod mistakes;
mod properties;

use super::*;

fn read(text: &str) -> NetworkText {
    parse(text, &Kinds::builtin()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Kinds with users' layers, one of which holds networks.
fn kinds_with_networks() -> Kinds {
    let mut kinds = Kinds::builtin();
    let around = Signature::new("around", "A user's own layer with networks in it.")
        .alias("inception_block2")
        .required("body", ParameterKind::Branches)
        .optional_network("other", ParameterKind::Network);
    let custom = Signature::new("my_layer", "A user's own layer.")
        .optional("groups", ParameterKind::CountOrClasses, 2)
        .optional("window", ParameterKind::Pair, [3, 5])
        .optional("padding", ParameterKind::Padding, PaddingText::Same)
        .same_as("step", ParameterKind::Pair, "window")
        .optional("slope", ParameterKind::Number, -0.5)
        .optional("fast", ParameterKind::Flag, false);
    for signature in [around, custom] {
        kinds.register(signature).expect("a sound signature");
    }
    kinds
}

#[test]
fn the_texts_of_the_course_and_the_design_are_canonical() {
    for text in [
        "conv(8, 4, same) -> relu -> maxpool(8, same) -> conv(16, 2, same) -> relu -> \
         maxpool(4, same) -> flatten -> linear(6) -> softmax",
        "[linear(20) -> relu] x 3 -> linear(1) -> sigmoid",
        "[residual(conv(16, 3, same) -> relu -> conv(16, 3, same)) -> relu] x 3 -> globalavgpool",
        "branch(conv(8, 1) | conv(8, 3, same) -> relu | maxpool(3, same, stride=1)) -> relu",
        "residual(relu, shortcut=conv(16, 1, stride=2))",
        "head: linear(classes, bias=false) -> leakyrelu(slope=0.2) -> dropout(0.5)",
        "conv(8, 3x5, padding=1/2/0/3, stride=2x1, dilation=2, groups=4, bias=false)",
        "conv(8, 3, padding=2) -> avgpool(2, padding=1x2, stride=1, count_padding=true)",
        "stem: [conv(8, 3) -> [relu] x 2] x 2",
    ] {
        let network = parse(text, &kinds_with_networks()).expect(text);
        assert_eq!(network.to_string(), text);
    }
}

#[test]
fn other_spellings_print_in_the_canonical_one() {
    for (text, canonical) in [
        (
            "CONV2D(8,5)->RELU→MAXPOOL(2)->FLATTEN->FULLYCONNECTED(6)",
            "conv(8, 5) -> relu -> maxpool(2) -> flatten -> linear(6)",
        ),
        (
            "[LINEAR(20)->RELU]x3->Dense(1)",
            "[linear(20) -> relu] x 3 -> linear(1)",
        ),
        ("[ fc ( 2 ) ]\n X\t2", "[linear(2)] x 2"),
        ("[relu] × 2", "[relu] x 2"),
        ("Max_Pool2D(2, SAME)", "maxpool(2, same)"),
        ("averagepooling2d(3x3, valid, 3)", "avgpool(3)"),
        (
            "GlobalAveragePooling2D -> leaky_relu(0.01)",
            "globalavgpool -> leakyrelu",
        ),
        ("conv(8, 3, 0)", "conv(8, 3)"),
        ("conv(8, 3, 1x1, 2)", "conv(8, 3, padding=1, stride=2)"),
        ("conv(kernel=3, filters=8)", "conv(8, 3)"),
        (
            "conv(8, 3, Padding=same, strIde=2)",
            "conv(8, 3, same, stride=2)",
        ),
        (
            "conv(007, 3 x 5, 0/0/1/1, bias=TRUE)",
            "conv(7, 3x5, padding=0x1)",
        ),
        ("maxpool(3x3, stride=3)", "maxpool(3)"),
        (
            "dropout(5e-1) -> dropout(.25) -> dropout(0)",
            "dropout(0.5) -> dropout(0.25) -> dropout(0)",
        ),
        (
            "dropout(1e-3) -> dropout(1e-30)",
            "dropout(0.001) -> dropout(1e-30)",
        ),
        (
            "leakyrelu(-0) -> leakyrelu(-2) -> dropout(-0)",
            "leakyrelu(slope=0) -> leakyrelu(slope=-2) -> dropout(0)",
        ),
        ("Été_1: linear(Classes)", "Été_1: linear(classes)"),
        ("mylayer(2, 3x5, valid, 3x5)", "my_layer(padding=valid)"),
        ("branch(relu|relu)", "branch(relu | relu)"),
    ] {
        let network = parse(text, &kinds_with_networks()).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(network.to_string(), canonical);
        assert_eq!(
            parse(canonical, &kinds_with_networks()).as_ref(),
            Ok(&network)
        );
    }
}

#[test]
fn getters_answer_with_values_and_defaults() {
    let layers = expand(&read(
        "conv(8, 3x5, 1/2/3/4) -> maxpool(2x3, same) -> dropout(0.25) -> fc(classes)",
    ))
    .expect("four layers");
    let [conv, pool, dropout, linear] = [0, 1, 2, 3].map(|i| &layers[i].layer);
    assert_eq!(
        (conv.kind(), conv.count("filters")),
        ("conv", Count::Number(8))
    );
    assert_eq!((conv.pair("kernel"), conv.pair("stride")), ([3, 5], [1, 1]));
    assert_eq!(
        (conv.count("groups").number(), conv.flag("bias")),
        (Some(1), true)
    );
    let sides = PaddingText::Sides {
        top: 1,
        bottom: 2,
        left: 3,
        right: 4,
    };
    assert_eq!(conv.padding("padding"), sides);
    assert_eq!(
        (pool.pair("stride"), pool.padding("padding")),
        ([2, 3], PaddingText::Same)
    );
    assert_eq!(
        (dropout.number("rate"), linear.count("units")),
        (0.25, Count::Classes)
    );

    let text = "around(relu | tanh) -> residual(relu)";
    let layers = expand(&parse(text, &kinds_with_networks()).expect(text)).expect(text);
    assert_eq!(layers[0].layer.networks("body").len(), 2);
    assert_eq!(layers[0].layer.network("other"), None);
    assert_eq!(layers[2].layer.network("body"), Some(&read("relu")));
    assert_eq!(layers[2].layer.network("shortcut"), None);
}

#[test]
fn classes_become_a_number_everywhere() {
    let text = "[residual(linear(classes), shortcut=linear(5))] x 2 -> conv(classes, 1) -> \
                my_layer(classes) -> my_layer";
    let mut network = parse(text, &kinds_with_networks()).expect(text);
    assert!(network.uses_classes());
    assert!(resolve_classes(&mut network, 0).is_err());
    resolve_classes(&mut network, 2).expect("a number of classes");
    assert!(!network.uses_classes());
    let expected =
        "[residual(linear(2), shortcut=linear(5))] x 2 -> conv(2, 1) -> my_layer -> my_layer";
    assert_eq!(network.to_string(), expected);
    assert_eq!(parse(expected, &kinds_with_networks()), Ok(network));
}

#[test]
fn layers_are_named_by_kind_and_order() {
    let names = |text: &str| -> Vec<String> {
        let network = parse(text, &kinds_with_networks()).unwrap_or_else(|e| panic!("{text}: {e}"));
        let layers = expand(&network).expect("what is read can be expanded");
        layers.into_iter().map(|layer| layer.name).collect()
    };
    assert_eq!(
        names("conv(8, 3) -> relu -> stem: conv(8, 3) -> conv(8, 3) -> fc(2)"),
        ["conv1", "relu1", "stem", "conv3", "linear1"]
    );
    assert_eq!(
        names("[linear(20) -> a: relu] x 2 -> linear(1)"),
        ["linear1", "a.1", "linear2", "a.2", "linear3"]
    );
    assert_eq!(
        names("[[a: relu] x 2] x 2"),
        ["a.1.1", "a.1.2", "a.2.1", "a.2.2"]
    );
    assert_eq!(
        names("relu -> b: [relu -> [a: relu] x 2] x 2 -> relu"),
        [
            "relu1",
            "b.1.relu1",
            "b.1.a.1",
            "b.1.a.2",
            "b.2.relu1",
            "b.2.a.1",
            "b.2.a.2",
            "relu2"
        ]
    );
    assert_eq!(names("a: around(a: relu -> relu) -> relu"), ["a", "relu1"]);
    assert_eq!(
        names("conv(8, 3) -> a: residual(a: relu -> conv(8, 3)) -> conv(8, 3)"),
        ["conv1", "a.a", "a.conv1", "a", "conv2"]
    );
    assert_eq!(
        names("[residual(relu, shortcut=b: [relu] x 2)] x 2 -> branch(relu | [relu] x 2)"),
        [
            "residual1.relu1",
            "residual1.shortcut.b.1.relu1",
            "residual1.shortcut.b.2.relu1",
            "residual1",
            "residual2.relu1",
            "residual2.shortcut.b.1.relu1",
            "residual2.shortcut.b.2.relu1",
            "residual2",
            "branch1.1.relu1",
            "branch1.2.relu1",
            "branch1.2.relu2",
            "branch1"
        ]
    );
}

#[test]
fn layers_take_what_stands_before_them_or_what_they_join() {
    let inputs = |text: &str| -> Vec<Vec<Option<usize>>> {
        let layers = expand(&read(text)).expect(text);
        layers.into_iter().map(|layer| layer.inputs).collect()
    };
    let one = |layer: usize| vec![Some(layer)];
    assert_eq!(inputs("[relu] x 3"), [vec![None], one(0), one(1)]);
    // Without a shortcut what is added is what the body takes, be it the network's input.
    assert_eq!(
        inputs("residual(relu -> tanh) -> residual(relu)"),
        [
            vec![None],
            one(0),
            vec![Some(1), None],
            one(2),
            vec![Some(3), Some(2)]
        ]
    );
    assert_eq!(
        inputs("relu -> residual(residual(relu), shortcut=tanh) -> relu"),
        [
            vec![None],
            one(0),
            vec![Some(1), Some(0)],
            one(0),
            vec![Some(2), Some(3)],
            one(4)
        ]
    );
    assert_eq!(
        inputs("relu -> branch(relu | tanh -> relu | residual(relu))"),
        [
            vec![None],
            one(0),
            one(0),
            one(2),
            one(0),
            vec![Some(4), Some(0)],
            vec![Some(1), Some(3), Some(5)]
        ]
    );
}

#[test]
fn steps_know_their_columns() {
    let layers = expand(&read(" é: conv(8, 3) → [ relu -> b: relu ] x 2")).expect("five layers");
    let columns: Vec<usize> = layers.iter().map(|layer| layer.column).collect();
    assert_eq!(columns, [2, 20, 28, 20, 28]);
    let ends: Vec<usize> = layers.iter().map(|layer| layer.end).collect();
    assert_eq!(ends, [15, 24, 35, 24, 35]);
}

#[test]
fn equality_ignores_columns_and_nothing_else() {
    assert_eq!(read("conv(8,3)->relu"), read("conv( 8, 3 )  -> relu"));
    for other in [
        "conv(8, 4) -> relu",
        "a: conv(8, 3) -> relu",
        "conv(8, 3) -> tanh",
        "conv(8, 3)",
    ] {
        assert_ne!(read("conv(8, 3) -> relu"), read(other));
    }
}

#[test]
fn presets_are_canonical_and_found_by_name() {
    let kinds = Kinds::builtin();
    for preset in presets::ALL {
        assert_eq!(
            read(preset.text).to_string(),
            preset.text,
            "{}",
            preset.name
        );
        let shouted = format!(" {} ", preset.name.to_uppercase());
        assert_eq!(parse_or_preset(&shouted, &kinds), Ok(read(preset.text)));
        assert!(kinds.get(preset.name).is_none(), "{}", preset.name);
    }
    assert!(presets::find("lenet").is_none());
    assert_eq!(parse_or_preset("relu", &kinds), Ok(read("relu")));
    for (text, column, words) in [
        ("lenet", 1, "did you mean \"lenet5\"?"),
        (" cat_cnn", 2, "did you mean \"cat-cnn\"?"),
        ("flaten", 1, "did you mean \"flatten\"?"),
        ("vgg-16", 1, "presets lenet5, cat-cnn, l-layer"),
        ("conv", 1, "conv needs filters and kernel"),
        ("lenet5 -> relu", 1, "unknown layer kind \"lenet5\""),
        ("", 1, "the text is empty"),
    ] {
        let error = parse_or_preset(text, &kinds).expect_err(text);
        assert!(error.message.contains(words), "{text}: {error}");
        assert_eq!(error.column, column, "{text}: {error}");
    }
}

#[test]
fn built_layers_are_checked_like_written_ones() {
    let kinds = Kinds::builtin();
    let linear = |units: Value| LayerText::new(&kinds, "FC", [("units", units)]);
    let layer = linear(10.into()).expect("ten units");
    assert_eq!(
        layer
            .clone()
            .with("bias", false)
            .expect("a flag")
            .to_string(),
        "linear(10, bias=false)"
    );
    assert_eq!(NetworkText::from_iter([layer.clone()]), read("linear(10)"));
    let pool = LayerText::new(
        &kinds,
        "maxpool",
        [("size", 2.into()), ("stride", 2.into())],
    );
    let pool = pool.expect("a pool").with("size", [3, 5]).expect("a pair");
    assert_eq!(
        pool.pair("stride"),
        [3, 5],
        "an unset stride follows the size"
    );
    for (result, words) in [
        (
            linear(0.into()),
            "linear: units is 0, expected a positive whole number",
        ),
        (
            linear((LARGEST_NUMBER + 1).into()),
            "expected a positive whole number",
        ),
        (linear(f64::NAN.into()), "linear: units is NaN"),
        (
            LayerText::new(&kinds, "linear", []),
            "linear: units is missing",
        ),
        (
            LayerText::new(&kinds, "liner", []),
            "expected a registered layer kind",
        ),
        (
            layer.with("filters", 3),
            "expected linear(units, bias=true)",
        ),
    ] {
        let error = result.expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_kind_that_ends_in_a_digit_is_not_run_together_with_a_number() {
    let text = "relu -> relu6 -> [RELU6 -> prelu] x 2 -> relu";
    let names = |text: &str| -> Vec<String> {
        let layers = expand(&read(text)).expect(text);
        layers.into_iter().map(|layer| layer.name).collect()
    };
    let expected = [
        "relu1", "relu6_1", "relu6_2", "prelu1", "relu6_3", "prelu2", "relu2",
    ];
    assert_eq!(names(text), expected);
    // The sixty-first ReLU has the name that would be in the way.
    assert_eq!(names("[relu] x 61 -> relu6")[60..], ["relu61", "relu6_1"]);
    let error = parse("relu6_1: relu -> relu6", &Kinds::builtin()).expect_err("one name twice");
    assert!(error.message.contains("automatic name"), "{error}");
}

#[test]
fn built_in_signatures_would_pass_registration() {
    let builtin = Kinds::builtin();
    let mut names = std::collections::HashSet::new();
    for signature in builtin.iter() {
        let clashes: Vec<_> = signature
            .aliases()
            .iter()
            .chain([&signature.name])
            .collect();
        for name in clashes {
            assert!(
                names.insert(name.replace('_', "")),
                "{name} is listed twice"
            );
            assert_eq!(
                builtin.get(&name.to_uppercase()).map(|s| s.name()),
                Some(signature.name())
            );
        }
    }
}

/// The number of weights of a network on its input, worked out here from its text alone.
fn parameter_count(text: &str, [mut height, mut width, mut channels]: [usize; 3]) -> usize {
    let mut count = 0;
    for NamedLayer { layer, name, .. } in expand(&read(text)).expect(text) {
        let outputs = |n: usize, size: usize, stride: usize| match layer.padding("padding") {
            PaddingText::Same => n.div_ceil(stride),
            PaddingText::Valid => (n - size) / stride + 1,
            PaddingText::Sides { .. } => panic!("{name}: no preset pads by numbers"),
        };
        match layer.kind() {
            "conv" => {
                let ([f_h, f_w], [s_h, s_w]) = (layer.pair("kernel"), layer.pair("stride"));
                let filters = layer.count("filters").number().expect("a number");
                count += (f_h * f_w * channels + 1) * filters;
                (height, width) = (outputs(height, f_h, s_h), outputs(width, f_w, s_w));
                channels = filters;
            }
            "maxpool" => {
                let ([f_h, f_w], [s_h, s_w]) = (layer.pair("size"), layer.pair("stride"));
                (height, width) = (outputs(height, f_h, s_h), outputs(width, f_w, s_w));
            }
            "flatten" => (height, width, channels) = (1, 1, height * width * channels),
            "linear" => {
                let units = layer.count("units").number().expect("a number");
                // A volume is flattened without being told.
                count += (height * width * channels + 1) * units;
                (height, width, channels) = (1, 1, units);
            }
            "relu" | "sigmoid" | "softmax" | "dropout" => {}
            other => panic!("{name}: kind {other} is in no preset"),
        }
    }
    count
}

#[test]
fn presets_have_the_published_sizes() {
    for (name, classes, parameters) in [
        // 6 * 26 + 16 * 151 + 120 * 257 + 84 * 121 + 10 * 85
        ("lenet5", 10, 44_426),
        // The course's SIGNS model, as its summary prints it.
        ("cat-cnn", 6, 1_310),
        // 20 * 12289 + 7 * 21 + 5 * 8 + 6
        ("l-layer", 2, 245_973),
        // 32 * 10 + 64 * 289 + 128 * 1025 + 10 * 129
        ("digits-cnn", 10, 151_306),
    ] {
        let preset = presets::find(name).expect(name);
        let mut network = read(preset.text);
        resolve_classes(&mut network, classes).expect("a number of classes");
        let text = network.to_string();
        assert_eq!(
            parameter_count(&text, preset.input.unwrap()),
            parameters,
            "{text}"
        );
    }
}

#[test]
fn the_course_s_signs_model_is_the_cat_cnn_preset() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/course/course.json"
    );
    let Ok(json) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the course's data is not beside this repository");
        return;
    };
    let course: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let architectures = course["architectures"].as_array().expect("a list");
    let signs = architectures
        .iter()
        .find(|entry| entry["id"] == "arch_signs");
    let signs = signs.expect("arch_signs")["arrow"]
        .as_str()
        .expect("a text");
    let mut preset = read(presets::find("cat-cnn").expect("the preset").text);
    resolve_classes(&mut preset, 6).expect("six classes");
    assert_eq!(preset, read(signs));
}
