//! "Car detection for autonomous driving" (course 4, week 3): what follows the network YOLO.
//!
//! The notebook's functions are TensorFlow's; these compute the same from given arrays, in `f32` or `f64`.

use std::cmp::Ordering;

use ndarray::{Array1, Array2, ArrayD, ArrayRef1, ArrayRef2, ArrayRefD, ArrayView1, Axis};

use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::steps::checks::{same_shape, zeros};

/// Boxes that are left: their scores, corners and classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxes<T, C = i64> {
    /// A score for each box.
    pub scores: Array1<T>,
    /// The corners, `(boxes, 4)`.
    pub boxes: Array2<T>,
    /// The class of each.
    pub classes: Array1<C>,
}

/// The boxes whose best class has a score, confidence times probability, of at least `threshold`; in the order of the grid.
///
/// # Shapes
///
/// `boxes` is `(..., 4)`, `box_confidence` `(..., 1)`, `box_class_probs` `(..., classes)`; the other axes, such as 19 x 19
/// cells with 5 anchors, are the same.
///
/// # Errors
///
/// If the shapes do not fit, there are no classes, or memory does not suffice.
pub fn yolo_filter_boxes<T: Real>(
    boxes: &ArrayRefD<T>,
    box_confidence: &ArrayRefD<T>,
    box_class_probs: &ArrayRefD<T>,
    threshold: T,
) -> Result<Boxes<T>> {
    const OPERATION: &str = "yolo_filter_boxes";
    let (cells, classes) = cells_of(OPERATION, "box_class_probs", box_class_probs, None)?;
    if classes == 0 {
        let shape = box_class_probs.shape();
        return Err(Error::shape(
            OPERATION,
            "box_class_probs",
            shape,
            "one class or more",
        ));
    }
    for (name, array, last) in [("boxes", boxes, 4), ("box_confidence", box_confidence, 1)] {
        let (found, _) = cells_of(OPERATION, name, array, Some(last))?;
        let why = "as many boxes as box_class_probs";
        same_shape(OPERATION, name, &found, &cells, why)?;
    }
    let mut left = Boxes {
        scores: Array1::zeros(0),
        boxes: Array2::zeros((0, 4)),
        classes: Array1::zeros(0),
    };
    let (mut scores, mut corners, mut best) = (Vec::new(), Vec::new(), Vec::new());
    let rows = boxes.rows().into_iter().zip(box_class_probs.rows());
    for ((corner, probabilities), &confidence) in rows.zip(box_confidence) {
        let score = largest(probabilities, confidence);
        if score >= threshold {
            scores.push(score);
            corners.extend(corner.iter().copied());
            let at = probabilities.iter().position(|&p| confidence * p == score);
            best.push(at.map_or(0, |at| i64::try_from(at).unwrap_or(i64::MAX)));
        }
    }
    let count = scores.len();
    left.scores = Array1::from_vec(scores);
    left.classes = Array1::from_vec(best);
    if let Ok(corners) = Array2::from_shape_vec((count, 4), corners) {
        left.boxes = corners;
    }
    Ok(left)
}

/// All axes but the last, and the length of that.
fn cells_of<T>(
    operation: &'static str,
    name: &str,
    array: &ArrayRefD<T>,
    last: Option<usize>,
) -> Result<(Vec<usize>, usize)> {
    match (array.shape().split_last(), last) {
        (Some((&found, cells)), last) if last.is_none_or(|last| last == found) => {
            Ok((cells.to_vec(), found))
        }
        (_, last) => {
            let last = last.map_or("classes".to_owned(), |last| last.to_string());
            let expected = format!("(..., {last})");
            Err(Error::shape(operation, name, array.shape(), expected))
        }
    }
}

/// The largest product with the confidence; NaN if one is, which is not above any threshold.
fn largest<T: Real>(probabilities: ArrayView1<'_, T>, confidence: T) -> T {
    const LANES: usize = 8;
    let larger = |a: T, b: T| if b > a { b } else { a };
    let Some(values) = probabilities.as_slice() else {
        let products = probabilities.iter().map(|&p| confidence * p);
        return products.fold(
            T::neg_infinity(),
            |a, b| if b > a || b.is_nan() { b } else { a },
        );
    };
    let (parts, rest) = values.as_chunks::<LANES>();
    let (mut best, mut nan) = ([T::neg_infinity(); LANES], false);
    for part in parts {
        for (best, &p) in best.iter_mut().zip(part) {
            let product = confidence * p;
            *best = larger(*best, product);
            nan |= product.is_nan();
        }
    }
    let mut score = best.into_iter().fold(T::neg_infinity(), larger);
    for &p in rest {
        let product = confidence * p;
        score = larger(score, product);
        nan |= product.is_nan();
    }
    if nan { T::nan() } else { score }
}

