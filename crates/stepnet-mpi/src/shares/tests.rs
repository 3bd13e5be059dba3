use super::*;
use crate::in_process;
use std::thread;

/// Values whose sum depends on the order.
fn values(share: usize, len: usize) -> Vec<f32> {
    let value = |at: usize| ((share * 7919 + at * 104_729) % 1009) as f32 / 7.0 + 1e-3;
    (0..len).map(value).collect()
}

fn tree(shares: Range<usize>, len: usize) -> Vec<f32> {
    if shares.len() == 1 {
        return values(shares.start, len);
    }
    let middle = shares.start + shares.len() / 2;
    let [first, second] = [
        tree(shares.start..middle, len),
        tree(middle..shares.end, len),
    ];
    first
        .iter()
        .zip(second)
        .map(|(first, second)| first + second)
        .collect()
}

fn sums(count: usize, members: usize, len: usize, fast: bool) -> Vec<Vec<f32>> {
    let shares = Shares::new(count, members).unwrap();
    thread::scope(|scope| {
        let member = |group: crate::Member| {
            scope.spawn(move || {
                let own = shares.of(group.rank());
                let mut sum = ShareSum::new(shares, group.rank(), len);
                let mut all = vec![0.0; len];
                // Twice, so that the second batch finds the memory of the first.
                for _ in 0..2 {
                    sum.clear();
                    for share in own.start..own.end - 1 {
                        sum.add(share, &values(share, len));
                    }
                    all = values(own.end - 1, len);
                    // From the end on, in pieces, as a backward pass gives them.
                    let cuts = [0, len / 3, len - len / 4, len];
                    for cut in cuts.windows(2).rev() {
                        let range = cut[0]..cut[1];
                        let values = &mut all[range.clone()];
                        match fast {
                            true => sum.finish_fast(&group, range, values).unwrap(),
                            false => sum.finish(&group, range, values).unwrap(),
                        }
                    }
                }
                all
            })
        };
        let threads: Vec<_> = in_process(members).into_iter().map(member).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn sums_have_the_same_bits_for_any_number_of_members() {
    for count in [1, 2, 8, 16] {
        for len in [1, 5, 100] {
            let expected = tree(0..count, len);
            for members in (1..=count).filter(|&members| members < 10 || members == count) {
                for (rank, sum) in sums(count, members, len, false).into_iter().enumerate() {
                    assert_eq!(sum, expected, "{count} shares, rank {rank} of {members}");
                }
            }
        }
    }
    // The order matters for these values, or this test could not fail.
    let forward = (1..16).fold(values(0, 100), |sum, share| {
        sum.iter()
            .zip(values(share, 100))
            .map(|(sum, value)| sum + value)
            .collect()
    });
    assert_ne!(forward, tree(0..16, 100));
}

#[test]
fn fast_sums_differ_in_the_last_digits_alone() {
    for members in 1..=8 {
        for sum in sums(8, members, 50, true) {
            for (sum, expected) in sum.into_iter().zip(tree(0..8, 50)) {
                assert!((sum - expected).abs() <= 1e-6 * expected, "{members}");
            }
        }
    }
}

#[test]
fn every_share_and_every_example_belongs_to_one_member() {
    for (count, members, examples) in [(8, 3, 100), (8, 8, 5), (16, 5, 0)] {
        let shares = Shares::new(count, members).unwrap();
        let all: Vec<usize> = (0..members).flat_map(|rank| shares.of(rank)).collect();
        assert_eq!(all, (0..count).collect::<Vec<_>>());
        let all: Vec<usize> = (0..count)
            .flat_map(|share| shares.examples(share, examples))
            .collect();
        assert_eq!(all, (0..examples).collect::<Vec<_>>());
        for rank in 0..members {
            let of_shares = shares.of(rank);
            let of_shares = of_shares.flat_map(|share| shares.examples(share, examples));
            let own: Vec<usize> = shares.own_examples(rank, examples).collect();
            assert_eq!(
                own,
                of_shares.collect::<Vec<_>>(),
                "{count}, {members}, {rank}"
            );
        }
    }
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    for (count, members, expected) in [
        (6, 2, "a power of two"),
        (4, 5, "no more ranks than shares"),
        (4, 0, "no more"),
    ] {
        let error = Shares::new(count, members).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
