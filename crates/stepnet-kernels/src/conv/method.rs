//! The methods, and what was chosen: see `choose`.

use std::fmt;

use crate::decision::Reason;
use crate::simd::InstructionSet;

/// How a pass of a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// The gradients of a pooled convolution, from the winners of its pooling alone.
    Winners,
    /// F(4x4, 3x3), in `f32`: [`super::winograd`].
    Winograd,
    /// Depthwise filters: vectors of channels, tap by tap.
    Channels,
    /// Sums over windows with pixels in the lanes of vectors, for few columns.
    Pixels,
    /// Sums over windows with columns in the lanes of vectors; of the weights gradient, outer products over pixels.
    Windows,
    /// The naive loops.
    Reference,
}

impl Method {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 6] = [
        Self::Winners,
        Self::Winograd,
        Self::Channels,
        Self::Pixels,
        Self::Windows,
        Self::Reference,
    ];

    /// Its name, as `stepnet inspect --methods` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Winners => "winners",
            Self::Winograd => "winograd",
            Self::Channels => "channels",
            Self::Pixels => "pixels",
            Self::Windows => "windows",
            Self::Reference => "reference",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

pub(super) const FORCED: Reason = Reason::Fact("forced");

/// Why a method does not run a type that is [`Real::NAIVE`](crate::Real::NAIVE).
pub(crate) const NAIVE: Reason = Reason::Fact("naive loops alone for this number type");

/// The method of a pass, and the instruction set that its loops run on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) method: Method,
    pub(crate) set: InstructionSet,
    /// The set that was asked for, which is no narrower.
    pub(crate) asked: InstructionSet,
    pub(crate) reason: Reason,
}

impl Choice {
    /// Whether the method was not chosen, but forced.
    pub(super) fn is_forced(&self) -> bool {
        self.reason == FORCED
    }
}
