//! The course's gradient check, of any function of a vector.

use crate::{Error, Result};

/// The result of [`function`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FunctionCheck {
    /// The [`relative_difference`] of the gradient and its approximation.
    pub difference: f64,
    /// The approximation, a value for each parameter.
    pub approx: Vec<f64>,
}

/// Checks the gradient of any function, as the course's `gradient_check_n` does, one parameter at
/// a time:
///
/// ```text
/// approx[i]  = (J(theta + eps e_i) - J(theta - eps e_i)) / (2 eps)
/// difference = norm(gradient - approx) / (norm(gradient) + norm(approx))
/// ```
///
/// Source: the course's notebook "Gradient checking", which takes `eps = 1e-7` and calls a
/// gradient right below a difference of about `1e-7`. It knows nothing of kinks and rounding;
/// [the check of networks](super) does.
///
/// # Shapes
/// `theta`, `gradient` and `approx` have one value for each parameter.
///
/// # Errors
/// When `gradient` has not as many values as `theta`, there are none, or `eps` is not a positive
/// number.
///
/// # Example
///
/// ```
/// use stepnet::see::gradcheck;
///
/// // J(theta) = theta x with x = 2, at theta = 4.
/// let check = gradcheck::function(&[4.0], &[2.0], 1e-7, |theta| theta[0] * 2.0)?;
/// assert_eq!(check.difference, 2.919335883291695e-10);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn function(
    theta: &[f64],
    gradient: &[f64],
    eps: f64,
    mut cost: impl FnMut(&[f64]) -> f64,
) -> Result<FunctionCheck> {
    if theta.is_empty() || gradient.len() != theta.len() {
        return Err(Error::shape(
            "gradient check",
            "gradient",
            &[gradient.len()],
            format!(
                "[{}], one value for each of theta, and at least one",
                theta.len()
            ),
        ));
    }
    if !(eps > 0.0 && eps.is_finite()) {
        return Err(Error::value(
            "gradient check",
            "eps",
            eps,
            "a positive number such as 1e-7",
        ));
    }
    let mut moved = theta.to_vec();
    let mut at = |place: usize, value: f64| {
        let start = std::mem::replace(&mut moved[place], value);
        let cost = cost(&moved);
        moved[place] = start;
        cost
    };
    let approx: Vec<f64> = theta
        .iter()
        .enumerate()
        .map(|(place, &value)| (at(place, value + eps) - at(place, value - eps)) / (2.0 * eps))
        .collect();
    Ok(FunctionCheck {
        difference: relative_difference(gradient, &approx),
        approx,
    })
}

/// The course's measure of how far two gradients are apart,
/// `norm(a - b) / (norm(a) + norm(b))` with Euclidean norms; 0 where both are all zeros.
///
/// It is 0 for equal arrays, at most 1, and 1/3 where one is twice the other.
///
/// # Panics
/// When the arrays are of different lengths.
pub fn relative_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "gradients of the same parameters");
    let apart = norm(a.iter().zip(b).map(|(a, b)| a - b));
    let size = norm(a.iter().copied()) + norm(b.iter().copied());
    if size == 0.0 { 0.0 } else { apart / size }
}

/// The Euclidean norm.
pub(super) fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_of_known_gradients() {
        assert_eq!(relative_difference(&[3.0, 4.0], &[3.0, 4.0]), 0.0);
        assert_eq!(relative_difference(&[0.0], &[0.0]), 0.0);
        assert_eq!(relative_difference(&[2.0, 2.0], &[1.0, 1.0]), 1.0 / 3.0);
        assert_eq!(relative_difference(&[1.0], &[-1.0]), 1.0);
        assert!(relative_difference(&[f64::NAN], &[1.0]).is_nan());
    }

    #[test]
    fn a_wrong_gradient_stands_out() {
        let cost = |theta: &[f64]| theta[0] * theta[0] * theta[1];
        let theta = [1.5, -2.0];
        let right = [2.0 * theta[0] * theta[1], theta[0] * theta[0]];
        assert!(function(&theta, &right, 1e-6, cost).unwrap().difference < 1e-9);
        let wrong = [right[0], 2.0 * right[1]];
        assert!(function(&theta, &wrong, 1e-6, cost).unwrap().difference > 0.1);
    }

    #[test]
    fn what_cannot_be_checked_is_refused() {
        let cost = |_: &[f64]| 0.0;
        assert!(function(&[], &[], 1e-7, cost).is_err());
        let error = function(&[1.0, 2.0], &[1.0], 1e-7, cost).unwrap_err();
        assert!(error.to_string().contains("[1], expected [2]"), "{error}");
        for eps in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = function(&[1.0], &[1.0], eps, cost).unwrap_err();
            assert!(error.to_string().contains("eps"), "{error}");
        }
    }
}
