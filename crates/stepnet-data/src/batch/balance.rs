//! Which examples an epoch draws, and in which order.

use std::fmt;

use stepnet_base::rng::RandomState;

use crate::Dataset;

/// How classes with unequal numbers of examples are balanced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Balance {
    /// Nothing: an epoch sees every example once.
    #[default]
    None,
    /// An epoch is as long as ever, but every class comes equally often in it.
    ///
    /// Of `n` draws among `k` classes that have examples each gets `n / k`, and as many as the rest of
    /// that division one more, drawn again each epoch. A class goes through its examples in random order
    /// as often as it takes, so that two of its examples differ by one draw at most.
    Sampling,
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Sampling => "sampling",
        })
    }
}

impl Dataset {
    /// The weights with which the losses of all classes add up alike, and 1 on average: `n / (k n_c)` for a
    /// class of `n_c` among `n` examples of `k` classes that have any; 1 for a class without.
    pub fn balanced_weights(&self) -> Vec<f64> {
        let counts = self.class_counts();
        let present = counts.iter().filter(|&&count| count > 0).count();
        let weight = |&count: &usize| match count {
            0 => 1.0,
            count => self.len() as f64 / (present * count) as f64,
        };
        counts.iter().map(weight).collect()
    }
}

/// An example of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// Its number in the data set.
    pub index: usize,
    /// How often it came before in this epoch.
    again: usize,
}

/// Bits of an example's number in its key.
const INDEX_BITS: u32 = 40;

impl Pick {
    /// The example at `index`, drawn once.
    pub fn once(index: usize) -> Self {
        Self { index, again: 0 }
    }

    /// The key of its random numbers: where an example comes again in an epoch, it is altered in
    /// another way.
    pub fn key(self) -> u64 {
        (self.again as u64) << INDEX_BITS | self.index as u64
    }
}

/// The examples of an epoch with classes equally often, in random order: the rule of [`Balance::Sampling`].
pub fn sample(labels: &[u32], classes: usize, random: &mut RandomState) -> Vec<Pick> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for (index, &label) in labels.iter().enumerate() {
        members[label as usize].push(index);
    }
    members.retain(|members| !members.is_empty());
    let (share, rest) = (labels.len() / members.len(), labels.len() % members.len());
    let lucky = random.permutation(members.len());
    let mut picks = Vec::with_capacity(labels.len());
    for (class, members) in members.iter().enumerate() {
        let mut wanted = share + usize::from(lucky[class] < rest);
        let mut again = 0;
        while wanted > 0 {
            let round = random.permutation(members.len());
            let round = round.into_iter().take(wanted);
            wanted -= round.len();
            picks.extend(round.map(|place| Pick {
                index: members[place],
                again,
            }));
            again += 1;
        }
    }
    let order = random.permutation(picks.len());
    order.into_iter().map(|place| picks[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_come_equally_often_and_examples_of_a_class_nearly_so() {
        // 12 of class 0, 3 of class 2, none of class 1, 2 of class 3.
        let labels: Vec<u32> = (0..17)
            .map(|i| [0, 2, 3][(i > 11) as usize + (i > 14) as usize])
            .collect();
        let mut extra = [0; 3];
        for seed in 0..20 {
            let picks = sample(&labels, 4, &mut RandomState::new(seed));
            assert_eq!(picks, sample(&labels, 4, &mut RandomState::new(seed)));
            assert_eq!(picks.len(), 17);
            let of = |class: u32| {
                picks
                    .iter()
                    .filter(|pick| labels[pick.index] == class)
                    .count()
            };
            let counts = [of(0), of(2), of(3)];
            assert!(
                counts.iter().all(|&count| count == 5 || count == 6),
                "{counts:?}"
            );
            extra
                .iter_mut()
                .zip(counts)
                .for_each(|(extra, count)| *extra += count - 5);
            for members in [0..12, 12..15, 15..17] {
                let times =
                    members.map(|index| picks.iter().filter(|pick| pick.index == index).count());
                let times: Vec<usize> = times.collect();
                assert!(
                    times.iter().max().unwrap() - times.iter().min().unwrap() <= 1,
                    "{times:?}"
                );
            }
            let mut keys: Vec<u64> = picks.iter().map(|pick| pick.key()).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(
                keys.len(),
                17,
                "an example that comes again has another key"
            );
        }
        assert!(
            extra.iter().all(|&extra| extra > 0),
            "no class is always favoured: {extra:?}"
        );
    }

    #[test]
    fn balanced_weights_make_classes_weigh_alike() {
        use crate::{Images, Values};
        let images = Images::new([1, 1, 1], Values::U8(vec![0; 8])).unwrap();
        let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
        let data = Dataset::new(images, vec![0, 0, 0, 0, 0, 0, 2, 2], classes).unwrap();
        assert_eq!(data.balanced_weights(), [8.0 / 12.0, 1.0, 2.0]);
    }

    #[test]
    fn a_first_draw_is_keyed_by_the_examples_number() {
        assert_eq!(Pick::once(7).key(), 7);
    }
}
