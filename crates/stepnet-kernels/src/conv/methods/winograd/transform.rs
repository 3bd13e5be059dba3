//! The three transforms of F(4x4, 3x3) and the adjoints of two, one line of a tile at a time.
//!
//! # The matrices
//!
//! A polynomial product is fixed by its values at as many points as it has coefficients; a
//! convolution by a filter of 3 is the transpose of one (Winograd, "Arithmetic Complexity of
//! Computations", 1980). With the points `0, a, -a, b, -b` and infinity, `s = a^2 + b^2`,
//! `p = a^2 b^2`, `m = 2 a^2 (a^2 - b^2)` and `n = 2 b^2 (b^2 - a^2)`:
//!
//! ```text
//!       p   0    -s   0   1  0            1/p    0     0
//!       0 -a b^2 -b^2 a   1  0            1/m   a/m  a^2/m           1  1  1   1    1   0
//! B^T = 0  a b^2 -b^2 -a  1  0        G = 1/m  -a/m  a^2/m     A^T = 0  a -a   b   -b   0
//!       0 -a^2 b -a^2 b   1  0            1/n   b/n  b^2/n           0 a^2 a^2 b^2 b^2  0
//!       0  a^2 b -a^2 -b  1  0            1/n  -b/n  b^2/n           0 a^3 -a^3 b^3 -b^3 1
//!       0  p     0   -s   0  1             0     0     1
//! ```
//!
//! `a = 5/8` and `b = 3/2`: every entry of `B^T` and `A^T` is a number that `f32` holds, and
//! among the pairs of fractions by eight this one has the least `kappa` (see [`AMPLIFICATION`]),
//! 13.2 against 29.3 for the points 1 and 2 of Lavin and Gray.

use crate::Real;
use crate::simd::Isa;

/// Results in a line of a tile, and inputs that they see.
pub(super) const OUT: usize = 4;
pub(super) const IN: usize = 6;

const A: f64 = 0.625;
const B: f64 = 1.5;
const A2: f64 = A * A;
const B2: f64 = B * B;
const S: f64 = A2 + B2;
const P: f64 = A2 * B2;
const M: f64 = 2.0 * A2 * (A2 - B2);
const N: f64 = 2.0 * B2 * (B2 - A2);

/// `kappa^2`, rounded up, where `kappa = max over i, u of
/// sum over the points k of |A^T[i][k]| |G[k][u]| sum over j of |B^T[k][j]|`: by how much the
/// numbers on the way to a result can be larger than its terms.
pub(super) const AMPLIFICATION: f64 = 176.0;

/// The most roundings on the way from a number to a result, beside one per channel: 2 by 4 in the
/// transform of the inputs, 2 by 5 in that of the filters, 2 by 4 in that of the results (products
/// and sums rounded apart, as in the portable set), a product, and the bias. The adjoints take as
/// many as what they are the adjoints of.
pub(super) const ROUNDINGS: usize = 28;

/// `a k + c`.
#[inline(always)]
fn mul_add<I: Isa, T: Real>(isa: I, a: I::Vector<T>, k: f64, c: I::Vector<T>) -> I::Vector<T> {
    isa.vector_mul_add(a, isa.splat(T::from_f64(k)), c)
}

/// `a k`.
#[inline(always)]
fn scaled<I: Isa, T: Real>(isa: I, a: I::Vector<T>, k: f64) -> I::Vector<T> {
    isa.vector_mul(a, isa.splat(T::from_f64(k)))
}

