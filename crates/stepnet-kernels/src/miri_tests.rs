//! Each kind of inner loop once, on arrays as small as it takes, so that Miri can run them in a minute:
//! `tools/check_miri.sh`. Whole numbers, whose sums are exact.

use crate::conv::{self, ConvGeometry, ConvWindow};
use crate::dense::{self, DenseGeometry};
use crate::testing::integers;
use crate::{Padding, Real};

/// The three passes of a convolution of one example against the naive ones.
fn convolution<T: Real>(
    input: [usize; 3],
    filters: usize,
    (kernel, stride): ([usize; 2], usize),
    padding: Padding,
    groups: usize,
) {
    let window = ConvWindow {
        kernel,
        stride: [stride; 2],
        padding,
        dilation: [1, 1],
    };
    let g = ConvGeometry::new(1, input, filters, window, groups).unwrap();
    let x: Vec<T> = integers(1, g.x_len(), 2);
    let w: Vec<T> = integers(2, g.weights_len(), 2);
    let b: Vec<T> = integers(3, filters, 2);
    let dy: Vec<T> = integers(4, g.y_len(), 2);
    let nans = |len| vec![T::nan(); len];

    let (mut y, mut expected) = (nans(g.y_len()), nans(g.y_len()));
    let mut scratch = nans(conv::forward_scratch::<T>(&g));
    conv::forward(&g, &x, &w, Some(&b), &mut y, &mut scratch);
    conv::reference::forward(&g, &x, &w, Some(&b), &mut expected);
    assert_eq!(y, expected, "{g:?}");

    let (mut dx, mut expected) = (nans(g.x_len()), nans(g.x_len()));
    let mut scratch = nans(conv::backward_data_scratch::<T>(&g));
    conv::backward_data(&g, &dy, &w, &mut dx, &mut scratch);
    conv::reference::backward_data(&g, &dy, &w, &mut expected);
    assert_eq!(dx, expected, "{g:?}");

    let (mut dw, mut expected) = (nans(g.weights_len()), nans(g.weights_len()));
    let (mut db, mut expected_db) = (nans(filters), nans(filters));
    let mut scratch = nans(conv::backward_weights_scratch::<T>(&g));
    conv::backward_weights(&g, &x, &dy, &mut dw, Some(&mut db), &mut scratch);
    conv::reference::backward_weights(&g, &x, &dy, &mut expected, Some(&mut expected_db));
    assert_eq!(dw, expected, "{g:?}");
    assert_eq!(db, expected_db, "{g:?}");
}

#[test]
fn windows_of_several_columns_with_a_ragged_end() {
    convolution::<f32>([3, 4, 2], 11, ([2, 3], 1), Padding::VALID, 1);
    convolution::<f64>([3, 4, 3], 5, ([2, 2], 1), Padding::even(1), 1);
}

#[test]
fn single_pixels_and_strides() {
    convolution::<f32>([2, 3, 3], 9, ([1, 1], 1), Padding::VALID, 1);
    convolution::<f64>([4, 4, 2], 3, ([2, 2], 2), Padding::VALID, 1);
}

#[test]
fn few_columns_of_a_wide_image() {
    convolution::<f32>([2, 18, 1], 1, ([2, 2], 1), Padding::VALID, 1);
}

#[test]
fn each_channel_by_itself() {
    convolution::<f32>([3, 3, 9], 9, ([2, 2], 1), Padding::VALID, 9);
    convolution::<f64>([3, 4, 5], 5, ([3, 3], 1), Padding::even(1), 5);
}

#[test]
fn groups() {
    convolution::<f32>([2, 3, 4], 6, ([2, 2], 1), Padding::VALID, 2);
}

#[test]
fn dense_layers_of_few_and_of_more_examples() {
    for batch in [1, 3, 6] {
        let g = DenseGeometry::new(batch, 9, 10).unwrap();
        let x: Vec<f32> = integers(1, g.x_len(), 2);
        let w: Vec<f32> = integers(2, g.weights_len(), 2);
        let mut y = vec![f32::NAN; g.y_len()];
        let mut scratch = vec![f32::NAN; dense::forward_scratch::<f32>(&g)];
        dense::forward(&g, &x, &w, None, &mut y, &mut scratch);
        for (place, y) in y.iter().enumerate() {
            let (x, w) = (&x[place / 10 * 9..][..9], &w[place % 10 * 9..][..9]);
            let expected: f32 = x.iter().zip(w).map(|(x, w)| x * w).sum();
            assert_eq!(*y, expected, "{g:?} at {place}");
        }
    }
}
