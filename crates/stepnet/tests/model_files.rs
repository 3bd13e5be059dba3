//! Model files: what is saved comes back bit for bit, and nothing false is accepted.

use std::path::Path;

use serde_json::{Value, json};
use stepnet::nn::{
    Init, Model, ModelFile, Network, Preprocessing, Registry, Shape, example_networks,
};
use stepnet::rng::RandomState;

fn model() -> Model<f32> {
    let mut network = Network::new(
        "conv(4, 3) -> bright: relu -> linear(3) -> softmax",
        [6, 6, 1],
    )
    .unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    let classes = ["a", "b", "c"].map(String::from).to_vec();
    let training = [("seed".to_owned(), json!(7))].into_iter().collect();
    Model::new(network, classes, Preprocessing::scaled(6, 6, 1, 16.0)).training(training)
}

/// The file with a changed header.
fn with_header(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    change(&mut header);
    let header = header.to_string();
    [
        &(header.len() as u64).to_le_bytes(),
        header.as_bytes(),
        &bytes[8 + length..],
    ]
    .concat()
}

/// The file with a changed `stepnet` entry.
fn with_entry(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    with_header(bytes, |header| {
        let entry = &mut header["__metadata__"]["stepnet"];
        let mut value: Value = serde_json::from_str(entry.as_str().unwrap()).unwrap();
        change(&mut value);
        *entry = Value::String(value.to_string());
    })
}

/// The file as it was written before there were checksums, which would be checked before what is in it.
fn without_checksums(bytes: &[u8]) -> Vec<u8> {
    with_entry(bytes, |entry| {
        let entry = entry.as_object_mut().unwrap();
        assert!(entry.remove("checksum").is_some() && entry.remove("checksums").is_some());
    })
}

/// A model of every built-in layer comes back with its numbers.
#[test]
fn every_built_in_layer_comes_back() {
    for (seed, (text, input)) in example_networks().into_iter().enumerate() {
        let Shape::Volume {
            height,
            width,
            channels,
        } = input
        else {
            continue;
        };
        let mut network = Network::<f32>::new(&format!("{text} -> softmax"), input).unwrap();
        network.initialize(Init::He, &mut RandomState::new(seed as u32));
        for (at, value) in network.parameters_mut().iter_mut().enumerate() {
            *value += 0.01 * at as f32;
        }
        let classes = ["a", "b", "c"].map(String::from).to_vec();
        let preprocessing = Preprocessing::scaled(height, width, channels, 16.0);
        let model = Model::new(network, classes, preprocessing);
        let bytes = model.to_bytes().unwrap();
        let name = Path::new("model.safetensors");
        let read = ModelFile::from_bytes(name, &bytes).unwrap();
        let read = read.model::<f32>(Registry::builtin()).unwrap();
        assert_eq!(read.network.hash(), model.network.hash(), "{text}");
        assert_eq!(read.network.text(), model.network.text(), "{text}");
    }
}

fn refusal(bytes: &[u8]) -> String {
    let name = Path::new("some/model.safetensors");
    let read =
        ModelFile::from_bytes(name, bytes).and_then(|file| file.model::<f32>(Registry::builtin()));
    let text = read.unwrap_err().to_string();
    assert!(text.starts_with("some/model.safetensors: "), "{text}");
    assert!(!text.contains('\n'), "{text}");
    text
}

#[test]
fn a_model_round_trips() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let saved = model();
    saved.save(&path).unwrap();
    let loaded = Model::<f32>::load(&path).unwrap();
    assert_eq!(saved.network.parameters(), loaded.network.parameters());
    assert_eq!(saved.network.text(), loaded.network.text());
    assert_eq!(saved.network.nodes()[1].name(), "bright");
    assert_eq!(loaded.network.nodes()[1].name(), "bright");
    assert_eq!(saved.classes, loaded.classes);
    assert_eq!(saved.preprocessing, loaded.preprocessing);
    assert_eq!(saved.training, loaded.training);
    assert_eq!(
        saved.to_bytes().unwrap(),
        loaded.to_bytes().unwrap(),
        "equal models are equal files"
    );
    let double = Model::<f64>::load(&path).unwrap();
    assert!(
        double
            .network
            .parameters()
            .iter()
            .zip(saved.network.parameters())
            .all(|(&d, &f)| d == f64::from(f))
    );
    assert_eq!(ModelFile::open(&path).unwrap().element(), Some("f32"));
}

