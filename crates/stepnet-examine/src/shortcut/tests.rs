//! What is notable, and how often chance is.

use super::*;

#[test]
fn a_gain_is_a_share_of_what_chance_leaves() {
    let shortcut = |cue, accuracy| Shortcut {
        cue,
        accuracy,
        chance: 0.5,
        examples: 100,
        beats_chance: true,
    };
    assert_eq!(shortcut(Cue::Size, 0.75).gain(), 0.5);
    assert!(shortcut(Cue::Size, 0.65).is_notable());
    let chance = Shortcut {
        beats_chance: false,
        ..shortcut(Cue::Size, 0.65)
    };
    assert!(!chance.is_notable());
    assert!(!shortcut(Cue::Colour, 0.65).is_notable());
    assert!(!shortcut(Cue::Name, 0.5).is_notable());
}

/// How many of some data sets have a notable shortcut: by a number that differs from example to example, by one of three
/// sizes, by a name of a word and a number. There are two classes; the values of a share `strength` of the examples depend
/// on the class, those of the others are random.
fn accused(sets: u32, examples: usize, strength: f64) -> [usize; 3] {
    let mut counts = [0; 3];
    for set in 0..sets {
        let mut random = RandomState::new(set);
        let order = random.permutation(examples);
        let labels: Vec<u32> = order.into_iter().map(|at| (at % 2) as u32).collect();
        let mut side = |label: u32| match random.uniform() < strength {
            true => label,
            false => u32::from(random.uniform() < 0.5),
        };
        let [a, b, c]: [Vec<u32>; 3] =
            std::array::from_fn(|_| labels.iter().map(|&label| side(label)).collect());
        let mut values = |side: &u32| vec![3.0 * f64::from(*side) + random.uniform()];
        let lengths: Vec<Vec<f64>> = a.iter().map(&mut values).collect();
        // Half of each side has a size that the other has as well.
        let mut values = |side: &u32| vec![f64::from(side + u32::from(random.uniform() < 0.5))];
        let sizes: Vec<Vec<f64>> = b.iter().map(&mut values).collect();
        let numbers = random.permutation(examples);
        let name = |(&side, at): (&u32, usize)| format!("{}_{at:03}", ["in", "out"][side as usize]);
        let names: Vec<String> = c.iter().zip(numbers).map(name).collect();
        let labels = Labels::new(labels, 2, set);
        let by = |cue, values: &[Vec<f64>]| {
            let neighbours = Neighbours::of(values);
            labels.shortcut(cue, |labels| neighbours.predict(labels))
        };
        let names = Names::of(&names);
        let found = [
            by(Cue::File, &lengths),
            by(Cue::Size, &sizes),
            labels.shortcut(Cue::Name, |labels| names.predict(labels)),
        ];
        for (count, shortcut) in counts.iter_mut().zip(found) {
            *count += usize::from(shortcut.is_notable());
        }
    }
    counts
}

/// Each cue accuses one sound data set of a thousand at most. With the 95 % interval of a binomial share as the rule, it
/// was 16 of 100 with 60 examples.
#[test]
fn sound_data_is_hardly_ever_accused_and_shortcuts_are_found() {
    for examples in [30, 60, 200] {
        let sound = accused(200, examples, 0.0);
        // 0.6 are expected; more than 3 are so in one case of 300.
        assert!(sound.iter().sum::<usize>() <= 3, "{examples}: {sound:?}");
        let [lengths, sizes, names] = accused(50, examples, 1.0);
        assert_eq!([lengths, names], [50, 50], "{examples}");
        // At best three of four are right.
        assert!(examples < 200 || sizes >= 48, "{sizes}");
    }
}
