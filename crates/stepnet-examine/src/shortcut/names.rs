//! Prediction by the words and the numbers of names.

use std::collections::{HashMap, HashSet};

use super::neighbours::Neighbours;

/// The parts into which the examples are dealt: each is predicted from the others.
const FOLDS: usize = 5;

/// The names of some examples, taken apart.
pub(super) struct Names {
    /// The words of each name by their numbers, without those that no other name has.
    words: Vec<Vec<usize>>,
    /// How many words there are.
    known: usize,
    /// The neighbours of each name by the number in it, where all have one.
    numbers: Option<Neighbours>,
}

impl Names {
    pub(super) fn of(names: &[String]) -> Self {
        let all: Vec<HashSet<String>> = names.iter().map(|name| self::words(name)).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for word in all.iter().flatten() {
            *counts.entry(word).or_default() += 1;
        }
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut place = |word| {
            let next = known.len();
            *known.entry(word).or_insert(next)
        };
        let mut words = Vec::with_capacity(all.len());
        for of_name in &all {
            let of_name = of_name.iter().map(String::as_str);
            let mut shared: Vec<&str> = of_name.filter(|word| counts[word] > 1).collect();
            // In an order that is the same in each run, as sums are rounded.
            shared.sort_unstable();
            words.push(shared.into_iter().map(&mut place).collect());
        }
        let numbers: Option<Vec<Vec<f64>>> = names.iter().map(|name| number(name)).collect();
        Self {
            words,
            known: known.len(),
            numbers: numbers.map(|numbers| Neighbours::of(&numbers)),
        }
    }

    /// The class of each name from the others: by the words in it (naive Bayes), or by the number in it, whichever is
    /// right more often.
    pub(super) fn predict(&self, labels: &[u32]) -> Vec<u32> {
        let right =
            |predicted: &Vec<u32>| predicted.iter().zip(labels).filter(|(a, b)| a == b).count();
        let by_words = self.by_words(labels);
        let by_number = self.numbers.as_ref().map(|numbers| numbers.predict(labels));
        match by_number.filter(|by_number| right(by_number) > right(&by_words)) {
            Some(by_number) => by_number,
            None => by_words,
        }
    }

    fn by_words(&self, labels: &[u32]) -> Vec<u32> {
        let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
        let mut predicted = vec![0; labels.len()];
        for fold in 0..FOLDS {
            let mut sizes = vec![0_usize; classes];
            let mut counts = vec![0_usize; self.known * classes];
            for at in (0..labels.len()).filter(|at| at % FOLDS != fold) {
                let class = labels[at] as usize;
                sizes[class] += 1;
                for word in &self.words[at] {
                    counts[word * classes + class] += 1;
                }
            }
            let log = |count: usize, size: usize| ((count as f64 + 0.1) / (size as f64 + 0.2)).ln();
            // Of most classes a word says the same: that they do not have it.
            let absent: Vec<f64> = sizes.iter().map(|&size| log(0, size)).collect();
            // What a word says of each class; nothing where the others do not have it.
            let evidence: Vec<f64> = (counts.chunks_exact(classes))
                .flat_map(|counts| {
                    let is_seen = counts.iter().any(|&count| count > 0);
                    let (sizes, absent) = (&sizes, &absent);
                    let of = move |(class, &count): (usize, &usize)| match (is_seen, count) {
                        (false, _) => 0.0,
                        (true, 0) => absent[class],
                        (true, count) => log(count, sizes[class]),
                    };
                    counts.iter().enumerate().map(of)
                })
                .collect();
            let alone: Vec<f64> = sizes.iter().map(|&size| (size as f64 + 0.1).ln()).collect();
            for at in (fold..labels.len()).step_by(FOLDS) {
                let mut scores = alone.clone();
                for word in &self.words[at] {
                    let of_word = &evidence[word * classes..][..classes];
                    scores
                        .iter_mut()
                        .zip(of_word)
                        .for_each(|(sum, term)| *sum += term);
                }
                let best = (0..classes).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
                predicted[at] = best.unwrap_or(0) as u32;
            }
        }
        predicted
    }
}

/// The last number in a name.
fn number(name: &str) -> Option<Vec<f64>> {
    let mut parts = name.split(|c: char| !c.is_ascii_digit());
    let last = parts.rfind(|digits| !digits.is_empty())?;
    last.parse().ok().map(|number| vec![number])
}

/// The words of a name: runs of letters, and for each run of digits its length.
fn words(name: &str) -> HashSet<String> {
    let mut words = HashSet::new();
    for part in name.split(|c: char| !c.is_alphanumeric()) {
        let mut rest = part;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digits);
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            words.insert(match digits {
                true => format!("{} digits", word.len()),
                false => word.to_owned(),
            });
            rest = after;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accuracy(name: impl Fn(usize) -> String) -> f64 {
        // Neither in the order of the names nor of the folds.
        let labels: Vec<u32> = (0..300).map(|at| (at * 7919 % 101 % 3) as u32).collect();
        let names: Vec<String> = (0..300).map(name).collect();
        let predicted = Names::of(&names).predict(&labels);
        let right = predicted.iter().zip(&labels).filter(|(a, b)| a == b);
        right.count() as f64 / 300.0
    }

    fn label(at: usize) -> usize {
        at * 7919 % 101 % 3
    }

    #[test]
    fn words_and_numbers_give_a_class_away_and_their_absence_does_not() {
        let classes = ["cat", "dog", "fox"];
        assert!(accuracy(|at| format!("{at:04}_{}", classes[label(at)])) > 0.99);
        assert!(accuracy(|at| format!("img{:04}", 1000 * label(at) + at)) > 0.99);
        assert!(accuracy(|at| format!("img{:04}", at * 31 % 300)) < 0.5);
        assert!(accuracy(|_| "image".to_owned()) < 0.5);
    }

    #[test]
    fn names_are_taken_apart() {
        let mut found: Vec<String> = words("dsc00012_catx-7").into_iter().collect();
        found.sort();
        assert_eq!(found, ["1 digits", "5 digits", "catx", "dsc"]);
        assert_eq!(number("a12b003"), Some(vec![3.0]));
        assert_eq!(number("cat"), None);
    }
}
