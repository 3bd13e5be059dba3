//! The pieces in which gradients are summed: as large as pays, in the order in which a backward pass makes them.

use std::ops::Range;

use crate::nn::{Network, Number};

/// Bytes of a piece from which on it goes on its way: smaller ones would cost more in latency than they save.
const PIECE: usize = 1 << 18;

/// Bytes of the largest: what is sent and received of it takes as much memory again.
const LARGEST: usize = 1 << 24;

/// The gradients of the layers that train, from the last to the first.
pub(in crate::train) fn pieces<T: Number>(network: &Network<T>) -> Vec<Range<usize>> {
    let trained = network.nodes().iter().filter(|node| node.trains());
    let ranges: Vec<Range<usize>> = trained.map(|node| node.range()).collect();
    cut(&ranges, PIECE / size_of::<T>(), LARGEST / size_of::<T>())
}

/// How many values each sum of a step has: the pieces of the gradients, and running statistics as one more.
pub(in crate::train) fn summed<T: Number>(network: &Network<T>) -> Vec<usize> {
    let mut lengths: Vec<usize> = pieces(network).iter().map(Range::len).collect();
    let running: usize = running(network).iter().map(Range::len).sum();
    lengths.extend((running > 0).then_some(running));
    lengths
}

/// Where the running statistics that a step moves lie among the parameters.
pub(super) fn running<T: Number>(network: &Network<T>) -> Vec<Range<usize>> {
    let nodes = network.nodes().iter();
    let moving = nodes.filter(|node| !node.frozen() && !node.fixed_statistics());
    let arrays = moving.flat_map(|node| node.placed_parameters());
    let running = arrays.filter(|(parameter, _)| !parameter.trainable);
    running.map(|(_, range)| range).collect()
}

/// Values that a member keeps for sums of these lengths: one for each level of its part of the tree and one that is being
/// added; what it sends, receives and adds in an exchange.
pub(in crate::train) fn values_for_sums(
    lengths: &[usize],
    most_shares: usize,
    subtrees: usize,
) -> usize {
    let levels = match most_shares {
        0 | 1 => 0,
        several => several.ilog2() as usize + 2,
    };
    let exchange = 2 * subtrees + 1;
    // While they are sent, gradients are there twice.
    let copies = levels + usize::from(lengths.len() > 1);
    let all: usize = lengths.iter().sum();
    let largest = lengths.iter().max().copied().unwrap_or(0);
    (all.saturating_mul(copies)).saturating_add(largest.saturating_mul(exchange))
}

/// Ranges that lie one after the other, joined up to `least` and cut into pieces of at most `most`, the last first.
fn cut(ranges: &[Range<usize>], least: usize, most: usize) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges.iter().rev() {
        match joined.last_mut() {
            Some(last) if last.len() < least && range.end == last.start => last.start = range.start,
            _ => joined.push(range.clone()),
        }
    }
    let pieces = joined.into_iter().flat_map(|range| {
        let ends = (0..range.len().div_ceil(most)).rev();
        ends.map(move |number| {
            let start = range.start + number * most;
            start..range.end.min(start + most)
        })
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_and_cut() {
        // A frozen layer from 20 to 30; the last two layers are one piece.
        let ranges = [0..5, 5..20, 30..100, 100..103, 103..110];
        assert_eq!(
            cut(&ranges, 9, 32),
            [100..110, 94..100, 62..94, 30..62, 5..20, 0..5]
        );
        assert_eq!(
            cut(&ranges[..2], 100, 100),
            vec![Range { start: 0, end: 20 }]
        );
        assert!(cut(&[], 10, 10).is_empty());
    }
}
