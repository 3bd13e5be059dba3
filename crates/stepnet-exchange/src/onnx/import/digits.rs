//! Numbers that were `f32` in a file, with the digits that they were written with.

/// The shortest digits that read back as the same `f32`.
#[allow(clippy::cast_possible_truncation)] // it was one
pub(super) fn short(number: f64) -> f64 {
    (number as f32).to_string().parse().unwrap_or(number)
}

/// The same, where it is as good as the number.
pub(super) fn tidy(number: f64) -> f64 {
    let short = short(number);
    match (short - number).abs() <= 1e-6 * number.abs() {
        true => short,
        false => number,
    }
}

/// A number that was computed of some, with six digits where they are as good.
pub(super) fn rounded(number: f64) -> f64 {
    let digits: f64 = format!("{number:.5e}").parse().unwrap_or(number);
    match (digits - number).abs() <= 2e-7 * number.abs() {
        true => digits,
        false => number,
    }
}
