//! How alike images are to a network: the cosine of the angle between their features.

use crate::nn::Number;

/// An example that is like another.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Similarity {
    /// Its number.
    pub example: usize,
    /// The cosine similarity of their features, from -1 to 1.
    pub cosine: f64,
}

/// The `most` of the rows of `features` that are most like `of`, the most alike first; of equal ones the first. Features
/// that are all zero are like nothing: their cosine counts as 0.
///
/// # Shapes
///
/// `of` (features), `features` (examples, features), row-major.
pub fn most_similar<T: Number>(of: &[T], features: &[T], most: usize) -> Vec<Similarity> {
    let length = |row: &[T]| row.iter().map(|v| v.as_f64().powi(2)).sum::<f64>().sqrt();
    let own = length(of);
    let cosine = |row: &[T]| {
        let product: f64 = of
            .iter()
            .zip(row)
            .map(|(a, b)| a.as_f64() * b.as_f64())
            .sum();
        match own * length(row) {
            lengths if lengths > 0.0 => (product / lengths).clamp(-1.0, 1.0),
            _ => 0.0,
        }
    };
    let rows = features.chunks_exact(of.len().max(1)).enumerate();
    let mut all: Vec<Similarity> = rows
        .map(|(example, row)| Similarity {
            example,
            cosine: cosine(row),
        })
        .collect();
    // Stable: equal ones stay in their order.
    all.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    all.truncate(most);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_come_first() {
        let rows = [0.0, 1.0, 2.0, 0.0, 3.0, 3.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0];
        let found = most_similar(&[1.0, 0.0], &rows, 4);
        let examples: Vec<usize> = found.iter().map(|found| found.example).collect();
        assert_eq!(examples, [1, 4, 2, 0]);
        assert_eq!(found[0].cosine, 1.0);
        assert!((found[2].cosine - 0.5_f64.sqrt()).abs() < 1e-15);
    }
}
