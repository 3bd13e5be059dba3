//! Each alteration on small images, the keys of its random numbers, and its text.

use super::{Alteration, Augmentation, Axis, Mix, colour, geometry};
use stepnet_base::Noise;

fn noise(epoch: u64, examples: &[u64]) -> Noise<'_> {
    Noise {
        seed: 3,
        epoch,
        examples,
    }
}

/// An image of different values.
fn image(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 37 % 251 + 1) as u8).collect()
}

fn applied(text: &str, shape: [usize; 3], key: (u64, u64)) -> Vec<u8> {
    let augmentation: Augmentation = text.parse().unwrap();
    let mut pixels = image(shape.iter().product());
    let mut spare = vec![0; pixels.len()];
    augmentation.apply(shape, &noise(key.0, &[key.1]), 0, &mut pixels, &mut spare);
    pixels
}

#[test]
fn flips_mirror_pixels_and_keep_their_channels() {
    let mut pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    geometry::flip(Axis::Horizontal, [2, 3, 2], &mut pixels);
    assert_eq!(pixels, [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8]);
    geometry::flip(Axis::Vertical, [2, 3, 2], &mut pixels);
    assert_eq!(pixels, [11, 12, 9, 10, 7, 8, 5, 6, 3, 4, 1, 2]);
    let mut grey = [1, 2, 3, 4, 5, 6];
    geometry::flip(Axis::Horizontal, [2, 3, 1], &mut grey);
    assert_eq!(grey, [3, 2, 1, 6, 5, 4]);
    geometry::flip(Axis::Vertical, [3, 2, 1], &mut grey);
    assert_eq!(grey, [5, 4, 1, 6, 3, 2]);
}

