//! Arrays of parameters.

/// The numbers of an array, in the type in which a file has them: half the memory of one type for all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Numbers {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Numbers {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// The number at a place; 0 where there is none.
    pub(crate) fn at(&self, place: usize) -> f64 {
        match self {
            Self::F32(values) => values.get(place).map_or(0.0, |&value| f64::from(value)),
            Self::F64(values) => values.get(place).copied().unwrap_or(0.0),
        }
    }

    /// The numbers at `places`, in this order.
    pub(crate) fn picked(&self, places: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::F32(values) => Self::F32(places.map(|at| values[at]).collect()),
            Self::F64(values) => Self::F64(places.map(|at| values[at]).collect()),
        }
    }

    /// Changes each number, given its place.
    pub(crate) fn change(&mut self, change: impl Fn(usize, f64) -> f64) {
        match self {
            #[allow(clippy::cast_possible_truncation)]
            // rounding to the nearest f32 is what is asked for
            Self::F32(values) => {
                for (at, value) in values.iter_mut().enumerate() {
                    *value = change(at, f64::from(*value)) as f32;
                }
            }
            Self::F64(values) => {
                for (at, value) in values.iter_mut().enumerate() {
                    *value = change(at, *value);
                }
            }
        }
    }

    /// The numbers of an array of these extents, its axes in the order `axes`: axis `i` of the result is axis `axes[i]`.
    ///
    /// # Panics
    /// When the extents are not those of the numbers, or the axes not an order of them.
    pub(crate) fn transposed(&self, extents: &[usize], axes: &[usize]) -> Self {
        let mut strides = vec![1; extents.len()];
        for axis in (1..extents.len()).rev() {
            strides[axis - 1] = strides[axis] * extents[axis];
        }
        let all: usize = extents.iter().product();
        assert_eq!(all, self.len(), "an array of {extents:?}");
        let (ends, steps): (Vec<usize>, Vec<usize>) = axes
            .iter()
            .map(|&axis| (extents[axis], strides[axis]))
            .unzip();
        let mut counter = vec![0; axes.len()];
        let mut place = 0;
        let places = (0..all).map(move |_| {
            let now = place;
            for axis in (0..counter.len()).rev() {
                counter[axis] += 1;
                place += steps[axis];
                if counter[axis] < ends[axis] {
                    break;
                }
                place -= steps[axis] * ends[axis];
                counter[axis] = 0;
            }
            now
        });
        self.picked(places)
    }
}

/// An array of a layer, in Stepnet's layout.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Array {
    /// Its name in the layer, such as `weight`.
    pub(crate) name: &'static str,
    /// Its numbers, row-major.
    pub(crate) numbers: Numbers,
}

impl Array {
    /// An array of a layer.
    pub(crate) fn new(name: &'static str, numbers: Numbers) -> Self {
        Self { name, numbers }
    }

    /// An array of `f64` numbers, stored as `f32` where they come from there.
    pub(crate) fn of(name: &'static str, values: Vec<f64>) -> Self {
        Self::new(name, Numbers::F64(values))
    }
}
