//! "Car detection", "Face recognition" and "Neural style transfer".

use pyo3::prelude::*;
use stepnet::course::{face_recognition, neural_style, yolo};
use stepnet::ndarray::{ArrayView4, ArrayViewD, Ix1, Ix2, Ix4, IxDyn};

use super::given::{Given, Numbers, made, numbers, short};
use crate::kept::Dtype;

/// Three arrays for Python.
type Three = (Py<PyAny>, Py<PyAny>, Py<PyAny>);

/// Calls a generic function with `f32` if `single`, else `f64`.
macro_rules! by_precision {
    ($single:expr, $function:ident, $($argument:expr),*) => {
        if $single {
            $function::<f32>($($argument),*)
        } else {
            $function::<f64>($($argument),*)
        }
    };
}

fn found<T: Dtype>(py: Python<'_>, boxes: yolo::Boxes<T>) -> Three {
    (
        made(py, boxes.scores).into_any().unbind(),
        made(py, boxes.boxes).into_any().unbind(),
        made(py, boxes.classes).into_any().unbind(),
    )
}

#[pyfunction]
pub(crate) fn filter_boxes(
    py: Python<'_>,
    boxes: Given<'_, '_>,
    box_confidence: Given<'_, '_>,
    box_class_probs: Given<'_, '_>,
    threshold: f64,
    single: bool,
) -> PyResult<Three> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        [boxes, confidence, probabilities]: [Given<'_, '_>; 3],
        threshold: f64,
    ) -> PyResult<Three> {
        const FUNCTION: &str = "yolo_filter_boxes";
        let boxes = numbers::<T, IxDyn>(FUNCTION, "boxes", boxes)?;
        let confidence = numbers::<T, IxDyn>(FUNCTION, "box_confidence", confidence)?;
        let probabilities = numbers::<T, IxDyn>(FUNCTION, "box_class_probs", probabilities)?;
        let (boxes, confidence, probabilities) =
            (boxes.view(), confidence.view(), probabilities.view());
        let left = short(py, || {
            yolo::yolo_filter_boxes(&boxes, &confidence, &probabilities, T::from_f64(threshold))
        })?;
        Ok(found(py, left))
    }
    by_precision!(
        single,
        typed,
        py,
        [boxes, box_confidence, box_class_probs],
        threshold
    )
}

#[pyfunction]
pub(crate) fn intersection_over_union(box1: [f64; 4], box2: [f64; 4]) -> f64 {
    yolo::iou(box1, box2)
}

/// The numbers of the boxes that stay.
#[pyfunction]
pub(crate) fn non_max_suppression(
    py: Python<'_>,
    boxes: Given<'_, '_>,
    scores: Given<'_, '_>,
    max_boxes: usize,
    iou_threshold: f64,
    single: bool,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        [boxes, scores]: [Given<'_, '_>; 2],
        max_boxes: usize,
        iou_threshold: f64,
    ) -> PyResult<Py<PyAny>> {
        const FUNCTION: &str = "yolo_non_max_suppression";
        let boxes = numbers::<T, Ix2>(FUNCTION, "boxes", boxes)?;
        let scores = numbers::<T, Ix1>(FUNCTION, "scores", scores)?;
        let (boxes, scores) = (boxes.view(), scores.view());
        let kept = short(py, || {
            yolo::non_max_suppression(&boxes, &scores, max_boxes, T::from_f64(iou_threshold))
        })?;
        let kept = kept.into_iter().map(|at| i64::try_from(at).unwrap_or(0));
        Ok(made(py, kept.collect::<stepnet::ndarray::Array1<i64>>())
            .into_any()
            .unbind())
    }
    by_precision!(single, typed, py, [boxes, scores], max_boxes, iou_threshold)
}

#[pyfunction]
pub(crate) fn boxes_to_corners(
    py: Python<'_>,
    box_xy: Given<'_, '_>,
    box_wh: Given<'_, '_>,
    single: bool,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(py: Python<'_>, [xy, wh]: [Given<'_, '_>; 2]) -> PyResult<Py<PyAny>> {
        const FUNCTION: &str = "yolo_boxes_to_corners";
        let xy = numbers::<T, IxDyn>(FUNCTION, "box_xy", xy)?;
        let wh = numbers::<T, IxDyn>(FUNCTION, "box_wh", wh)?;
        let (xy, wh) = (xy.view(), wh.view());
        let corners = short(py, || yolo::yolo_boxes_to_corners(&xy, &wh))?;
        Ok(made(py, corners).into_any().unbind())
    }
    by_precision!(single, typed, py, [box_xy, box_wh])
}

#[pyfunction]
pub(crate) fn boxes_scaled(
    py: Python<'_>,
    boxes: Given<'_, '_>,
    image_shape: (f64, f64),
    single: bool,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        boxes: Given<'_, '_>,
        (height, width): (f64, f64),
    ) -> PyResult<Py<PyAny>> {
        let boxes = numbers::<T, IxDyn>("scale_boxes", "boxes", boxes)?;
        let boxes = boxes.view();
        let shape = (T::from_f64(height), T::from_f64(width));
        let scaled = short(py, || yolo::scale_boxes(&boxes, shape))?;
        Ok(made(py, scaled).into_any().unbind())
    }
    by_precision!(single, typed, py, boxes, image_shape)
}