#[test]
fn a_crop_is_the_cut_out_of_the_padded_image() {
    for (height, width, channels, padding) in [(3, 4, 1, 2), (4, 3, 3, 1), (2, 2, 2, 1)] {
        let from = image(height * width * channels);
        for down in 0..=2 * padding {
            for right in 0..=2 * padding {
                let mut to = vec![99; from.len()];
                geometry::shift(
                    [height, width, channels],
                    padding,
                    [down, right],
                    &from,
                    &mut to,
                );
                for (at, &value) in to.iter().enumerate() {
                    let (row, column) = (at / (width * channels), at / channels % width);
                    let (row, column) = ((row + down) as isize, (column + right) as isize);
                    let (row, column) = (row - padding as isize, column - padding as isize);
                    let inside = (0..height as isize).contains(&row)
                        && (0..width as isize).contains(&column);
                    let expected = if inside {
                        from[(row as usize * width + column as usize) * channels + at % channels]
                    } else {
                        0
                    };
                    assert_eq!(
                        value, expected,
                        "{height}x{width} by {down}, {right} at {at}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_rotation_by_a_quarter_moves_pixels_exactly_and_by_nothing_changes_nothing() {
    let from = image(3 * 3 * 2);
    let mut to = vec![0; from.len()];
    geometry::rotate([3, 3, 2], 0.0, &from, &mut to);
    assert_eq!(to, from);
    geometry::rotate([3, 3, 2], std::f64::consts::FRAC_PI_2, &from, &mut to);
    for row in 0..3 {
        for column in 0..3 {
            // Counterclockwise: the right column becomes the top row.
            let source = (column * 3 + 2 - row) * 2;
            assert_eq!(
                to[(row * 3 + column) * 2..][..2],
                from[source..][..2],
                "{row} {column}"
            );
        }
    }
}

#[test]
fn a_rotation_is_bilinear_with_black_outside() {
    // The centre pixel stays; the corner comes from 2 sqrt(2) away, most of a pixel beyond the edge.
    let from = [100.0_f64; 25];
    let mut to = [7.0; 25];
    geometry::rotate([5, 5, 1], std::f64::consts::FRAC_PI_4, &from, &mut to);
    assert!((to[12] - 100.0).abs() < 1e-12, "{}", to[12]);
    assert!(
        (to[0] - 100.0 * (3.0 - 8.0_f64.sqrt())).abs() < 1e-9,
        "{}",
        to[0]
    );
    // Row 2, column 4 turned by 45 degrees: at sqrt(2) from the centre on both axes, inside.
    assert!((to[14] - 100.0).abs() < 1e-9, "{}", to[14]);
    // One third of the weight outside where the place is 1/3 beyond the last pixel.
    let mut line = [0.0_f64; 3];
    geometry::rotate(
        [1, 3, 1],
        std::f64::consts::FRAC_PI_3,
        &[30.0, 60.0, 90.0],
        &mut line,
    );
    assert!((line[1] - 60.0).abs() < 1e-12);
    let expected = (1.0 - 3.0_f64.sqrt() / 2.0) * (0.5 * 60.0 + 0.5 * 90.0);
    assert!((line[2] - expected).abs() < 1e-9, "{} {expected}", line[2]);
}

#[test]
fn jitter_follows_its_formula() {
    let mut pixels = [0.2_f64, 0.4, 0.6, 0.1, 0.5, 0.3];
    let (b, c, s): (f64, f64, f64) = (1.1, 0.8, 1.3);
    let grey = |p: &[f64]| 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
    let bright = pixels.map(|v| b * v);
    let mean = (grey(&bright[..3]) + grey(&bright[3..])) / 2.0;
    let contrasted = bright.map(|v| mean + c * (v - mean));
    let expected: Vec<f64> = contrasted
        .chunks(3)
        .flat_map(|p| {
            p.iter()
                .map(|v| grey(p) + s * (v - grey(p)))
                .collect::<Vec<_>>()
        })
        .collect();
    colour::jitter(3, [b, c, s], &mut pixels);
    for (value, expected) in pixels.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-12);
    }
    let mut bytes = [10_u8, 250, 128, 255];
    colour::jitter(1, [2.0, 1.0, 0.3], &mut bytes);
    assert_eq!(bytes, [20, 255, 255, 255], "bytes stay within their range");
    let mut bytes = [100_u8, 200];
    colour::jitter(1, [1.0, 0.5, 1.0], &mut bytes);
    assert_eq!(bytes, [125, 175]);
}

#[test]
fn a_cutout_is_a_square_that_may_lie_partly_outside() {
    let cut = |side, centre| {
        let mut pixels = [1_u8; 25];
        geometry::cut_out([5, 5, 1], side, centre, &mut pixels);
        let black: Vec<usize> = (0..25).filter(|&at| pixels[at] == 0).collect();
        black
    };
    assert_eq!(cut(1, [2, 3]), [13]);
    assert_eq!(cut(2, [2, 2]), [6, 7, 11, 12]);
    assert_eq!(cut(3, [0, 0]), [0, 1, 5, 6]);
    assert_eq!(cut(3, [4, 4]), [18, 19, 23, 24]);
    assert_eq!(cut(5, [2, 2]).len(), 25);
}

#[test]
fn what_happens_is_keyed_by_epoch_and_example() {
    let text = "flip, flip(vertical), crop(2), rotate(30), jitter(0.4), cutout(3)";
    let shape = [9, 8, 3];
    let one = applied(text, shape, (1, 5));
    assert_eq!(one, applied(text, shape, (1, 5)));
    assert_ne!(one, applied(text, shape, (2, 5)));
    assert_ne!(one, applied(text, shape, (1, 6)));
    // A neighbour in the batch changes nothing.
    let augmentation: Augmentation = text.parse().unwrap();
    let (mut pixels, mut spare) = (image(216), vec![9; 216]);
    augmentation.apply(shape, &noise(1, &[8, 5]), 1, &mut pixels, &mut spare);
    assert_eq!(pixels, one);
}

#[test]
fn draws_reach_all_their_range() {
    let flips = (0..200).filter(|&i| applied("flip", [3, 3, 1], (0, i)) != image(9));
    assert!((70..130).contains(&flips.count()));
    let mut crops: Vec<Vec<u8>> = (0..200)
        .map(|i| applied("crop(1)", [3, 3, 1], (0, i)))
        .collect();
    crops.sort();
    crops.dedup();
    assert_eq!(crops.len(), 9);
}

#[test]
fn mixup_blends_pairs_and_their_shares() {
    let augmentation: Augmentation = "mixup(0.4)".parse().unwrap();
    let keys = [4, 9, 2, 11, 6];
    let x: Vec<f64> = (0..10).map(f64::from).collect();
    let (mut mixed, mut mix) = (x.clone(), Mix::default());
    assert!(augmentation.mix(&noise(1, &keys), &mut mixed, &mut mix));
    let alone: Vec<usize> = (0..5).filter(|&i| mix.partner[i] == i).collect();
    assert_eq!(alone.len(), 1, "an odd batch leaves one alone");
    for i in 0..5 {
        let (partner, share) = (mix.partner[i], mix.share[i]);
        assert_eq!(mix.partner[partner], i);
        assert!((0.0..=1.0).contains(&share));
        for value in 0..2 {
            let expected = share * x[2 * i + value] + (1.0 - share) * x[2 * partner + value];
            assert!((mixed[2 * i + value] - expected).abs() < 1e-12);
        }
    }
    assert_eq!(mix.share[alone[0]], 1.0);
    let (mut again, mut other) = (x.clone(), Mix::default());
    augmentation.mix(&noise(1, &keys), &mut again, &mut other);
    assert_eq!(again, mixed);
    augmentation.mix(&noise(2, &keys), &mut again, &mut other);
    assert_ne!(other.share, mix.share);
    assert!(!Augmentation::default().mix(&noise(1, &keys), &mut again, &mut other));
}

#[test]
fn some_examples_of_a_mixed_batch_are_as_in_the_whole() {
    let augmentation: Augmentation = "mixup(0.4)".parse().unwrap();
    let keys: Vec<u64> = (0..23).map(|key| 7 * key).collect();
    let x: Vec<f64> = (0..46).map(|value| f64::from(value).sqrt()).collect();
    let (mut whole, mut mix) = (x.clone(), Mix::default());
    assert!(augmentation.mix(&noise(1, &keys), &mut whole, &mut mix));
    let mut alone = 0;
    for own in [0..23, 0..1, 4..9, 9..23, 5..5] {
        let mut drawn = Mix::<f64>::default();
        augmentation.draw_pairs(&noise(1, &keys), &mut drawn);
        let others: Vec<usize> = drawn.others(own.clone()).collect();
        alone += others.len();
        let images = own.clone().chain(others);
        let mut some: Vec<f64> = images.flat_map(|at| [x[2 * at], x[2 * at + 1]]).collect();
        drawn.blend(own.clone(), &mut some);
        let expected = &whole[2 * own.start..2 * own.end];
        assert_eq!(&some[..2 * own.len()], expected, "{own:?}");
    }
    assert!(alone > 3, "some have their partners elsewhere");
}

#[test]
fn shares_of_mixup_have_the_moments_of_beta() {
    // Beta(a, a): mean 1/2, variance 1 / (4 (2 a + 1)).
    for alpha in [0.2, 1.0, 3.0] {
        let augmentation: Augmentation = format!("mixup({alpha})").parse().unwrap();
        let keys: Vec<u64> = (0..4000).collect();
        let (mut x, mut mix) = (vec![0.0; 4000], Mix::default());
        augmentation.mix(&noise(0, &keys), &mut x, &mut mix);
        let mean = mix.share.iter().sum::<f64>() / 4000.0;
        let variance = mix.share.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 4000.0;
        let expected = 0.25 / (2.0 * alpha + 1.0);
        assert!((mean - 0.5).abs() < 0.03, "{alpha}: {mean}");
        assert!(
            (variance / expected - 1.0).abs() < 0.1,
            "{alpha}: {variance}"
        );
    }
}

#[test]
fn texts_are_read_and_printed() {
    for (text, printed) in [
        ("", ""),
        (" Flip ,crop( 4 )", "flip, crop(4)"),
        ("flip(horizontal), flip(vertical)", "flip, flip(vertical)"),
        ("mixup(0.2), rotate(10.5)", "rotate(10.5), mixup(0.2)"),
        ("jitter(0.2)", "jitter(0.2)"),
        ("jitter(0.2, 0.1, 0)", "jitter(0.2, 0.1, 0)"),
        ("cutout(8)", "cutout(8)"),
    ] {
        let augmentation: Augmentation = text.parse().unwrap();
        assert_eq!(augmentation.to_string(), printed, "{text}");
        assert_eq!(printed.parse::<Augmentation>().unwrap(), augmentation);
    }
}

#[test]
fn wrong_texts_are_refused_with_what_would_be_right() {
    for (text, parts) in [
        (
            "flop",
            &["\"flop\"", "did you mean \"flip\"", "mixup(ALPHA)"][..],
        ),
        ("flip, corp(4)", &["\"corp\"", "did you mean \"crop\""]),
        ("flip(left)", &["\"flip(left)\"", "flip(vertical)"]),
        ("flip(vertikal)", &["did you mean \"vertical\""]),
        ("crop", &["\"crop\"", "crop(PIXELS)"]),
        ("crop(0)", &["\"crop(0)\"", "from 1 to 100000"]),
        ("crop(1.5)", &["whole number of pixels"]),
        ("crop(-1)", &["from 1"]),
        ("crop(4", &["\"crop(4\"", "\")\""]),
        ("crop(4))", &["\"crop(4))\""]),
        ("crop(4) flip", &["\"crop(4) flip\""]),
        ("rotate(200)", &["from 0 to 180"]),
        ("rotate(NaN)", &["from 0 to 180"]),
        ("rotate(10, 20)", &["rotate(DEGREES)"]),
        ("jitter(2)", &["from 0 to 1"]),
        ("jitter(0.1, 0.2)", &["BRIGHTNESS, CONTRAST, SATURATION"]),
        ("cutout(x)", &["\"cutout(x)\""]),
        ("mixup(0)", &["from 0.01 to 100"]),
        ("mixup(0.2), mixup(0.3)", &["a second time"]),
        ("flip, flip", &["\"flip\" a second time"]),
        ("rotate(3), rotate(4)", &["\"rotate(4)\" a second time"]),
        ("flip,,crop(2)", &["\"\""]),
        ("flip,", &["\"\""]),
    ] {
        let message = text.parse::<Augmentation>().unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{text}: {part} is not in {message}");
        }
    }
}

#[test]
fn what_does_not_fit_the_images_is_refused() {
    let refused = |text: &str, shape| {
        let augmentation: Augmentation = text.parse().unwrap();
        augmentation.check(shape).unwrap_err().to_string()
    };
    let message = refused("flip, crop(28)", [28, 40, 1]);
    assert!(
        message.contains("crop(28)") && message.contains("at most 27") && message.contains("28x40"),
        "{message}"
    );
    assert!(refused("cutout(29)", [28, 40, 1]).contains("at most 28"));
    for fits in ["crop(27)", "cutout(28)", "rotate(180), mixup(1)"] {
        let augmentation: Augmentation = fits.parse().unwrap();
        augmentation.check([28, 40, 1]).unwrap();
    }
    assert_eq!(Alteration::Crop(3).to_string(), "crop(3)");
}
