//! The arrow notation: whatever is read prints, reads again as the same network, and expands.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use stepnet::nn::notation::{
    Kinds, MAX_LAYERS, ParameterKind, Signature, expand, parse, parse_or_preset, resolve_classes,
};

fuzz_target!(|text: &str| {
    match parse(text, &KINDS) {
        Ok(network) => {
            let canonical = network.to_string();
            let mut again = parse(&canonical, &KINDS).expect("a printed network reads");
            assert_eq!(again, network);
            assert_eq!(again.to_string(), canonical);
            let layers = expand(&network).expect("a network that was read expands");
            assert!((1..=MAX_LAYERS).contains(&layers.len()));
            resolve_classes(&mut again, 10).expect("ten classes");
            assert!(!again.uses_classes());
        }
        Err(error) => {
            assert!(
                (1..=text.chars().count() + 1).contains(&error.column),
                "{error}"
            );
            assert!(!error.to_string().contains('\n'), "{error:?}");
            let _ = error.snippet();
        }
    }
    let _ = parse_or_preset(text, &KINDS);
});

/// The built-in kinds, and a user's that holds networks.
static KINDS: LazyLock<Kinds> = LazyLock::new(|| {
    let mut kinds = Kinds::builtin();
    let around = Signature::new("around", "A layer with networks in it.")
        .required("paths", ParameterKind::Branches)
        .optional_network("other", ParameterKind::Network);
    kinds.register(around).expect("a sound signature");
    kinds
});
