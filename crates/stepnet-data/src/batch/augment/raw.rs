//! Raw values that can be altered: bytes and floating point.

use crate::Element;

/// A raw value of an image.
pub(crate) trait Raw: Copy + Default + Send {
    /// The type that sums of it are computed in.
    type Wide: Element;

    fn wide(self) -> Self::Wide;

    /// The nearest raw value.
    fn of(wide: Self::Wide) -> Self;
}

impl Raw for u8 {
    type Wide = f32;

    #[inline(always)]
    fn wide(self) -> f32 {
        f32::from(self)
    }

    #[inline(always)]
    fn of(wide: f32) -> Self {
        // The cast keeps to 0 and 255.
        (wide + 0.5) as Self
    }
}

impl Raw for f32 {
    type Wide = Self;

    #[inline(always)]
    fn wide(self) -> Self {
        self
    }

    #[inline(always)]
    fn of(wide: Self) -> Self {
        wide
    }
}

impl Raw for f64 {
    type Wide = Self;

    #[inline(always)]
    fn wide(self) -> Self {
        self
    }

    #[inline(always)]
    fn of(wide: Self) -> Self {
        wide
    }
}
