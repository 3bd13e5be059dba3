//! Properties over generated networks and texts.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The most layers of a generated group or argument, and how deep they nest.
const WIDTH: usize = 3;
const DEPTH: u32 = 3;

fn value(kind: ParameterKind, inner: BoxedStrategy<NetworkText>) -> BoxedStrategy<Value> {
    let positive = || prop_oneof![1_usize..6, 1..=LARGEST_NUMBER];
    let side = || prop_oneof![0_usize..3, 0..=LARGEST_NUMBER];
    let limit = LARGEST_NUMBER as f64;
    match kind {
        ParameterKind::Count => positive().prop_map(Value::from).boxed(),
        ParameterKind::CountOrClasses => prop_oneof![
            positive().prop_map(Value::from),
            Just(Count::Classes.into())
        ]
        .boxed(),
        ParameterKind::Whole => side().prop_map(Value::from).boxed(),
        ParameterKind::Pair => [positive(), positive()].prop_map(Value::from).boxed(),
        ParameterKind::WholePair => [side(), side()].prop_map(Value::from).boxed(),
        ParameterKind::Word { words, .. } => proptest::sample::select(words)
            .prop_map(Value::from)
            .boxed(),
        ParameterKind::Number => prop_oneof![-limit..=limit, -1e-9..1e-9, Just(0.01)]
            .prop_map(Value::from)
            .boxed(),
        ParameterKind::Rate => prop_oneof![0.0..1.0, 0.0..1e-200]
            .prop_map(Value::from)
            .boxed(),
        ParameterKind::Flag => any::<bool>().prop_map(Value::from).boxed(),
        ParameterKind::Padding => prop_oneof![
            Just(PaddingText::Same),
            Just(PaddingText::Valid),
            [side(), side()].prop_map(|[height, width]| PaddingText::symmetric(height, width)),
            [side(), side(), side(), side()].prop_map(|[top, bottom, left, right]| {
                PaddingText::Sides {
                    top,
                    bottom,
                    left,
                    right,
                }
            }),
        ]
        .prop_map(Value::from)
        .boxed(),
        ParameterKind::Network => inner.prop_map(Value::from).boxed(),
        ParameterKind::Branches => vec(inner, 1..WIDTH).prop_map(Value::from).boxed(),
    }
}

/// A layer of any kind, each argument that may be left out given or not.
fn layer(inner: BoxedStrategy<NetworkText>, with_networks: bool) -> BoxedStrategy<LayerText> {
    let kinds = kinds_with_networks();
    let usable =
        |s: &&Signature| with_networks || !s.parameters().iter().any(|p| p.kind.is_network());
    let signatures: Vec<Signature> = kinds.iter().filter(usable).cloned().collect();
    proptest::sample::select(signatures)
        .prop_flat_map(move |signature| {
            let arguments: Vec<_> = (signature.parameters().iter())
                .map(|parameter| {
                    let value = value(parameter.kind, inner.clone());
                    let value = match parameter.default {
                        DefaultValue::Required => value.prop_map(Some).boxed(),
                        _ => proptest::option::of(value).boxed(),
                    };
                    (Just(parameter.name.clone()), value)
                })
                .collect();
            (Just(signature.name().to_owned()), arguments)
        })
        .prop_map(move |(kind, arguments)| {
            let given = arguments
                .iter()
                .filter_map(|(name, v)| Some((name.as_str(), v.clone()?)));
            LayerText::new(&kinds, &kind, given).expect("generated arguments fit")
        })
        .boxed()
}

fn network_of(item: BoxedStrategy<Item>) -> BoxedStrategy<NetworkText> {
    let label = prop_oneof!["[ab]", "relu[1-3]", "[\\pL_][\\pL_0-9]{2,8}"];
    let step = (proptest::option::weighted(0.2, label), item).prop_map(|(label, item)| Step {
        label,
        item,
        column: 0,
        end: 0,
    });
    vec(step, 1..=WIDTH)
        .prop_map(|steps| NetworkText { steps })
        .boxed()
}

/// Any network, of which labels may clash and repetitions may pass the limit.
fn any_network() -> impl Strategy<Value = NetworkText> {
    let nothing = Just(NetworkText { steps: vec![] }).boxed();
    let leaf = network_of(layer(nothing, false).prop_map(Item::Layer).boxed());
    leaf.prop_recursive(DEPTH, 24, 4, |inner| {
        let group =
            (inner.clone(), 1_usize..5).prop_map(|(body, times)| Item::Group { body, times });
        let layer = layer(inner.boxed(), true).prop_map(Item::Layer);
        network_of(prop_oneof![group, layer].boxed())
    })
}

/// Properties of any text: it is refused in one line, or it prints, reads and expands.
fn check_text(text: &str, kinds: &Kinds) {
    match parse(text, kinds) {
        Ok(network) => {
            let canonical = network.to_string();
            let again = parse(&canonical, kinds).expect(&canonical);
            assert_eq!(again, network);
            assert_eq!(again.to_string(), canonical);
            assert!(!expand(&network).expect(&canonical).is_empty());
        }
        Err(error) => {
            let columns = text.chars().count() + 1;
            assert!((1..=columns).contains(&error.column), "{error} in {text:?}");
            assert!(!error.to_string().contains(['\n', '\r']), "{error}");
            assert!(
                error.text.is_empty() || error.snippet().is_some(),
                "{error}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_printed_network_reads_as_itself(network in any_network()) {
        let text = network.to_string();
        match (parse(&text, &kinds_with_networks()), expand(&network)) {
            (Ok(again), Ok(layers)) => {
                prop_assert_eq!(&again, &network);
                prop_assert_eq!(again.to_string(), text);
                let mut names: Vec<_> = layers.iter().map(|l| l.name.to_lowercase()).collect();
                names.sort();
                names.dedup();
                prop_assert_eq!(names.len(), layers.len());
            }
            // Clashing labels and the like are refused alike, written or built.
            (Err(read), Err(expanded)) => {
                let start = |e: &NotationError| e.message.chars().take(12).collect::<String>();
                prop_assert_eq!(start(&read), start(&expanded));
            }
            (read, expanded) => prop_assert!(false, "{}\n{:?}\n{:?}", text, read, expanded.is_ok()),
        }
    }

    #[test]
    fn any_text_is_refused_in_one_line_or_reads(text in "\\PC{0,60}") {
        check_text(&text, &kinds_with_networks());
    }

    #[test]
    fn texts_of_the_notation_s_own_pieces_are_refused_or_read(
        pieces in vec(proptest::sample::select(PIECES), 0..24)
    ) {
        check_text(&pieces.concat(), &kinds_with_networks());
    }

    #[test]
    fn a_damaged_text_is_refused_or_reads(network in any_network(), at in 0.0..1.0, piece in "[\\]\\[(),=x0-9a|/>. -]?") {
        let mut text: Vec<char> = network.to_string().chars().collect();
        let at = (at * text.len() as f64) as usize;
        text.splice(at..=at, piece.chars());
        check_text(&text.into_iter().collect::<String>(), &kinds_with_networks());
    }
}

const PIECES: &[&str] = &[
    "conv(8, 3)",
    "conv",
    "(",
    ")",
    "[",
    "]",
    "x",
    "x 2",
    "] x 3",
    "->",
    " -> ",
    "relu",
    "a: ",
    ":",
    ",",
    "=",
    "|",
    "/",
    "3",
    "0",
    "1e9",
    "-1",
    ".5",
    "3x5",
    "same",
    "stride=2",
    "linear(",
    "classes",
    "residual(",
    "body=",
    "branch(",
    "true",
    "é",
    "\n",
];
