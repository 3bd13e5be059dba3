use super::*;

#[test]
fn sizes_of_the_course_network() {
    // cat-CNN: 64x64x8, window 8, stride 8, same.
    let same = Padding::same([64, 64], [8, 8], [8, 8], [1, 1]).unwrap();
    let g = PoolGeometry::new(3, [64, 64, 8], [8, 8], [8, 8], same).unwrap();
    assert_eq!(g.output, [8, 8, 8]);
    assert_eq!((g.x_len(), g.y_len()), (3 * 64 * 64 * 8, 3 * 512));
    assert_eq!(g.with_batch(1).y_len(), 512);
}

#[test]
fn windows_are_clipped_to_the_image() {
    let padding = Padding {
        top: 1,
        bottom: 2,
        left: 0,
        right: 2,
    };
    let g = PoolGeometry::new(1, [4, 5, 1], [3, 3], [2, 2], padding).unwrap();
    assert_eq!(g.output, [3, 3, 1]);
    assert_eq!([0, 1, 2].map(|row| g.covered(0, row)), [0..2, 1..4, 3..4]);
    assert_eq!([0, 1, 2].map(|col| g.covered(1, col)), [0..3, 2..5, 4..5]);
    let covering = [0, 1, 2, 3].map(|row| g.covering(0, row));
    assert_eq!(covering, [0..1, 0..2, 1..2, 1..3]);
    assert_eq!(g.whole_windows(), 0..2);
    assert!(!g.apart());
}

#[test]
fn whole_windows_and_windows_apart_are_told() {
    let new = |width, kernel, stride, left, right| {
        let padding = Padding {
            left,
            right,
            ..Padding::VALID
        };
        PoolGeometry::new(1, [1, width, 1], [1, kernel], [1, stride], padding).unwrap()
    };
    let g = new(7, 3, 1, 2, 2);
    assert_eq!((g.output[1], g.whole_windows()), (9, 2..7));
    // A window that is larger than the image is never whole; one alone overlaps with nothing.
    let g = new(2, 5, 1, 2, 1);
    assert_eq!((g.output[1], g.whole_windows()), (1, 1..1));
    assert!(g.apart());
    assert!(new(7, 3, 3, 0, 2).apart() && new(7, 3, 4, 0, 0).apart());
    assert!(!new(7, 3, 2, 0, 0).apart());
    assert_eq!(new(7, 3, 3, 0, 2).whole_windows(), 0..2);
}

/// Sizes, and the positions that each window counts, as PyTorch's `ceil_mode` has them.
#[test]
fn last_windows_that_are_not_whole_start_inside() {
    for (n, f, step, pads, windows, counted) in [
        (7, 3, 2, [0, 0], 3, vec![3, 3, 3]),
        (8, 3, 2, [0, 0], 4, vec![3, 3, 3, 2]),
        // The third window would start in the padding after the image.
        (4, 2, 3, [1, 1], 2, vec![2, 2]),
        (5, 3, 3, [1, 1], 2, vec![3, 3]),
        (6, 3, 3, [1, 1], 3, vec![3, 3, 2]),
        (6, 3, 3, [1, 2], 3, vec![3, 3, 3]),
        // A window that is larger than the image, by less than a step.
        (1, 2, 2, [0, 0], 1, vec![1]),
        (3, 5, 4, [0, 1], 1, vec![4]),
        (2, 1, 9, [0, 0], 1, vec![1]),
    ] {
        let padding = Padding {
            top: pads[0],
            bottom: pads[1],
            ..Padding::VALID
        };
        let g = PoolGeometry::rounded_up(1, [n, 1, 1], [f, 1], [step, 1], padding).unwrap();
        assert_eq!(g.output, [windows, 1, 1], "{n} {f} {step} {pads:?}");
        let found: Vec<usize> = (0..windows).map(|at| g.counted_at(at)).collect();
        assert_eq!(found, counted, "{n} {f} {step} {pads:?}");
        assert!((0..windows).all(|at| !g.covered(0, at).is_empty()));
    }
    let refused = |f: usize, step: usize, bottom: usize| {
        let padding = Padding {
            bottom,
            ..Padding::VALID
        };
        let g = PoolGeometry::rounded_up(1, [3, 3, 1], [f, 1], [step, 1], padding);
        g.unwrap_err().to_string()
    };
    assert!(refused(5, 2, 0).contains("window height is 5, expected at most 3"));
    assert!(refused(2, 3, 2).contains("bottom padding is 2, expected less than the window's 2"));
    assert!(refused(2, 0, 0).contains("stride (height) is 0"));
    assert!(refused(0, 2, 0).contains("0"));
    assert!(refused(usize::MAX, 2, 0).contains("window height"));
}

#[test]
fn mistakes_are_named_with_their_numbers() {
    let new = |input, kernel: usize, stride: usize, padding| {
        PoolGeometry::new(1, input, [kernel; 2], [stride; 2], padding)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        new([6, 4, 2], 5, 1, Padding::VALID),
        "pooling: window width is 5, expected at most 4, the input's width"
    );
    assert_eq!(
        new(
            [6, 6, 2],
            2,
            1,
            Padding {
                bottom: 2,
                ..Padding::VALID
            }
        ),
        "pooling: bottom padding is 2, expected less than the window's 2"
    );
    assert_eq!(
        new([6, 6, 2], 2, 0, Padding::VALID),
        "pooling: stride (height) is 0, expected at least 1"
    );
    assert!(new([6, 6, 0], 2, 1, Padding::VALID).contains("input channels is 0"));
    assert!(new([6, 6, 2], 0, 1, Padding::VALID).contains("window height is 0"));
    assert!(new([1 << 16, 1 << 16, 1], 2, 2, Padding::VALID).contains("4294967295"));
}