#[test]
fn newer_versions_are_refused_by_name() {
    let bytes = without_checksums(&model().to_bytes().unwrap());
    let text = refusal(&with_entry(&bytes, |entry| entry["format"] = json!(9)));
    assert!(
        text.contains("format is version 9") && text.contains("reads up to 1"),
        "{text}"
    );
    let text = refusal(&with_entry(&bytes, |entry| {
        entry["notation"] = json!(2);
        entry["unheard_of"] = json!(true);
    }));
    assert!(text.contains("notation is version 2"), "{text}");
}

#[test]
fn parts_that_do_not_belong_together_are_named() {
    let bytes = without_checksums(&model().to_bytes().unwrap());
    let cases: [(&str, Value, &str); 9] = [
        (
            "network",
            json!("conv(5, 3) -> bright: relu -> linear(3) -> softmax"),
            "would have more than",
        ),
        (
            "network",
            json!("conv(4, 3) -> bright: relu -> linear(2) -> softmax"),
            "2 apart",
        ),
        (
            "network",
            json!("conv(4, 3) -> bright: relu -> flatten"),
            "expected softmax",
        ),
        ("network", json!("cnv(4, 3)"), "unknown layer kind \"cnv\""),
        (
            "network",
            json!("[linear(100000)] x 9000"),
            "would have more than",
        ),
        ("input", json!("6x6x2"), "would have more than"),
        ("loss", json!("hinge"), "hinge"),
        ("classes", json!(["a", "b"]), "2 classes"),
        (
            "preprocessing",
            json!(null),
            "expected struct Preprocessing",
        ),
    ];
    for (name, value, expected) in cases {
        let text = refusal(&with_entry(&bytes, |entry| entry[name] = value));
        assert!(text.contains(expected), "{name}: {text}");
    }
    for (name, value) in [
        ("divisor", json!(0.0)),
        ("height", json!(5)),
        ("mean", json!([1.0, 2.0])),
        ("deviation", json!([0.0])),
    ] {
        refusal(&with_entry(&bytes, |entry| {
            entry["preprocessing"][name] = value
        }));
    }
    // The same number of values, in layers of other names.
    let text = refusal(&with_entry(&bytes, |entry| {
        entry["network"] = json!("conv(4, 3) -> bright: relu -> last: linear(3) -> softmax");
    }));
    assert!(text.contains("linear1"), "{text}");
    let text = refusal(&with_header(&bytes, |header| {
        let tensor = header
            .as_object_mut()
            .unwrap()
            .remove("linear1.bias")
            .unwrap();
        header["linear9.bias"] = tensor;
    }));
    assert!(text.contains("linear9.bias"), "{text}");
    let text = refusal(&with_header(&bytes, |header| {
        header["conv1.weight"]["shape"] = json!([3, 3, 2, 2])
    }));
    assert!(
        text.contains("conv1.weight") && text.contains("[3, 3, 1, 4]"),
        "{text}"
    );
    let text = refusal(&with_header(&bytes, |header| {
        header["__metadata__"] = json!({})
    }));
    assert!(text.contains("not a Stepnet model"), "{text}");
}

