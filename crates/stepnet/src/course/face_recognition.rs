//! "Face recognition" (course 4, week 4): on encodings, which a network gives.

use ndarray::{Array, ArrayRef, ArrayRefD, Dimension};

use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::steps::checks::same_shape;

/// Up to this distance two encodings are those of one person.
pub const THRESHOLD: f64 = 0.7;

/// Further away than this nobody is looked for.
pub const FARTHEST: f64 = 100.0;

/// The sum over the triplets of `max(|anchor - positive|^2 - |anchor - negative|^2 + alpha, 0)`.
///
/// # Shapes
///
/// All three are `(..., numbers of an encoding)`.
///
/// # Errors
///
/// If the shapes differ, or there are no dimensions.
pub fn triplet_loss<T: Real>(
    [anchor, positive, negative]: [&ArrayRefD<T>; 3],
    alpha: T,
) -> Result<T> {
    const OPERATION: &str = "triplet_loss";
    if anchor.ndim() == 0 {
        let expected = "(..., numbers of an encoding)";
        return Err(Error::shape(OPERATION, "y_pred[0]", &[], expected));
    }
    for (name, array) in [("y_pred[1]", positive), ("y_pred[2]", negative)] {
        same_shape(
            OPERATION,
            name,
            array.shape(),
            anchor.shape(),
            "the shape of y_pred[0]",
        )?;
    }
    let rows = anchor
        .rows()
        .into_iter()
        .zip(positive.rows())
        .zip(negative.rows());
    let mut loss = 0.0;
    for ((anchor, positive), negative) in rows {
        let basic = squared(&anchor, &positive) - squared(&anchor, &negative) + alpha.as_f64();
        // A NaN is not swallowed.
        loss += if basic < 0.0 { 0.0 } else { basic };
    }
    Ok(T::from_f64(loss))
}

fn squared<T: Real, D: Dimension>(a: &ArrayRef<T, D>, b: &ArrayRef<T, D>) -> f64 {
    let differences = a.iter().zip(b).map(|(a, b)| a.as_f64() - b.as_f64());
    differences.map(|difference| difference * difference).sum()
}

/// The Euclidean distance of two encodings.
///
/// # Errors
///
/// If their shapes differ.
pub fn distance<T: Real>(
    operation: &'static str,
    encoding: &ArrayRefD<T>,
    (name, other): (&str, &ArrayRefD<T>),
) -> Result<f64> {
    let of = format!("database[{name:?}]");
    same_shape(
        operation,
        &of,
        other.shape(),
        encoding.shape(),
        "the shape of the encoding",
    )?;
    Ok(squared(encoding, other).sqrt())
}

/// An encoding of length 1.
pub fn normalized<T: Real, D: Dimension>(encoding: &ArrayRef<T, D>) -> Array<T, D> {
    let length = encoding
        .iter()
        .map(|x| x.as_f64() * x.as_f64())
        .sum::<f64>()
        .sqrt();
    encoding.mapv(|x| T::from_f64(x.as_f64() / length))
}

/// Whether an encoding is that of the person of this name in the database: its distance, and whether it is below
/// [`THRESHOLD`].
///
/// # Errors
///
/// If the database has no such name, or shapes differ.
pub fn verify<T: Real>(
    encoding: &ArrayRefD<T>,
    identity: &str,
    database: &[(&str, &ArrayRefD<T>)],
) -> Result<(f64, bool)> {
    const OPERATION: &str = "verify";
    let person = database.iter().find(|(name, _)| *name == identity);
    let &person = person.ok_or_else(|| {
        let expected = "a name of the database";
        Error::value(OPERATION, "identity", format!("{identity:?}"), expected)
    })?;
    let distance = distance(OPERATION, encoding, person)?;
    Ok((distance, distance < THRESHOLD))
}

/// The person of the database whose encoding is nearest, by its place there, and the distance; `None` if all are
/// [`FARTHEST`] or further away. That it is a stranger the caller sees by a distance above [`THRESHOLD`].
///
/// # Errors
///
/// If shapes differ.
pub fn who_is_it<T: Real>(
    encoding: &ArrayRefD<T>,
    database: &[(&str, &ArrayRefD<T>)],
) -> Result<(f64, Option<usize>)> {
    let mut nearest = (FARTHEST, None);
    for (at, &person) in database.iter().enumerate() {
        let distance = distance("who_is_it", encoding, person)?;
        if distance < nearest.0 {
            nearest = (distance, Some(at));
        }
    }
    Ok(nearest)
}
