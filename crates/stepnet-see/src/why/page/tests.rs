use super::STYLE;
use crate::why::{Explanation, Question, Subject, Why};
use stepnet_base::design;
use stepnet_base::rng::RandomState;
use stepnet_nn::{Init, Network, Preprocessing};

const HOSTILE: &str = "<script>alert(1)</script>\"'&";

fn explanation(text: &str, at: &str) -> Explanation {
    let mut network = Network::<f32>::new(text, [6, 5, 3]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    let subject = Subject {
        name: HOSTILE.into(),
        raw: (0..90).map(f64::from).collect(),
        preprocessing: Preprocessing::scaled(6, 5, 3, 255.0),
    };
    let classes = [HOSTILE.to_owned(), "b".into(), "c".into()];
    let mut why = Why::of(&network, subject).unwrap().with_classes(&classes);
    why.explain(
        &Question::default()
            .at(Some(at.parse().unwrap()))
            .gradient(true)
            .class(Some("0".into()))
            .trace(9)
            .branches(2),
    )
    .unwrap()
}

const TEXT: &str = "conv(4, 3, same) -> relu -> avgpool(2, same) -> maxpool(2) -> tanh -> dropout(0.5) -> linear(3) -> softmax";

/// Names of tags in the order in which they are opened and closed.
fn check_nesting(page: &str) {
    const VOID: [&str; 3] = ["meta", "img", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("a tag ends");
        let name = rest[..end].split([' ', '\n']).next().unwrap_or_default();
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed));
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        rest = &rest[end + 1..];
        if let Some(raw) = ["script", "style"].iter().find(|raw| **raw == name) {
            rest = &rest[rest.find(&format!("</{raw}")).expect("it ends")..];
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn every_kind_of_value_has_a_page_that_is_whole_safe_and_alone() {
    for at in [
        "input[0,1,2]",
        "conv1[0,0,1]",
        "relu1[3,3,3]",
        "avgpool1[2,2,0]",
        "maxpool1[0,0,0]",
        "tanh1[0,0,0]",
        "dropout1[0,0,0]",
        "linear1[1]",
        "softmax1[2]",
    ] {
        let page = explanation(TEXT, at).page(None);
        check_nesting(&page);
        assert!(!page.contains("<script>alert"), "{at}");
        assert!(page.contains("&lt;script&gt;alert"), "{at}");
        for outside in ["http:", "https:", "src=\"/", "url(", "@import", "<link"] {
            assert!(!page.contains(outside), "{at}: {outside}");
        }
        assert_eq!(page.matches("<h1>").count(), 1, "{at}");
        assert!(page.contains(at), "{at}");
        assert!(page.contains("data:image/bmp;base64,"), "{at}");
    }
}

#[test]
fn a_window_is_drawn_with_every_number_in_text() {
    let explanation = explanation(TEXT, "conv1[0,0,1]");
    let page = explanation.page(None);
    // Window, filter and products of three channels.
    assert_eq!(page.matches("role=\"grid\"").count(), 9);
    assert_eq!(page.matches("class=\"pad\"").count(), 3 * 2 * 5);
    for line in &explanation.forward.terms {
        let cell = format!("<td>{}</td>", stepnet_nn::account::number(line.product));
        assert!(page.contains(&cell), "{cell}");
    }
    // One place of each grid is reached by the tab key, the others by arrows.
    assert_eq!(page.matches("<td class=\"pad\" tabindex=\"0\"").count(), 6);
    assert!(page.contains("\u{2713} ok"));
    let few = explanation.page(Some(1));
    assert_eq!(few.matches("role=\"grid\"").count(), 3);
    assert!(few.contains("2 more channels are not drawn"), "{few}");
}

#[test]
fn a_sum_that_is_wrong_is_said_to_be() {
    let mut explanation = explanation(TEXT, "conv1[0,0,1]");
    let check = explanation.forward.check.as_mut().unwrap();
    check.ok = false;
    let page = explanation.page(None);
    assert!(page.contains("class=\"wrong\"") && page.contains("NOT ok"));
    assert!(explanation.to_string().contains("NOT ok"));
}

#[test]
fn colours_and_fonts_are_those_of_the_shared_design() {
    let used = STYLE.split("var(--").skip(1);
    let names: Vec<&str> = used
        .filter_map(|rest| rest.split([')', ',']).next())
        .collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        let defined = design::TOKENS.contains(&format!("  --{name}: "));
        assert!(defined, "--{name}");
    }
    // The frame over an image looks the same in both themes.
    let lines = STYLE.lines().filter(|line| !line.starts_with(".image ."));
    for line in lines {
        for literal in ["#", "rgb(", "sans-serif", "monospace"] {
            assert!(!line.contains(literal), "{literal} in {line}");
        }
    }
}