#[test]
fn what_means_nothing_is_refused_by_name() {
    let bytes = without_checksums(&model().to_bytes().unwrap());
    let preprocessing = |name: &str, value: Value| {
        refusal(&with_entry(&bytes, |entry| {
            entry["preprocessing"][name] = value
        }))
    };
    for (name, value, parts) in [
        (
            "deviation",
            json!([-1.0]),
            ["deviation is -1.0", "positive"],
        ),
        (
            "deviation",
            json!([1e-50]),
            ["deviation is 1e-50", "positive"],
        ),
        ("divisor", json!(-255.0), ["divisor is -255.0", "positive"]),
        ("divisor", json!(1e300), ["divisor is 1e300", "positive"]),
        (
            "picture_divisor",
            json!(0.0),
            ["picture_divisor is 0.0", "positive"],
        ),
        ("mean", json!([1e300]), ["mean is 1e300", "finite"]),
        ("mean", json!([null]), ["metadata", "null"]),
        ("resize", json!("zoom"), ["zoom", "stretch"]),
        ("colour", json!("blue"), ["unknown field", "colour"]),
        ("width", json!(4), ["[6, 4, 1]", "6x6x1"]),
    ] {
        let text = preprocessing(name, value);
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    for (name, value, parts) in [
        (
            "element",
            json!("f16"),
            ["element is \"f16\"", "\"f32\" or \"f64\""],
        ),
        ("element", json!("f64"), ["is of f32", "element is f64"]),
        (
            "classes",
            json!(["a", "b", "a"]),
            ["class \"a\" twice", "each class"],
        ),
        ("unheard_of", json!(true), ["unknown field", "unheard_of"]),
    ] {
        let text = refusal(&with_entry(&bytes, |entry| entry[name] = value));
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    // As many values in another shape.
    let text = refusal(&with_entry(&bytes, |entry| {
        entry["preprocessing"]["height"] = json!(4);
        entry["preprocessing"]["width"] = json!(9);
    }));
    assert!(text.contains("[4, 9, 1]"), "{text}");
}

fn find(bytes: &[u8], part: &[u8]) -> usize {
    let mut windows = bytes.windows(part.len());
    windows.position(|window| window == part).unwrap()
}

#[test]
fn every_flipped_bit_of_the_numbers_and_of_the_description_is_noticed() {
    let bytes = model().to_bytes().unwrap();
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let places: Vec<(String, usize, usize)> = header
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "__metadata__")
        .map(|(name, tensor)| {
            let at = |end: usize| tensor["data_offsets"][end].as_u64().unwrap() as usize;
            (name.clone(), at(0), at(1))
        })
        .collect();
    for (name, start, end) in places {
        for place in start..end {
            let mut broken = bytes.clone();
            broken[8 + length + place] ^= 1 << (place % 8);
            let text = refusal(&broken);
            let named = format!("the tensor {name:?} does not match its checksum");
            assert!(text.contains(&named), "{text}");
        }
    }
    // Whatever a byte of the header becomes, no other model is read from it. What is wrong in the description is not
    // said of one that is damaged.
    let good = model();
    let path = Path::new("m");
    let entry = header["__metadata__"]["stepnet"].to_string();
    let start = find(&bytes, entry.as_bytes());
    let description = start + 1..start + entry.len() - 1;
    for place in 8..8 + length {
        for mask in [1, 4, 32] {
            let mut broken = bytes.clone();
            broken[place] ^= mask;
            let read = ModelFile::from_bytes(path, &broken)
                .and_then(|file| file.model::<f32>(Registry::builtin()));
            match read {
                Ok(read) => assert_eq!(
                    read.to_bytes().unwrap(),
                    good.to_bytes().unwrap(),
                    "byte {place}"
                ),
                Err(error) if description.contains(&place) => {
                    let text = error.to_string();
                    let named = [
                        "does not match its checksum",
                        "not a sound .safetensors file",
                    ];
                    assert!(named.iter().any(|name| text.contains(name)), "{text}");
                }
                Err(_) => {}
            }
        }
    }
}

#[test]
fn files_without_checksums_are_read_as_before() {
    let bytes = model().to_bytes().unwrap();
    let old = without_checksums(&bytes);
    let file = ModelFile::from_bytes(Path::new("old"), &old).unwrap();
    let read = file.model::<f32>(Registry::builtin()).unwrap();
    assert_eq!(read.to_bytes().unwrap(), model().to_bytes().unwrap());
    // One that was changed by hand and still has them is reported as damaged, however its tensors are read.
    let changed = with_entry(&bytes, |entry| entry["training"] = json!({"seed": 8}));
    let file = ModelFile::from_bytes(Path::new("new"), &changed).unwrap();
    let text = file.check_undamaged().unwrap_err().to_string();
    assert!(
        text.starts_with("new: it is damaged: the \"stepnet\" metadata"),
        "{text}"
    );
    // So is one whose description makes no sense, or whose tensors do not fit it.
    for change in ["network", "preprocessing", "element", "format"] {
        let text = refusal(&with_entry(&bytes, |entry| {
            entry[change] = json!("cnv(4, 3)")
        }));
        assert!(
            text.contains("metadata does not match its checksum"),
            "{change}: {text}"
        );
    }
    let text = refusal(&with_header(&bytes, |header| {
        header["conv1.weight"]["shape"] = json!([3, 3, 2, 2])
    }));
    assert!(
        text.contains("\"conv1.weight\" does not match its checksum"),
        "{text}"
    );
}

#[test]
fn no_cut_and_no_flipped_header_byte_panics() {
    let bytes = model().to_bytes().unwrap();
    let name = Path::new("m");
    for end in (0..bytes.len()).step_by(7) {
        assert!(
            ModelFile::from_bytes(name, &bytes[..end]).is_err(),
            "cut at {end}"
        );
    }
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    for place in 0..8 + length {
        let mut broken = bytes.clone();
        broken[place] ^= 0x15;
        if let Ok(file) = ModelFile::from_bytes(name, &broken) {
            file.model::<f32>(Registry::builtin()).ok();
        }
    }
}

#[test]
fn weights_that_are_not_finite_are_told() {
    let mut model = model();
    model.check_finite().unwrap();
    model.network.parameters_mut()[3] = f32::NAN;
    model.network.parameters_mut()[5] = f32::INFINITY;
    let text = model.check_finite().unwrap_err().to_string();
    assert!(
        text.contains("conv1") && text.contains("2 of the 36"),
        "{text}"
    );
    // They are read bit for bit all the same.
    let file = ModelFile::from_bytes(Path::new("m"), &model.to_bytes().unwrap()).unwrap();
    let loaded = file.model::<f32>(Registry::builtin()).unwrap();
    let bits = |model: &Model<f32>| {
        model
            .network
            .parameters()
            .iter()
            .map(|v| v.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&loaded), bits(&model));
}

#[test]
fn the_broken_model_files_are_answered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bad-inputs");
    if !folder.exists() {
        eprintln!("skipped: the broken model files are not here");
        return;
    }
    let open = |name: &str| ModelFile::open(folder.join(name));
    let text = open("header-length-2pow63.safetensors")
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("9223372036854775808") && text.contains("16 bytes"),
        "{text}"
    );
    let text = open("overlapping-offsets.safetensors")
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("overlapping-offsets.safetensors") && text.contains("offset"),
        "{text}"
    );

    let file = open("nan-weights.safetensors").unwrap();
    let tensor = |name: &str| {
        file.tensors()
            .iter()
            .find(|tensor| tensor.name == name)
            .unwrap()
            .clone()
    };
    let (w, b) = (tensor("w"), tensor("b"));
    assert_eq!(
        (w.shape.as_slice(), b.shape.as_slice()),
        ([2, 3].as_slice(), [3].as_slice())
    );
    assert!(w.values[1].is_nan() && b.values[1].is_nan());
    assert_eq!(
        (w.values[0], w.values[2], w.values[3]),
        (1.0, -2.5, f64::INFINITY)
    );
    assert_eq!(
        (w.values[4], w.values[5], b.values[0], b.values[2]),
        (0.5, f64::NEG_INFINITY, 0.0, 3.0)
    );
    let text = file
        .model::<f32>(Registry::builtin())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("not a Stepnet model") && text.contains("4 of its values are not finite"),
        "{text}"
    );
}
