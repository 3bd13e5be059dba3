//! Files of both forms, written byte by byte.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::read;
use crate::weights::StateDict;

/// The start of a pickle, and an empty ordered dictionary.
const START: &[u8] = b"\x80\x02";
const DICT: &[u8] = b"ccollections\nOrderedDict\n)R";

/// A text of a pickle.
fn text(text: &str) -> Vec<u8> {
    [
        &b"X"[..],
        &(text.len() as u32).to_le_bytes(),
        text.as_bytes(),
    ]
    .concat()
}

fn tuple(numbers: &[u8]) -> Vec<u8> {
    let numbers = numbers.iter().flat_map(|&number| [b'K', number]);
    [vec![b'('], numbers.collect(), vec![b't']].concat()
}

/// A tensor over the storage `key`, which has `count` elements.
fn tensor(kind: &str, key: &str, count: u8, offset: u8, shape: &[u8], strides: &[u8]) -> Vec<u8> {
    let storage = [
        b"(".to_vec(),
        text("storage"),
        format!("ctorch\n{kind}\n").into_bytes(),
        text(key),
        text("cpu"),
        vec![b'K', count, b'N', b't', b'Q'],
    ];
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n(".to_vec(),
        storage.concat(),
        vec![b'K', offset],
        tuple(shape),
        tuple(strides),
        b"\x89".to_vec(),
        DICT.to_vec(),
        b"tR".to_vec(),
    ]
    .concat()
}

/// A dictionary of named values.
fn dict(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries = entries
        .iter()
        .map(|(name, value)| [text(name), value.clone()].concat());
    [
        DICT.to_vec(),
        b"(".to_vec(),
        entries.collect::<Vec<_>>().concat(),
        b"u".to_vec(),
    ]
    .concat()
}

/// A file of the older form.
fn legacy(main: &[u8], storages: &[(&str, usize, Vec<u8>)]) -> Vec<u8> {
    let keys = storages
        .iter()
        .flat_map(|(key, ..)| text(key))
        .collect::<Vec<_>>();
    let mut file = [
        &b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."[..],
        b"\x80\x02M\xe9\x03.",
        b"\x80\x02}.",
        START,
        main,
        b".",
        START,
        b"](",
        &keys,
        b"e.",
    ]
    .concat();
    for (_, count, bytes) in storages {
        file.extend((*count as u64).to_le_bytes());
        file.extend(bytes);
    }
    file
}

