//! Mixup: pairs of images of a batch blended, and their targets with them.

use rand_distr::{Beta, Distribution};

use super::{Augmentation, ImageRng, PAIRS, SHARE};
use crate::Element;
use stepnet_base::Noise;

/// The random draws of mixup for a batch.
#[derive(Debug, Default)]
pub struct Mix<T> {
    /// The examples of the batch in random order; neighbours are partners.
    order: Vec<usize>,
    /// Each example's share of itself.
    pub share: Vec<T>,
    /// Each example's partner.
    pub partner: Vec<usize>,
}

impl Augmentation {
    /// Draws pairs and shares for a batch and blends its images `x` (batch, values) in place. Gives
    /// whether there is anything to blend.
    ///
    /// Who meets whom depends on the batch's first example, and a share on the example itself.
    pub fn mix<T: Element>(&self, noise: &Noise<'_>, x: &mut [T], mix: &mut Mix<T>) -> bool {
        let examples = noise.examples.len();
        let Some(beta) = self.mixup.and_then(|alpha| Beta::new(alpha, alpha).ok()) else {
            return false;
        };
        if examples == 0 {
            return false;
        }
        mix.share.clear();
        mix.share.extend((0..examples).map(|example| {
            let share: f64 = beta.sample(&mut noise.generator(SHARE, example));
            T::from_f64(share)
        }));
        mix.partner.clear();
        mix.partner.extend(0..examples);
        shuffle(
            &mut mix.order,
            examples,
            &mut ImageRng(noise.generator(PAIRS, 0)),
        );
        let run = x.len() / examples;
        let (pairs, alone) = mix.order.as_chunks::<2>();
        for &[a, b] in pairs {
            (mix.partner[a], mix.partner[b]) = (b, a);
            let (low, high) = (a.min(b), a.max(b));
            let (head, tail) = x.split_at_mut(high * run);
            let images = (&mut head[low * run..][..run], &mut tail[..run]);
            blend(images, [mix.share[low], mix.share[high]]);
        }
        for &alone in alone {
            mix.share[alone] = T::one();
        }
        true
    }
}

/// The numbers up to `len` in random order (Fisher and Yates).
fn shuffle(order: &mut Vec<usize>, len: usize, draw: &mut ImageRng) {
    order.clear();
    order.extend(0..len);
    for last in (1..len).rev() {
        order.swap(last, draw.below(last + 1));
    }
}

/// Each of two images becomes its share of itself and the rest of the other.
fn blend<T: Element>((first, second): (&mut [T], &mut [T]), [share, other]: [T; 2]) {
    for (a, b) in first.iter_mut().zip(second) {
        let (was_a, was_b) = (*a, *b);
        *a = share * was_a + (T::one() - share) * was_b;
        *b = other * was_b + (T::one() - other) * was_a;
    }
}
