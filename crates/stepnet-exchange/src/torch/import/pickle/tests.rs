//! Pickles as Python writes them, of several protocols.

use super::{Object, Pickle, Value, read};

/// The entries of a dictionary of texts and numbers.
fn entries(pickle: &Pickle<'_>) -> Vec<(String, Value)> {
    let Some(Object::Dict(items)) = pickle.object(&pickle.root) else {
        panic!("no dictionary: {:?}", pickle.root);
    };
    let text = |key| pickle.text(key).unwrap_or_default().to_owned();
    items
        .iter()
        .map(|(key, value)| (text(key), value.clone()))
        .collect()
}

/// `{"a": 1, "b": True, "c": -300}` by `pickle.dumps` with each protocol.
const PICKLES: [&[u8]; 4] = [
    b"(dp0\nVa\np1\nI1\nsVb\np2\nI01\nsVc\np3\nI-300\ns.",
    b"}q\x00(X\x01\x00\x00\x00aq\x01K\x01X\x01\x00\x00\x00bq\x02I01\nX\x01\x00\x00\x00cq\x03J\xd4\xfe\xff\xffu.",
    b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01X\x01\x00\x00\x00bq\x02\x88X\x01\x00\x00\x00cq\x03J\xd4\xfe\xff\xffu.",
    b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94\x88\x8c\x01c\x94J\xd4\xfe\xff\xffu.",
];

#[test]
fn all_protocols_are_read() {
    for pickle in PICKLES {
        let found = read(pickle, 0).unwrap();
        let expected = [
            ("a", Value::Int(1)),
            ("b", Value::Bool(true)),
            ("c", Value::Int(-300)),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value));
        assert_eq!(entries(&found), expected);
        assert_eq!(found.end, pickle.len());
        for end in 0..pickle.len() {
            assert!(read(&pickle[..end], 0).is_err(), "{end} bytes");
        }
    }
}

#[test]
fn instructions_without_what_they_take_are_refused() {
    for (pickle, expected) in [
        (&b"."[..], "byte 0"),
        (b"K\x01(0.", ""),
        (b"K\x01s.", "byte 2"),
        (b"a.", "byte 0"),
        (b"h\x05.", "not stored"),
        (b"NN\x93.", "no texts"),
        (b"N)R.", "no name"),
        (b"Nb.", "byte 1"),
        (b"NQ.", "not of a storage"),
        (b"(imine\nNet\n.", "0x69"),
        (b"X\xff\xff\xff\xff.", "4294967295 bytes are announced"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff.", "ends early"),
        (b"NNK\x01u.", "byte 4"),
    ] {
        let result = read(pickle, 0).map(drop);
        match expected {
            "" => assert!(result.is_ok()),
            expected => {
                let message = result.unwrap_err();
                assert!(message.contains(expected), "{pickle:?}: {message}");
            }
        }
    }
}