/// A file of the newer form.
fn zipped(main: &[u8], storages: &[(&str, usize, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    let mut add = |name: &str, bytes: &[u8]| {
        archive.start_file(name, options).unwrap();
        archive.write_all(bytes).unwrap();
    };
    add("net/data.pkl", &[START, main, b"."].concat());
    add("net/byteorder", b"little");
    for (key, _, bytes) in storages {
        add(&format!("net/data/{key}"), bytes);
    }
    archive.finish().unwrap().into_inner()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Both forms of a file.
fn both(main: &[u8], storages: &[(&str, usize, Vec<u8>)]) -> [Vec<u8>; 2] {
    [
        legacy(main, storages),
        zipped(main, storages, CompressionMethod::Stored),
    ]
}

fn listed(state: &StateDict<'_>) -> Vec<(String, Vec<f64>)> {
    let tensors = state.tensors.iter();
    tensors
        .map(|tensor| (tensor.name.clone(), tensor.values()))
        .collect()
}

fn example() -> [Vec<u8>; 2] {
    let main = dict(&[
        (
            "module.a.weight",
            tensor("FloatStorage", "7", 6, 0, &[2, 3], &[1, 2]),
        ),
        (
            "module.a.bias",
            tensor("FloatStorage", "7", 6, 4, &[2], &[1]),
        ),
        (
            "module.b.weight",
            tensor("HalfStorage", "8", 2, 0, &[2], &[1]),
        ),
    ]);
    let first = floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    both(&main, &[("7", 6, first), ("8", 2, vec![0, 0x3c, 0, 0xc0])])
}

#[test]
fn both_forms_are_read_with_strides_views_and_wrapping() {
    for file in example() {
        let state = read(&file, None).unwrap();
        let expected = [
            ("a.weight", vec![0.0, 2.0, 4.0, 1.0, 3.0, 5.0]),
            ("a.bias", vec![4.0, 5.0]),
            ("b.weight", vec![1.0, -2.0]),
        ];
        assert_eq!(
            listed(&state),
            expected.map(|(name, values)| (name.to_owned(), values))
        );
        assert!(
            state.notes.iter().any(|note| note.contains("module.")),
            "{:?}",
            state.notes
        );
    }
}

#[test]
fn one_of_several_sets_is_chosen_and_told() {
    let weights = |key| dict(&[("w", tensor("FloatStorage", key, 1, 0, &[1], &[1]))]);
    let main = dict(&[
        ("epoch", vec![b'K', 3]),
        ("ema", weights("1")),
        ("state_dict", weights("2")),
        ("optimizer", dict(&[("state", b"}".to_vec())])),
    ]);
    for file in both(&main, &[("1", 1, floats(&[1.5])), ("2", 1, floats(&[2.5]))]) {
        let of = |part| read(&file, part).map(|state| (state.tensors[0].values(), state.notes));
        let (values, notes) = of(None).unwrap();
        assert_eq!(values, [2.5]);
        assert!(
            notes[0].contains("ema") && notes[0].contains("took state_dict"),
            "{notes:?}"
        );
        assert_eq!(of(Some("ema")).unwrap().0, [1.5]);
        let message = of(Some("eam")).unwrap_err().to_string();
        assert!(
            message.contains("\"eam\"") && message.contains("ema, state_dict"),
            "{message}"
        );
    }
}

#[test]
fn the_weights_of_a_whole_module_are_read_without_its_code() {
    let module =
        |parts: &[(&str, Vec<u8>)]| [&b"cmine\nNet\n)\x81"[..], &dict(parts), b"b"].concat();
    let inner = module(&[
        ("training", b"\x88".to_vec()),
        (
            "_parameters",
            dict(&[
                ("weight", tensor("FloatStorage", "1", 2, 0, &[2], &[1])),
                ("bias", b"N".to_vec()),
            ]),
        ),
        (
            "_buffers",
            dict(&[("seen", tensor("LongStorage", "2", 1, 0, &[], &[]))]),
        ),
        ("_modules", dict(&[])),
    ]);
    let main = module(&[
        ("_parameters", dict(&[])),
        ("_modules", dict(&[("conv", inner)])),
    ]);
    for file in both(
        &main,
        &[
            ("1", 2, floats(&[1.0, 2.0])),
            ("2", 1, 9_u64.to_le_bytes().to_vec()),
        ],
    ) {
        let expected = [("conv.weight", vec![1.0, 2.0]), ("conv.seen", vec![9.0])];
        let expected = expected.map(|(name, values)| (name.to_owned(), values));
        assert_eq!(listed(&read(&file, None).unwrap()), expected);
    }
}

#[test]
fn nothing_that_a_pickle_names_is_run() {
    let call = [
        &b"cposix\nsystem\n("[..],
        &text("touch /tmp/stepnet-was-here"),
        b"tR",
    ]
    .concat();
    let message = read(&legacy(&call, &[]), None).unwrap_err().to_string();
    assert!(message.contains("posix.system"), "{message}");
    let main = dict(&[
        ("x", call),
        ("w", tensor("FloatStorage", "1", 1, 0, &[1], &[1])),
    ]);
    for file in both(&main, &[("1", 1, floats(&[3.0]))]) {
        assert_eq!(
            listed(&read(&file, None).unwrap()),
            [("w".to_owned(), vec![3.0])]
        );
    }
    assert!(!std::path::Path::new("/tmp/stepnet-was-here").exists());
}

#[test]
fn what_is_wrong_is_one_line_with_the_name() {
    let storage = [("1", 2, floats(&[1.0, 2.0]))];
    let of = |tensor: Vec<u8>| {
        let file = zipped(&dict(&[("w", tensor)]), &storage, CompressionMethod::Stored);
        read(&file, None).unwrap_err().to_string()
    };
    for (tensor, expected) in [
        (
            tensor("FloatStorage", "1", 2, 1, &[2], &[1]),
            "\"w\": shape [2] at strides [1] from element 1",
        ),
        (
            tensor("FloatStorage", "1", 2, 0, &[200, 200], &[0, 0]),
            "more values than the 2",
        ),
        (
            tensor("FloatStorage", "3", 2, 0, &[2], &[1]),
            "\"3\" is not in the file",
        ),
        (
            tensor("ComplexFloatStorage", "3", 2, 0, &[2], &[1]),
            "of type ComplexFloatStorage",
        ),
    ] {
        let message = of(tensor);
        assert!(
            message.contains(expected) && !message.contains('\n'),
            "{message}"
        );
    }
    let packed = zipped(&dict(&[]), &[], CompressionMethod::Stored);
    assert!(
        read(&packed, None)
            .unwrap_err()
            .to_string()
            .contains("no tensors with names")
    );
}

#[test]
fn tensors_that_are_not_stored_value_by_value_are_refused_by_name() {
    let plain = tensor("FloatStorage", "0", 2, 0, &[2], &[1]);
    let quantised = [
        &b"ctorch._utils\n_rebuild_qtensor\n"[..],
        &tuple(&[1]),
        b"R",
    ];
    let main = dict(&[("a.bias", plain), ("a.weight", quantised.concat())]);
    for file in both(&main, &[("0", 2, floats(&[1.0, 2.0]))]) {
        let problem = read(&file, None).map(drop).unwrap_err().to_string();
        let said = "the tensor \"a.weight\" is made by torch._utils._rebuild_qtensor: sparse and quantised";
        assert!(problem.starts_with(said), "{problem}");
    }
}

#[test]
fn a_small_file_cannot_ask_for_much() {
    // A list that is made a dictionary again and again.
    let pair = [&b"("[..], &text("a"), b"Nt"].concat();
    let list = [&b"]q\x00("[..], &pair.repeat(1000), b"e0"].concat();
    let calls = b"ccollections\nOrderedDict\n(h\x00tR0".repeat(2000);
    let message = read(&legacy(&[list, calls, b"N".to_vec()].concat(), &[]), None).unwrap_err();
    assert!(message.to_string().contains("again and again"), "{message}");
    // A dictionary of two references to the one before, sixty deep: 2^60 paths.
    let mut main = [
        &dict(&[("w", tensor("FloatStorage", "1", 1, 0, &[1], &[1]))])[..],
        b"q\x00",
    ]
    .concat();
    for _ in 0..60 {
        main = [
            main,
            DICT.to_vec(),
            b"(".to_vec(),
            text("a"),
            b"h\x00".to_vec(),
            text("b"),
            b"h\x00uq\x00".to_vec(),
        ]
        .concat();
    }
    let file = legacy(&main, &[("1", 1, floats(&[1.0]))]);
    assert_eq!(read(&file, None).unwrap().tensors.len(), 1);
}

#[test]
fn files_that_end_early_are_refused() {
    for file in example() {
        for end in 0..file.len() {
            assert!(
                read(&file[..end], None).is_err(),
                "the first {end} of {} bytes",
                file.len()
            );
        }
    }
}

proptest! {
    #[test]
    fn damaged_files_are_read_or_refused(at in 0_usize..2000, byte: u8, zip: bool) {
        let mut file = example()[usize::from(zip)].clone();
        let at = at % file.len();
        file[at] = byte;
        if let Ok(state) = read(&file, None) {
            for tensor in state.tensors {
                prop_assert_eq!(tensor.values().len(), tensor.len());
            }
        }
    }
}
