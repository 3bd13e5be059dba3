//! Mixup: pairs of images of a batch blended, and their targets with them.

use std::ops::Range;

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
        let mixed = self.draw_pairs(noise, mix);
        if mixed {
            mix.blend(0..noise.examples.len(), x);
        }
        mixed
    }

    /// The first half of [`mix`](Self::mix): draws pairs and shares. [`Mix::blend`] does the rest, perhaps for some of the
    /// examples alone.
    pub fn draw_pairs<T: Element>(&self, noise: &Noise<'_>, mix: &mut Mix<T>) -> bool {
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
        let (pairs, alone) = mix.order.as_chunks::<2>();
        for &[a, b] in pairs {
            (mix.partner[a], mix.partner[b]) = (b, a);
        }
        for &alone in alone {
            mix.share[alone] = T::one();
        }
        true
    }
}

impl<T: Element> Mix<T> {
    /// The partners of the examples `own` that are not among them, in the order of those.
    pub fn others(&self, own: Range<usize>) -> impl Iterator<Item = usize> {
        let partners = self.partner[own.clone()].iter().copied();
        partners.filter(move |partner| !own.contains(partner))
    }

    /// Blends the images of the examples `own`, which come first in `x`; after them those of the
    /// [`others`](Self::others), which stay as they are.
    pub fn blend(&self, own: Range<usize>, x: &mut [T]) {
        let images = own.len() + self.others(own.clone()).count();
        let run = x.len() / images.max(1);
        let mut other = own.len();
        for (place, example) in own.clone().enumerate() {
            let partner = self.partner[example];
            let shares = [self.share[example], self.share[partner]];
            let both = own.contains(&partner);
            let at = match both {
                true if partner <= example => continue,
                true => partner - own.start,
                false => other,
            };
            let (head, tail) = x.split_at_mut(at * run);
            let (image, partner) = (&mut head[place * run..][..run], &mut tail[..run]);
            match both {
                true => blend((image, partner), shares),
                false => {
                    blend_one(image, partner, shares[0]);
                    other += 1;
                }
            }
        }
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

/// An image becomes its share of itself and the rest of another.
fn blend_one<T: Element>(image: &mut [T], other: &[T], share: T) {
    for (a, &b) in image.iter_mut().zip(other) {
        *a = share * *a + (T::one() - share) * b;
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