/// Intersection over union of two boxes `(x1, y1, x2, y2)`, upper left and lower right corner.
///
/// # In the notebooks
///
/// The edition of 2017 multiplies the sides of the intersection without a maximum with 0: two boxes that are apart in both
/// directions then intersect, for the product of two negative sides is positive. Here they do not, as in later editions.
///
/// # Example
///
/// ```
/// use stepnet::course::yolo::iou;
///
/// assert_eq!(format!("{:.8}", iou([2.0, 1.0, 4.0, 3.0], [1.0, 2.0, 3.0, 4.0])), "0.14285714");
/// assert_eq!(iou([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]), 0.0);
/// ```
pub fn iou<T: Real>(box1: [T; 4], box2: [T; 4]) -> T {
    let larger = |a: T, b: T| if b > a { b } else { a };
    let smaller = |a: T, b: T| if b < a { b } else { a };
    let width = smaller(box1[2], box2[2]) - larger(box1[0], box2[0]);
    let height = smaller(box1[3], box2[3]) - larger(box1[1], box2[1]);
    let inter = larger(width, T::zero()) * larger(height, T::zero());
    let area = |[x1, y1, x2, y2]: [T; 4]| (x2 - x1) * (y2 - y1);
    inter / (area(box1) + area(box2) - inter)
}

/// The numbers of the boxes that non-max suppression keeps, best first: a box is dropped if a better one that is kept
/// overlaps it by more than `iou_threshold`. Of equal scores the first counts as better. The corners may be any two
/// opposite ones; a box without area overlaps none.
///
/// # Errors
///
/// If there is not one score for each box, or boxes are not `(boxes, 4)`.
pub fn non_max_suppression<T: Real>(
    boxes: &ArrayRef2<T>,
    scores: &ArrayRef1<T>,
    max_boxes: usize,
    iou_threshold: T,
) -> Result<Vec<usize>> {
    const OPERATION: &str = "yolo_non_max_suppression";
    let shape = [scores.len(), 4];
    same_shape(
        OPERATION,
        "boxes",
        boxes.shape(),
        &shape,
        "four numbers for each of scores",
    )?;
    let mut order: Vec<usize> = (0..scores.len())
        .filter(|&at| !scores[at].is_nan())
        .collect();
    let better = |&a: &usize, &b: &usize| {
        let by_score = scores[b].partial_cmp(&scores[a]).unwrap_or(Ordering::Equal);
        by_score.then(a.cmp(&b))
    };
    order.sort_by(better);
    let corners: Vec<[T; 4]> = boxes.rows().into_iter().map(ordered).collect();
    let mut kept: Vec<usize> = Vec::new();
    for at in order {
        if kept.len() >= max_boxes {
            break;
        }
        let overlaps = |&other: &usize| overlap(corners[at], corners[other]) > iou_threshold;
        if !kept.iter().any(overlaps) {
            kept.push(at);
        }
    }
    Ok(kept)
}

/// The corners with the smaller coordinates first.
fn ordered<T: Real>(row: ArrayView1<'_, T>) -> [T; 4] {
    let pair = |a: T, b: T| if b < a { (b, a) } else { (a, b) };
    let (y1, y2) = pair(row[0], row[2]);
    let (x1, x2) = pair(row[1], row[3]);
    [y1, x1, y2, x2]
}

fn overlap<T: Real>(one: [T; 4], other: [T; 4]) -> T {
    let empty = |[y1, x1, y2, x2]: [T; 4]| (y2 - y1) * (x2 - x1) <= T::zero();
    if empty(one) || empty(other) {
        return T::zero();
    }
    iou(one, other)
}