/// `B^T x`.
#[inline(always)]
pub(super) fn input<I: Isa, T: Real>(isa: I, x: [I::Vector<T>; IN]) -> [I::Vector<T>; IN] {
    let [x0, x1, x2, x3, x4, x5] = x;
    let (even_a, odd_a) = (
        mul_add::<I, T>(isa, x2, -B2, x4),
        mul_add::<I, T>(isa, x1, -B2, x3),
    );
    let (even_b, odd_b) = (
        mul_add::<I, T>(isa, x2, -A2, x4),
        mul_add::<I, T>(isa, x1, -A2, x3),
    );
    [
        mul_add::<I, T>(isa, x0, P, mul_add::<I, T>(isa, x2, -S, x4)),
        mul_add::<I, T>(isa, odd_a, A, even_a),
        mul_add::<I, T>(isa, odd_a, -A, even_a),
        mul_add::<I, T>(isa, odd_b, B, even_b),
        mul_add::<I, T>(isa, odd_b, -B, even_b),
        mul_add::<I, T>(isa, x1, P, mul_add::<I, T>(isa, x3, -S, x5)),
    ]
}

/// `G w`.
#[inline(always)]
pub(super) fn filter<I: Isa, T: Real>(isa: I, w: [I::Vector<T>; 3]) -> [I::Vector<T>; IN] {
    let [w0, w1, w2] = w;
    let even_a = scaled::<I, T>(isa, mul_add::<I, T>(isa, w2, A2, w0), 1.0 / M);
    let even_b = scaled::<I, T>(isa, mul_add::<I, T>(isa, w2, B2, w0), 1.0 / N);
    [
        scaled::<I, T>(isa, w0, 1.0 / P),
        mul_add::<I, T>(isa, w1, A / M, even_a),
        mul_add::<I, T>(isa, w1, -A / M, even_a),
        mul_add::<I, T>(isa, w1, B / N, even_b),
        mul_add::<I, T>(isa, w1, -B / N, even_b),
        w2,
    ]
}

/// `A^T m`.
#[inline(always)]
pub(super) fn output<I: Isa, T: Real>(isa: I, m: [I::Vector<T>; IN]) -> [I::Vector<T>; OUT] {
    let [m0, m1, m2, m3, m4, m5] = m;
    let (sum_a, difference_a) = (isa.vector_add::<T>(m1, m2), isa.vector_sub::<T>(m1, m2));
    let (sum_b, difference_b) = (isa.vector_add::<T>(m3, m4), isa.vector_sub::<T>(m3, m4));
    [
        isa.vector_add::<T>(isa.vector_add::<T>(m0, sum_a), sum_b),
        mul_add::<I, T>(isa, difference_b, B, scaled::<I, T>(isa, difference_a, A)),
        mul_add::<I, T>(isa, sum_b, B2, scaled::<I, T>(isa, sum_a, A2)),
        mul_add::<I, T>(
            isa,
            difference_a,
            A2 * A,
            mul_add::<I, T>(isa, difference_b, B2 * B, m5),
        ),
    ]
}

/// `A d`: the adjoint of [`output`].
#[inline(always)]
pub(super) fn output_adjoint<I: Isa, T: Real>(
    isa: I,
    d: [I::Vector<T>; OUT],
) -> [I::Vector<T>; IN] {
    let [d0, d1, d2, d3] = d;
    let (even_a, odd_a) = (
        mul_add::<I, T>(isa, d2, A2, d0),
        mul_add::<I, T>(isa, d3, A2, d1),
    );
    let (even_b, odd_b) = (
        mul_add::<I, T>(isa, d2, B2, d0),
        mul_add::<I, T>(isa, d3, B2, d1),
    );
    [
        d0,
        mul_add::<I, T>(isa, odd_a, A, even_a),
        mul_add::<I, T>(isa, odd_a, -A, even_a),
        mul_add::<I, T>(isa, odd_b, B, even_b),
        mul_add::<I, T>(isa, odd_b, -B, even_b),
        d3,
    ]
}

