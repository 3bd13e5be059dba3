//! Channels in another order: those of several groups, taken in turns.

use super::assert_len;
use crate::Real;
use crate::elementwise::by_rows;

/// `y[p, j groups + i] = x[p, i (channels / groups) + j]`: channel `j` of each group `i`, then channel `j + 1` of each.
///
/// The gradient `dx` is the same of `dy` with `channels / groups` groups.
///
/// Source: Zhang, Zhou, Lin and Sun, "ShuffleNet", 2018.
///
/// # Shapes
///
/// `x` and `y` `(pixels, channels)`; `y` is written.
///
/// # Panics
///
/// If the groups do not divide the channels, or the lengths are others.
pub fn forward<T: Real>(channels: usize, groups: usize, x: &[T], y: &mut [T]) {
    const NAME: &str = "channel shuffle";
    assert!(
        groups > 0 && channels > 0 && channels.is_multiple_of(groups),
        "{NAME}: {channels} channels, expected a multiple of the {groups} groups"
    );
    assert_len(NAME, "x", x, x.len() / channels * channels);
    assert_len(NAME, "y", y, x.len());
    let size = channels / groups;
    by_rows(channels, 2, y, |first, y| {
        let x = &x[first * channels..][..y.len()];
        for (y, x) in y.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
            for (j, y) in y.chunks_exact_mut(groups).enumerate() {
                for (y, x) in y.iter_mut().zip(x.chunks_exact(size)) {
                    *y = x[j];
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{normal, on_threads};

    #[test]
    fn groups_take_turns_and_the_other_number_of_groups_undoes_it() {
        let mut y = [0.0; 6];
        forward(6, 2, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &mut y);
        assert_eq!(y, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);

        // Enough pixels for several pieces.
        let channels = 12;
        let x = normal::<f32>(1, 20_001 * channels);
        for groups in [1, 2, 3, 4, 12] {
            let (mut y, mut back) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
            on_threads(3, || {
                forward(channels, groups, &x, &mut y);
                forward(channels, channels / groups, &y, &mut back);
            });
            assert_eq!(back, x);
            let size = channels / groups;
            for (at, &y) in y.iter().enumerate() {
                let (pixel, channel) = (at / channels, at % channels);
                let from = channel % groups * size + channel / groups;
                assert_eq!(y, x[pixel * channels + from], "{groups} groups");
            }
        }
    }

    #[test]
    #[should_panic(expected = "5 channels, expected a multiple of the 2 groups")]
    fn groups_divide_the_channels() {
        forward(5, 2, &[0.0; 5], &mut [0.0; 5]);
    }
}
