//! Figures and pages of maps that are known.

use super::{Drawing, Finding, Page, figure, sheet};
use crate::explain::tests::{drawn, explained};
use crate::explain::{Attribution, Options, Target, first_filters, random_twin};

fn drawing(height: usize, width: usize) -> Drawing {
    let rgb = (0..3 * height * width)
        .map(|at| (at * 37 % 256) as u8)
        .collect();
    Drawing { height, width, rgb }
}

/// A map that is 1 in its upper left pixel and -1 in its lower right one.
fn map(signed: bool) -> Attribution {
    Attribution {
        method: "occlusion",
        layer: Some("conv1".into()),
        height: 2,
        width: 2,
        map: vec![1.0, 0.0, 0.0, if signed { -1.0 } else { 0.0 }],
        signed,
        values: Vec::new(),
        completeness: None,
    }
}

fn target() -> Target {
    Target {
        class: 0,
        name: "a <cat>".into(),
        output: 0.75,
        predicted: true,
    }
}

#[test]
fn a_figure_has_the_image_the_map_and_its_scale() {
    let (drawing, target) = (drawing(4, 4), target());
    for (signed, end) in [(false, [252, 250, 164]), (true, [31, 95, 168])] {
        let map = map(signed);
        let finding = Finding {
            map: &map,
            target: &target,
            twin: None,
        };
        let canvas = figure(&drawing, "p.png", &finding).unwrap();
        assert_eq!(
            (canvas.width(), canvas.height()),
            (3 * 236 + 12, 34 + 224 + 28 + 20 + 34)
        );
        // The image's first pixel, enlarged; the map's; the end of the scale.
        assert_eq!(canvas.get(12, 34), [0, 37, 74]);
        assert_eq!(canvas.get(12 + 2 * 236, 34), end);
        assert_eq!(canvas.get(12 + 447, 34 + 224 + 28), end);
        let twin = Finding {
            twin: Some(&map),
            ..finding
        };
        let wider = figure(&drawing, "p.png", &twin).unwrap();
        assert_eq!(wider.width(), canvas.width() + 236);
        assert_eq!(twin.likeness(), Some(1.0));
        assert!(!wider.png().unwrap().is_empty());
    }
}

#[test]
fn the_map_covers_the_image_where_it_is_strong() {
    let (drawing, target, map) = (drawing(4, 4), target(), map(false));
    let finding = Finding {
        map: &map,
        target: &target,
        twin: None,
    };
    let canvas = figure(&drawing, "", &finding).unwrap();
    // In the lower right corner the map is 0, and the image is as it was, but grey.
    let [red, green, blue] = canvas.get(12 + 236 + 223, 34 + 223);
    assert!(red == green && green == blue);
    let [red, _, blue] = canvas.get(12 + 236, 34);
    assert!(red > 150 && red > blue);
}

#[test]
fn a_page_is_whole_and_says_what_the_maps_show() {
    let text = "conv(4, 3, same) -> relu -> globalavgpool -> linear(2) -> softmax";
    let (model, x) = drawn(text, [6, 6, 3]);
    let twin = random_twin(&model, 3);
    let options = Options::default();
    let (map, found) = explained((&model, &x), None, "integrated-gradients", &options);
    let (other, _) = explained((&twin, &x), Some("0"), "integrated-gradients", &options);
    let finding = Finding {
        map: &map,
        target: &found,
        twin: Some(&other),
    };
    let mut page = Page::head("m.safetensors", text, &["integrated-gradients", "no such"]);
    let target = Target {
        predicted: false,
        ..target()
    };
    page += &Page::section("<b>.png", &drawing(6, 6), &target, &[finding]).unwrap();
    page += Page::foot();
    for part in [
        "<!DOCTYPE html>",
        "Sundararajan",
        "&lt;b&gt;.png",
        "a &lt;cat&gt;: 0.75",
        "which the model does not predict",
        "integrated-gradients for class",
        "All shares add up to ",
        "rank correlation ",
        "linear-gradient(to right,rgb(160,82,10)",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches("src=\"data:image/png;base64,").count(), 4);
    assert_eq!(page.matches("http").count(), 1, "nothing is loaded");
    assert!(page.ends_with("</main></body></html>\n"));
}

#[test]
fn numbers_of_a_legend_are_short() {
    let cases = [
        (0.0, "0"),
        (0.039_321, "0.0393"),
        (6.25, "6.25"),
        (12_345.0, "12300"),
        (-1.5e-7, "-1.5e-7"),
        (2.0e9, "2e9"),
    ];
    for (value, text) in cases {
        assert_eq!(super::figure::short(value), text);
    }
}

#[test]
fn filters_are_drawn_in_their_colours() {
    let (mut model, _) = drawn("conv(5, 1) -> linear(2)", [4, 4, 3]);
    model.network.parameters_mut()[..15].fill(0.0);
    // Filter 0 is red; filter 1 takes red away.
    model.network.parameters_mut()[0] = 2.0;
    model.network.parameters_mut()[1] = -2.0;
    let canvas = sheet(&first_filters(&model.network).unwrap(), "filters").unwrap();
    assert_eq!(canvas.get(12, 34), [255, 128, 128]);
    assert_eq!(canvas.get(12 + 60, 34), [0, 128, 128]);
    let (grey, _) = drawn("conv(5, 1) -> linear(2)", [4, 4, 1]);
    let tiles = first_filters(&grey.network).unwrap();
    let canvas = sheet(&tiles, "filters").unwrap();
    let largest = (0..5).max_by(|&a, &b| {
        let size = |tile: usize| tiles.tile(tile)[0].abs();
        size(a).total_cmp(&size(b))
    });
    let at = largest.unwrap();
    let colour = canvas.get(12 + at % 3 * 60, 34 + at / 3 * 60);
    assert!(
        [[31, 95, 168], [160, 82, 10]].contains(&colour),
        "{colour:?}"
    );
}
