//! Resizing inside the file, by the same rules as `stepnet predict`: a triangle as wide as a pixel of the result, rounded to
//! bytes at the end.

use stepnet_nn::{Preprocessing, Resize};

use super::attributes::{int, ints, string, whole};
use super::graph::Graph;

/// Images of any size, channels in front, resized to the model's.
pub(super) fn resize(graph: &mut Graph, images: &str, preprocessing: &Preprocessing) -> String {
    let [height, width, channels] = preprocessing.shape();
    let size = |graph: &mut Graph| graph.ints("preprocessing.size", &[whole(height), whole(width)]);
    match preprocessing.resize {
        Resize::Stretch => {
            let size = size(graph);
            scaled(graph, images, &size)
        }
        Resize::Crop => {
            let own = own_size(graph, images);
            let wanted = Side::constants(graph, [height, width]);
            let cut = inner(graph, &own, &wanted);
            let cut = cut_out(graph, images, &own, &cut);
            let size = size(graph);
            scaled(graph, &cut, &size)
        }
        Resize::Fit => {
            let own = own_size(graph, images);
            let wanted = Side::constants(graph, [height, width]);
            let fit = inner(graph, &wanted, &own);
            let size = graph.node(
                "Concat",
                "preprocessing/fit",
                &[&fit.height, &fit.width],
                vec![int("axis", 0)],
            );
            let fitted = scaled(graph, images, &size);
            let framed = on_black(graph, &fitted, &fit, &wanted);
            // The size that all images have now, for tools that want to know it before the model runs.
            let dims = [0, whole(channels), whole(height), whole(width)];
            let dims = graph.ints("preprocessing.shape", &dims);
            graph.node(
                "Reshape",
                "preprocessing/size",
                &[&framed, &dims],
                Vec::new(),
            )
        }
    }
}

/// The names of a height and a width, each a row of one whole number.
struct Side {
    height: String,
    width: String,
}

impl Side {
    fn constants(graph: &mut Graph, [height, width]: [usize; 2]) -> Self {
        Self {
            height: graph.ints("preprocessing.height", &[whole(height)]),
            width: graph.ints("preprocessing.width", &[whole(width)]),
        }
    }
}

/// Scales to a size, a row of height and width, and rounds to whole numbers, halves up.
fn scaled(graph: &mut Graph, images: &str, size: &str) -> String {
    let settings = vec![
        int("antialias", 1),
        ints("axes", [2, 3]),
        string("coordinate_transformation_mode", "half_pixel"),
        // At the edges the triangle's weights inside the image sum to one; without this the edge's pixels stand for those
        // outside.
        int("exclude_outside", 1),
        string("mode", "linear"),
    ];
    let value = graph.node(
        "Resize",
        "preprocessing/resize",
        &[images, "", "", size],
        settings,
    );
    let half = graph.number("preprocessing.half", 0.5);
    let value = graph.node("Add", "preprocessing/half", &[&value, &half], Vec::new());
    graph.node("Floor", "preprocessing/round", &[&value], Vec::new())
}

/// The height and the width of the images.
fn own_size(graph: &mut Graph, images: &str) -> Side {
    let mut side = |name: &str, start: i64| {
        let settings = vec![int("start", start), int("end", start + 1)];
        graph.node(
            "Shape",
            &format!("preprocessing/{name}"),
            &[images],
            settings,
        )
    };
    Side {
        height: side("height", 2),
        width: side("width", 3),
    }
}

/// The largest height and width inside `outer` with the aspect of `aspect`, rounded, at least 1.
fn inner(graph: &mut Graph, outer: &Side, aspect: &Side) -> Side {
    // Whether `outer` is wider than the aspect, so that its height is used up first.
    let mut product = |name: &str, a: &str, b: &str| {
        graph.node("Mul", &format!("preprocessing/{name}"), &[a, b], Vec::new())
    };
    let wide = product("wide", &outer.width, &aspect.height);
    let high = product("high", &outer.height, &aspect.width);
    let is_wide = graph.node(
        "Greater",
        "preprocessing/is_wide",
        &[&wide, &high],
        Vec::new(),
    );
    let width = rounded(graph, "fitting_width", &high, &aspect.height, &outer.width);
    let height = rounded(graph, "fitting_height", &wide, &aspect.width, &outer.height);
    let mut choose = |name: &str, a: &str, b: &str| {
        graph.node(
            "Where",
            &format!("preprocessing/{name}"),
            &[&is_wide, a, b],
            Vec::new(),
        )
    };
    Side {
        height: choose("inner_height", &outer.height, &height),
        width: choose("inner_width", &width, &outer.width),
    }
}

