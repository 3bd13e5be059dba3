use super::*;
use crate::Real;
use crate::testing::assert_bits;

/// Two vectors of numbers, and one after the other every operation of vectors on them.
struct Operations<'a, T> {
    a: &'a [T],
    b: &'a [T],
}

/// The results by operation, and indices selected where `a > b`.
struct Results<T> {
    values: Vec<(&'static str, Vec<T>)>,
    indices: Vec<u32>,
}

impl<T: Real> Kernel for Operations<'_, T> {
    type Output = Results<T>;
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> Results<T> {
        let lanes = I::lanes::<T>();
        let mut values: Vec<(&'static str, Vec<T>)> = NAMES.map(|name| (name, Vec::new())).into();
        let mut indices = Vec::new();
        for (at, (a, b)) in self.a.chunks(lanes).zip(self.b.chunks(lanes)).enumerate() {
            let (x, y) = (isa.load_part(a), isa.load_part(b));
            let (greater, same, nan) = (isa.greater(x, y), isa.same(x, y), isa.is_nan(x));
            let results = [
                isa.vector_add(x, y),
                isa.vector_sub(x, y),
                isa.vector_mul(x, y),
                isa.vector_div(x, y),
                isa.vector_max(x, y),
                isa.select(greater, x, y),
                isa.select(nan, y, x),
                isa.select_or_zero(same, x),
            ];
            for ((_, values), result) in values.iter_mut().zip(results) {
                let mut whole = vec![T::nan(); a.len()];
                isa.store_part(&mut whole, result);
                values.extend(whole);
            }
            let first = FIRST.wrapping_add((at * lanes) as u32);
            let [lanes_from_zero, start] = [isa.indices_from::<T>(0), isa.splat_index::<T>(first)];
            let own = isa.add_indices::<T>(start, lanes_from_zero);
            let others = isa.indices_from::<T>(0);
            let mut whole = vec![u32::MAX; a.len()];
            isa.store_indices::<T>(&mut whole, isa.select_indices(greater, own, others));
            indices.extend(whole);
        }
        Results { values, indices }
    }
}

const NAMES: [&str; 8] = [
    "add",
    "sub",
    "mul",
    "div",
    "max",
    "select where greater",
    "select where NaN",
    "or zero where the same",
];

/// Indices wrap after a few.
const FIRST: u32 = u32::MAX - 20;

fn check<T: Real>(len: usize) {
    let some = [
        -T::zero(),
        T::nan(),
        T::one(),
        T::zero(),
        T::infinity(),
        T::from_f64(-2.5),
        T::neg_infinity(),
    ];
    let a: Vec<T> = some.iter().copied().cycle().take(len).collect();
    let b: Vec<T> = (0..len).map(|i| some[i / 7 % 7]).collect();
    let zero = T::zero();
    let exact: [fn(T, T, T) -> T; 8] = [
        |a, b, _| a + b,
        |a, b, _| a - b,
        |a, b, _| a * b,
        |a, b, _| a / b,
        |a, b, _| if a > b { a } else { b },
        |a, b, _| if a > b { a } else { b },
        |a, b, _| if a.is_nan() { b } else { a },
        |a, b, zero| {
            if a == b || (a.is_nan() && b.is_nan()) {
                a
            } else {
                zero
            }
        },
    ];
    for set in InstructionSet::all() {
        let found = set.run(Operations { a: &a, b: &b });
        for ((name, values), exact) in found.values.iter().zip(exact) {
            let pairs = a.iter().zip(&b);
            let exact: Vec<T> = pairs.map(|(&a, &b)| exact(a, b, zero)).collect();
            eprintln!("{name} on {}", set.name());
            assert_bits(values, &exact);
        }
        let lanes = set.lanes::<T>();
        for (at, &index) in found.indices.iter().enumerate() {
            let expected = match a[at] > b[at] {
                true => FIRST.wrapping_add(at as u32),
                false => (at % lanes) as u32,
            };
            assert_eq!(index, expected, "at {at} of {len} on {}", set.name());
        }
    }
}

#[test]
fn operations_of_vectors_are_those_of_numbers_on_every_instruction_set() {
    // The ends of vectors of every width, and all pairs of the numbers.
    for len in (0..20).chain([49, 64]) {
        check::<f32>(len);
        check::<f64>(len);
    }
}