/// `G^T m`: the adjoint of [`filter`].
#[inline(always)]
pub(super) fn filter_adjoint<I: Isa, T: Real>(isa: I, m: [I::Vector<T>; IN]) -> [I::Vector<T>; 3] {
    let [m0, m1, m2, m3, m4, m5] = m;
    let (sum_a, difference_a) = (isa.vector_add::<T>(m1, m2), isa.vector_sub::<T>(m1, m2));
    let (sum_b, difference_b) = (isa.vector_add::<T>(m3, m4), isa.vector_sub::<T>(m3, m4));
    let first = mul_add::<I, T>(isa, sum_a, 1.0 / M, scaled::<I, T>(isa, sum_b, 1.0 / N));
    [
        mul_add::<I, T>(isa, m0, 1.0 / P, first),
        mul_add::<I, T>(
            isa,
            difference_a,
            A / M,
            scaled::<I, T>(isa, difference_b, B / N),
        ),
        mul_add::<I, T>(isa, sum_a, A2 / M, mul_add::<I, T>(isa, sum_b, B2 / N, m5)),
    ]
}

/// `line` of the rows of a square, then of the columns: `L x L^T`.
#[inline(always)]
pub(super) fn square<V: Copy, const FROM: usize, const TO: usize>(
    zero: V,
    x: &[[V; FROM]; FROM],
    line: impl Fn([V; FROM]) -> [V; TO],
) -> [[V; TO]; TO] {
    // Loops over arrays rather than `array::from_fn`: its closures may be compiled apart, without
    // the instruction set.
    let mut rows = [[zero; TO]; FROM];
    for (to, &from) in rows.iter_mut().zip(x) {
        *to = line(from);
    }
    let mut square = [[zero; TO]; TO];
    for q in 0..TO {
        let mut col = [zero; FROM];
        for (to, from) in col.iter_mut().zip(&rows) {
            *to = from[q];
        }
        for (to, value) in square.iter_mut().zip(line(col)) {
            to[q] = value;
        }
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Portable;

    /// The columns of the matrix of a transform.
    fn columns<const FROM: usize, const TO: usize>(
        line: impl Fn([[f64; 4]; FROM]) -> [[f64; 4]; TO],
    ) -> [[f64; TO]; FROM] {
        std::array::from_fn(|j| {
            let unit = std::array::from_fn(|i| [f64::from(u8::from(i == j)); 4]);
            line(unit).map(|lanes| lanes[0])
        })
    }

    #[test]
    fn the_transforms_are_a_convolution_and_amplify_as_stated() {
        let b = columns::<IN, IN>(|x| input::<Portable, f64>(Portable, x));
        let g = columns::<3, IN>(|w| filter::<Portable, f64>(Portable, w));
        let a = columns::<IN, OUT>(|m| output::<Portable, f64>(Portable, m));
        let mut kappa = 0.0_f64;
        let size = |k: usize| b.iter().map(|column| column[k].abs()).sum::<f64>();
        for (i, u) in (0..OUT).flat_map(|i| (0..3).map(move |u| (i, u))) {
            // y[i] takes x[j] times w[u] where j = i + u.
            for (j, b) in b.iter().enumerate() {
                let found: f64 = (0..IN).map(|k| a[k][i] * g[u][k] * b[k]).sum();
                let expected = f64::from(u8::from(j == i + u));
                assert!((found - expected).abs() < 1e-14, "{i} {u} {j}: {found}");
            }
            kappa = kappa.max((0..IN).map(|k| (a[k][i] * g[u][k]).abs() * size(k)).sum());
        }
        assert!(kappa * kappa <= AMPLIFICATION && AMPLIFICATION < 1.01 * kappa * kappa);
    }

    #[test]
    fn the_adjoints_are_the_transposed_matrices() {
        let g = columns::<3, IN>(|w| filter::<Portable, f64>(Portable, w));
        let a = columns::<IN, OUT>(|m| output::<Portable, f64>(Portable, m));
        let g_adjoint = columns::<IN, 3>(|m| filter_adjoint::<Portable, f64>(Portable, m));
        let a_adjoint = columns::<OUT, IN>(|d| output_adjoint::<Portable, f64>(Portable, d));
        let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-15 * a.abs(), "{a} and {b}");
        for k in 0..IN {
            (0..3).for_each(|u| near(g[u][k], g_adjoint[k][u]));
            (0..OUT).for_each(|i| near(a[k][i], a_adjoint[i][k]));
        }
    }
}