/// `numerator / denominator`, rounded, from 1 to `most`.
fn rounded(
    graph: &mut Graph,
    name: &str,
    numerator: &str,
    denominator: &str,
    most: &str,
) -> String {
    let mut step = |op_type: &str, inputs: &[&str]| {
        graph.node(
            op_type,
            &format!("preprocessing/{name}/{op_type}"),
            inputs,
            Vec::new(),
        )
    };
    let twice = step("Add", &[numerator, numerator]);
    let raised = step("Add", &[&twice, denominator]);
    let by = step("Add", &[denominator, denominator]);
    let value = step("Div", &[&raised, &by]);
    let value = step("Min", &[&value, most]);
    let one = graph.ints("preprocessing.one", &[1]);
    graph.node(
        "Max",
        &format!("preprocessing/{name}"),
        &[&value, &one],
        Vec::new(),
    )
}

/// Half of what `large` is larger by, rounded down.
fn margin(graph: &mut Graph, name: &str, large: &str, small: &str) -> String {
    let rest = graph.node(
        "Sub",
        &format!("preprocessing/{name}/Sub"),
        &[large, small],
        Vec::new(),
    );
    let two = graph.ints("preprocessing.two", &[2]);
    graph.node(
        "Div",
        &format!("preprocessing/{name}"),
        &[&rest, &two],
        Vec::new(),
    )
}

/// The centre of the images.
fn cut_out(graph: &mut Graph, images: &str, own: &Side, cut: &Side) -> String {
    let top = margin(graph, "top", &own.height, &cut.height);
    let left = margin(graph, "left", &own.width, &cut.width);
    let bottom = graph.node(
        "Add",
        "preprocessing/bottom",
        &[&top, &cut.height],
        Vec::new(),
    );
    let right = graph.node(
        "Add",
        "preprocessing/right",
        &[&left, &cut.width],
        Vec::new(),
    );
    let starts = graph.node(
        "Concat",
        "preprocessing/starts",
        &[&top, &left],
        vec![int("axis", 0)],
    );
    let ends = graph.node(
        "Concat",
        "preprocessing/ends",
        &[&bottom, &right],
        vec![int("axis", 0)],
    );
    let axes = graph.ints("preprocessing.axes", &[2, 3]);
    graph.node(
        "Slice",
        "preprocessing/crop",
        &[images, &starts, &ends, &axes],
        Vec::new(),
    )
}

/// The images with a black frame around them, up to the model's size.
fn on_black(graph: &mut Graph, images: &str, fit: &Side, wanted: &Side) -> String {
    let top = margin(graph, "top", &wanted.height, &fit.height);
    let left = margin(graph, "left", &wanted.width, &fit.width);
    let mut after = |name: &str, all: &str, inside: &str, before: &str| {
        let rest = graph.node(
            "Sub",
            &format!("preprocessing/{name}/Sub"),
            &[all, inside],
            Vec::new(),
        );
        graph.node(
            "Sub",
            &format!("preprocessing/{name}"),
            &[&rest, before],
            Vec::new(),
        )
    };
    let bottom = after("bottom", &wanted.height, &fit.height, &top);
    let right = after("right", &wanted.width, &fit.width, &left);
    let none = graph.ints("preprocessing.none", &[0, 0]);
    let parts = [none.as_str(), &top, &left, &none, &bottom, &right];
    let pads = graph.node("Concat", "preprocessing/pads", &parts, vec![int("axis", 0)]);
    graph.node("Pad", "preprocessing/frame", &[images, &pads], Vec::new())
}
