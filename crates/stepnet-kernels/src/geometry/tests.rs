use super::*;

#[test]
fn an_axis_knows_which_window_sees_what() {
    for (n, before, after, kernel) in [(5, 0, 0, 3), (4, 2, 3, 3), (1, 1, 1, 2), (7, 5, 0, 6)] {
        for stride in 1..5 {
            for dilation in 1..3 {
                let steps = [stride, dilation];
                let pads = (before, after);
                let Ok(windows) = output_size("conv", "height", n, pads, kernel, steps) else {
                    continue;
                };
                let axis = Axis {
                    n,
                    before,
                    kernel,
                    stride,
                    dilation,
                    windows,
                };
                let mut seen = vec![Vec::new(); n];
                for window in 0..windows {
                    let inside = |&tap: &usize| axis.coordinate(window, tap).is_some();
                    let inside: Vec<usize> = (0..kernel).filter(inside).collect();
                    assert_eq!(axis.taps(window).collect::<Vec<_>>(), inside, "{axis:?}");
                    for tap in inside {
                        let padded = window * stride + tap * dilation;
                        seen[padded - before].push((window, tap));
                    }
                }
                for (coordinate, seen) in seen.iter().enumerate() {
                    let found: Vec<_> = axis.windows(coordinate).collect();
                    assert_eq!(&found, seen, "{axis:?} {coordinate}");
                }
            }
        }
    }
}

#[test]
fn same_gives_ceil_of_n_over_stride() {
    for n in 1..20 {
        for f in 1..8 {
            for stride in 1..6 {
                for dilation in 1..4 {
                    let pad = Padding::same([n, n], [f, f], [stride; 2], [dilation; 2]).unwrap();
                    let pads = (pad.top, pad.bottom);
                    let out = output_size("conv", "height", n, pads, f, [stride, dilation]);
                    assert_eq!(
                        out.unwrap(),
                        n.div_ceil(stride),
                        "{n} {f} {stride} {dilation}"
                    );
                    assert!(pad.bottom == pad.top || pad.bottom == pad.top + 1);
                    assert_eq!((pad.left, pad.right), pads);
                }
            }
        }
    }
}

#[test]
fn same_puts_the_odd_row_at_the_bottom_and_right() {
    let pad = Padding::same([64, 64], [4, 2], [1, 1], [1, 1]).unwrap();
    assert_eq!(
        pad,
        Padding {
            top: 1,
            bottom: 2,
            left: 0,
            right: 1
        }
    );
    let pad = Padding::same([5, 7], [3, 3], [2, 3], [2, 1]).unwrap();
    // Height: 3 windows reach 2 * 2 + 5 = 9 of 5 rows; width: 3 windows reach 2 * 3 + 3 = 9 of 7.
    assert_eq!(
        pad,
        Padding {
            top: 2,
            bottom: 2,
            left: 1,
            right: 1
        }
    );
}

#[test]
fn same_needs_no_padding_when_the_stride_passes_the_window() {
    assert_eq!(
        Padding::same([9, 9], [1, 2], [4, 5], [1, 1]).unwrap(),
        Padding::VALID
    );
}

#[test]
fn a_window_that_does_not_fit_names_both_sizes() {
    let error = output_size("conv", "width", 4, (1, 1), 4, [1, 3])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "conv: window width is 10 (4 taps, dilation 3), \
         expected at most 6, the padded width (4 with padding 1 and 1)"
    );
}

#[test]
fn zeros_and_overflow_are_errors() {
    let max = usize::MAX;
    let cases = [
        (0, (0, 0), 1, [1, 1], "input height is 0"),
        (4, (0, 0), 0, [1, 1], "window height is 0"),
        (4, (0, 0), 2, [0, 1], "stride (height) is 0"),
        (4, (0, 0), 2, [1, 0], "dilation (height) is 0"),
        (4, (max, 0), 2, [1, 1], "padded height is too large"),
        (4, (0, 0), 3, [1, max], "too large"),
    ];
    for (n, pads, f, steps, words) in cases {
        let error = output_size("pool", "height", n, pads, f, steps)
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(Padding::same([4, 0], [1, 1], [1, 1], [1, 1]).is_err());
    assert!(Padding::same([4, 4], [1, 1], [1, 0], [1, 1]).is_err());
    assert!(Padding::same([max, 4], [max, 1], [1, 1], [1, 1]).is_err());
}

#[test]
fn volume_looks_past_an_empty_batch() {
    assert_eq!(volume("conv", "x", &[0, 3, 4]).unwrap(), 0);
    assert_eq!(volume("conv", "x", &[2, 3, 4]).unwrap(), 24);
    assert!(volume("conv", "x", &[0, usize::MAX, 2]).is_err());
    assert!(volume("conv", "x", &[usize::MAX / 2, 2]).is_err());
}
