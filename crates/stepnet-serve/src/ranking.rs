//! Outputs as classes.

/// Class numbers with their outputs, the highest first; of equal ones the first class comes first. A single output speaks for the second
/// of two classes, its complement for the first.
pub(crate) fn ranked(outputs: &[f32]) -> Vec<(usize, f64)> {
    let values: Vec<f64> = match outputs {
        [one] => vec![1.0 - f64::from(*one), f64::from(*one)],
        several => several.iter().map(|&value| f64::from(value)).collect(),
    };
    let mut ranked: Vec<(usize, f64)> = values.into_iter().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

#[cfg(test)]
mod tests {
    use super::ranked;

    #[test]
    fn the_highest_comes_first() {
        assert_eq!(ranked(&[0.25, 0.5, 0.25]), [(1, 0.5), (0, 0.25), (2, 0.25)]);
        assert_eq!(ranked(&[0.25]), [(0, 0.75), (1, 0.25)]);
    }
}