#[pyfunction]
pub(crate) fn triplet_loss(
    py: Python<'_>,
    anchor: Given<'_, '_>,
    positive: Given<'_, '_>,
    negative: Given<'_, '_>,
    alpha: f64,
    single: bool,
) -> PyResult<f64> {
    fn typed<T: Dtype>(py: Python<'_>, given: [Given<'_, '_>; 3], alpha: f64) -> PyResult<f64> {
        const FUNCTION: &str = "triplet_loss";
        let [anchor, positive, negative] = given;
        let anchor = numbers::<T, IxDyn>(FUNCTION, "y_pred[0]", anchor)?;
        let positive = numbers::<T, IxDyn>(FUNCTION, "y_pred[1]", positive)?;
        let negative = numbers::<T, IxDyn>(FUNCTION, "y_pred[2]", negative)?;
        let (anchor, positive, negative) = (anchor.view(), positive.view(), negative.view());
        let alpha = T::from_f64(alpha);
        let loss = short(py, || {
            face_recognition::triplet_loss([&anchor, &positive, &negative], alpha)
        })?;
        Ok(loss.as_f64())
    }
    by_precision!(single, typed, py, [anchor, positive, negative], alpha)
}

/// The distances of an encoding from each of others.
#[pyfunction]
pub(crate) fn distances(
    py: Python<'_>,
    function: &str,
    encoding: Given<'_, '_>,
    database: Vec<(String, Bound<'_, PyAny>)>,
) -> PyResult<Vec<f64>> {
    let encoding = numbers::<f64, IxDyn>(function, "the encoding", encoding)?;
    let others = database.iter().map(|(name, other)| {
        let other = numbers::<f64, IxDyn>(function, &format!("database[{name:?}]"), other)?;
        Ok((name.as_str(), other))
    });
    let others = others.collect::<PyResult<Vec<_>>>()?;
    let encoding = encoding.view();
    let others: Vec<(&str, ArrayViewD<'_, f64>)> = others
        .iter()
        .map(|(name, other)| (*name, other.view()))
        .collect();
    let operation = if function == "verify" {
        "verify"
    } else {
        "who_is_it"
    };
    short(py, || {
        let of = |(name, other): &(&str, ArrayViewD<'_, f64>)| {
            face_recognition::distance(operation, &encoding, (name, other))
        };
        others.iter().map(of).collect()
    })
}

/// An encoding of length 1.
#[pyfunction]
pub(crate) fn of_length_one(
    py: Python<'_>,
    encoding: Given<'_, '_>,
    single: bool,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(py: Python<'_>, encoding: Given<'_, '_>) -> PyResult<Py<PyAny>> {
        let encoding = numbers::<T, IxDyn>("img_to_encoding", "the encoding", encoding)?;
        let encoding = encoding.view();
        let one = short(py, || Ok(face_recognition::normalized(&encoding)))?;
        Ok(made(py, one).into_any().unbind())
    }
    by_precision!(single, typed, py, encoding)
}

#[pyfunction]
pub(crate) fn content_cost(
    py: Python<'_>,
    a_C: Given<'_, '_>,
    a_G: Given<'_, '_>,
    single: bool,
) -> PyResult<f64> {
    fn typed<T: Dtype>(py: Python<'_>, [a_C, a_G]: [Given<'_, '_>; 2]) -> PyResult<f64> {
        const FUNCTION: &str = "compute_content_cost";
        let a_C = numbers::<T, Ix4>(FUNCTION, "a_C", a_C)?;
        let a_G = numbers::<T, Ix4>(FUNCTION, "a_G", a_G)?;
        let (a_C, a_G) = (a_C.view(), a_G.view());
        Ok(short(py, || neural_style::compute_content_cost(&a_C, &a_G))?.as_f64())
    }
    by_precision!(single, typed, py, [a_C, a_G])
}

#[pyfunction]
pub(crate) fn gram_matrix(py: Python<'_>, A: Given<'_, '_>, single: bool) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(py: Python<'_>, A: Given<'_, '_>) -> PyResult<Py<PyAny>> {
        let A = numbers::<T, Ix2>("gram_matrix", "A", A)?;
        let A = A.view();
        let gram = short(py, || neural_style::gram_matrix(&A))?;
        Ok(made(py, gram).into_any().unbind())
    }
    by_precision!(single, typed, py, A)
}

/// Activations of several layers.
fn volumes<'py, T: Dtype>(
    function: &str,
    name: &str,
    given: &[Bound<'py, PyAny>],
) -> PyResult<Vec<Numbers<'py, T, Ix4>>> {
    let arrays = given.iter().map(|array| numbers(function, name, array));
    arrays.collect()
}

/// The layers' style costs, each times its weight, added.
#[pyfunction]
pub(crate) fn style_cost(
    py: Python<'_>,
    function: &str,
    style: Vec<Bound<'_, PyAny>>,
    generated: Vec<Bound<'_, PyAny>>,
    weights: Vec<f64>,
    single: bool,
) -> PyResult<f64> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        function: &str,
        [style, generated]: [&[Bound<'_, PyAny>]; 2],
        weights: &[f64],
    ) -> PyResult<f64> {
        let (style, generated) = (
            volumes::<T>(function, "a_S", style)?,
            volumes::<T>(function, "a_G", generated)?,
        );
        let style: Vec<ArrayView4<'_, T>> = style.iter().map(|a| a.view()).collect();
        let generated: Vec<ArrayView4<'_, T>> = generated.iter().map(|a| a.view()).collect();
        let cost = short(py, || {
            let style: Vec<_> = style.iter().map(|a| &**a).collect();
            let generated: Vec<_> = generated.iter().map(|a| &**a).collect();
            neural_style::compute_style_cost(&style, &generated, weights)
        })?;
        Ok(cost.as_f64())
    }
    by_precision!(
        single,
        typed,
        py,
        function,
        [&style[..], &generated[..]],
        &weights
    )
}

#[pyfunction]
pub(crate) fn total_cost(J_content: f64, J_style: f64, alpha: f64, beta: f64) -> f64 {
    neural_style::total_cost(J_content, J_style, alpha, beta)
}
