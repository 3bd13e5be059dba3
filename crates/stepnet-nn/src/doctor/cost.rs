//! How far a change is from what was asked for.
//!
//! The doctor suggests the change with the smallest sum; of equal ones the first it tries, which
//! is the one nearest to the layer that does not fit.

/// A mistake with a typical form: height and width swapped, a stride where the padding stands,
/// channels in front, units that are not the number of classes.
pub const SLIP: u32 = 1;

/// `same` padding where every weight of the window meets a pixel: the window stays as it is, and
/// so does the size of what follows.
pub const PADDING: u32 = 2;

/// Another number in the layer's place: the largest window or dilation that fits, the nearest
/// groups or filters that divide.
pub const ARGUMENT: u32 = 3;

/// A group repeated less often.
pub const REPEAT: u32 = 4;

/// A layer put in, left out, or moved.
pub const STRUCTURE: u32 = 5;

/// `same` padding although some weights of the window never meet a pixel.
pub const IDLE: u32 = 6;

/// A change of a layer before the one that does not fit; each layer further away adds one.
pub const EARLIER: u32 = 7;

/// An input of another size.
pub const INPUT: u32 = 10;

/// Halvings of a number, where a network asks for too much; each further halving adds one.
pub const HALVED: u32 = 20;