/// Non-max suppression: the best boxes, at most `max_boxes`, none of which overlaps a better one by more than
/// `iou_threshold`. Classes are not told apart, as in the notebook.
///
/// # Errors
///
/// If there is not one score and one class for each box, or boxes are not `(boxes, 4)`.
pub fn yolo_non_max_suppression<T: Real, C: Copy>(
    scores: &ArrayRef1<T>,
    boxes: &ArrayRef2<T>,
    classes: &ArrayRef1<C>,
    max_boxes: usize,
    iou_threshold: T,
) -> Result<Boxes<T, C>> {
    const OPERATION: &str = "yolo_non_max_suppression";
    let why = "one class for each of scores";
    same_shape(OPERATION, "classes", classes.shape(), scores.shape(), why)?;
    let kept = non_max_suppression(boxes, scores, max_boxes, iou_threshold)?;
    Ok(Boxes {
        scores: scores.select(Axis(0), &kept),
        boxes: boxes.select(Axis(0), &kept),
        classes: classes.select(Axis(0), &kept),
    })
}

/// Corners `(y1, x1, y2, x2)` from centres and sizes: `box_xy - box_wh / 2` and `box_xy + box_wh / 2`.
///
/// # Shapes
///
/// Both are `(..., 2)`; the result is `(..., 4)`.
///
/// # Errors
///
/// If their shapes differ, or the last axis does not have two numbers.
pub fn yolo_boxes_to_corners<T: Real>(
    box_xy: &ArrayRefD<T>,
    box_wh: &ArrayRefD<T>,
) -> Result<ArrayD<T>> {
    const OPERATION: &str = "yolo_boxes_to_corners";
    cells_of(OPERATION, "box_xy", box_xy, Some(2))?;
    same_shape(
        OPERATION,
        "box_wh",
        box_wh.shape(),
        box_xy.shape(),
        "the shape of box_xy",
    )?;
    let mut shape = box_xy.shape().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = 4;
    }
    let two = T::one() + T::one();
    let mut corners = zeros(OPERATION, "box_xy", shape)?;
    let boxes = box_xy.rows().into_iter().zip(box_wh.rows());
    for (mut corner, (centre, size)) in corners.rows_mut().into_iter().zip(boxes) {
        for (at, axis) in [(0, 1), (1, 0)] {
            let half = size[axis] / two;
            corner[at] = centre[axis] - half;
            corner[at + 2] = centre[axis] + half;
        }
    }
    Ok(corners)
}

/// Corners in the unit square as corners in an image of `(height, width)`.
///
/// # Errors
///
/// If boxes are not `(..., 4)`.
pub fn scale_boxes<T: Real>(boxes: &ArrayRefD<T>, image_shape: (T, T)) -> Result<ArrayD<T>> {
    cells_of("scale_boxes", "boxes", boxes, Some(4))?;
    let (height, width) = image_shape;
    let mut scaled = boxes.to_owned();
    for mut row in scaled.rows_mut() {
        for (value, size) in row.iter_mut().zip([height, width, height, width]) {
            *value *= size;
        }
    }
    Ok(scaled)
}

/// What the network gives.
#[derive(Clone, Copy, Debug)]
pub struct Outputs<'a, T> {
    /// Centres, `(..., 2)`.
    pub box_xy: &'a ArrayRefD<T>,
    /// Sizes, `(..., 2)`.
    pub box_wh: &'a ArrayRefD<T>,
    /// Confidences, `(..., 1)`.
    pub box_confidence: &'a ArrayRefD<T>,
    /// Probabilities, `(..., classes)`.
    pub box_class_probs: &'a ArrayRefD<T>,
}

/// From the network's outputs to boxes in an image: corners, filtering, scaling, non-max suppression.
///
/// # Errors
///
/// As those of the functions that it calls.
pub fn yolo_eval<T: Real>(
    outputs: Outputs<'_, T>,
    image_shape: (T, T),
    max_boxes: usize,
    [score_threshold, iou_threshold]: [T; 2],
) -> Result<Boxes<T>> {
    let corners = yolo_boxes_to_corners(outputs.box_xy, outputs.box_wh)?;
    let (confidence, probabilities) = (outputs.box_confidence, outputs.box_class_probs);
    let found = yolo_filter_boxes(&corners, confidence, probabilities, score_threshold)?;
    let scaled = scale_boxes(&found.boxes.into_dyn(), image_shape)?;
    let count = found.scores.len();
    let boxes = scaled.into_shape_with_order((count, 4)).unwrap_or_default();
    yolo_non_max_suppression(
        &found.scores,
        &boxes,
        &found.classes,
        max_boxes,
        iou_threshold,
    )
}
