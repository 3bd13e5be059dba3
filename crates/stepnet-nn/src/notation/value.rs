//! The values of a layer's arguments.

use std::fmt;

use super::NetworkText;

/// The largest number the notation takes: 2^31.
pub const LARGEST_NUMBER: usize = 1 << 31;

/// A number of filters or units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Count {
    /// A number given in the text.
    Number(usize),
    /// The word `classes`: the number of classes of the data, known once the data is.
    Classes,
}

impl Count {
    /// The number, or `None` for `classes` that [`super::resolve_classes`] has not replaced yet.
    pub fn number(self) -> Option<usize> {
        match self {
            Self::Number(number) => Some(number),
            Self::Classes => None,
        }
    }
}

/// How the border of an image is padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaddingText {
    /// As much as makes the output `ceil(n / stride)`; an odd rest goes to the bottom and right.
    Same,
    /// None. Four sides of zero are this, too.
    Valid,
    /// Rows and columns of zeros on each side.
    Sides {
        /// Rows above.
        top: usize,
        /// Rows below.
        bottom: usize,
        /// Columns to the left.
        left: usize,
        /// Columns to the right.
        right: usize,
    },
}

impl PaddingText {
    /// `height` rows above and below, `width` columns left and right.
    pub fn symmetric(height: usize, width: usize) -> Self {
        Self::Sides {
            top: height,
            bottom: height,
            left: width,
            right: width,
        }
    }

    /// The one spelling of this padding: no padding is always [`PaddingText::Valid`].
    pub(super) fn canonical(self) -> Self {
        if self == Self::symmetric(0, 0) {
            Self::Valid
        } else {
            self
        }
    }
}

/// The value of an argument, for code that builds texts and for defaults.
///
/// A [`Value::Count`] stands for a pair, a padding or a number too where the parameter is one,
/// as `3` does in a text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A whole number, or `classes`.
    Count(Count),
    /// Height and width.
    Pair([usize; 2]),
    /// Any number.
    Number(f64),
    /// `true` or `false`.
    Flag(bool),
    /// `same`, `valid`, or rows and columns.
    Padding(PaddingText),
    /// One of a few words.
    Word(String),
    /// A network, or several side by side.
    Networks(Vec<NetworkText>),
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Count(Count::Number(number))
    }
}

impl From<Count> for Value {
    fn from(count: Count) -> Self {
        Self::Count(count)
    }
}

impl From<[usize; 2]> for Value {
    fn from(pair: [usize; 2]) -> Self {
        Self::Pair(pair)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<PaddingText> for Value {
    fn from(padding: PaddingText) -> Self {
        Self::Padding(padding)
    }
}

impl From<&str> for Value {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

impl From<NetworkText> for Value {
    fn from(network: NetworkText) -> Self {
        Self::Networks(vec![network])
    }
}

impl From<Vec<NetworkText>> for Value {
    fn from(networks: Vec<NetworkText>) -> Self {
        Self::Networks(networks)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Classes => f.write_str("classes"),
        }
    }
}

impl fmt::Display for PaddingText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Same => f.write_str("same"),
            Self::Valid => f.write_str("valid"),
            Self::Sides {
                top,
                bottom,
                left,
                right,
            } => {
                if top != bottom || left != right {
                    write!(f, "{top}/{bottom}/{left}/{right}")
                } else {
                    write_pair(f, [top, left])
                }
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Pair(pair) => write_pair(f, *pair),
            Self::Number(number) => write_number(f, *number),
            Self::Flag(flag) => flag.fmt(f),
            Self::Padding(padding) => padding.fmt(f),
            Self::Word(word) => f.write_str(word),
            Self::Networks(networks) => {
                for (i, network) in networks.iter().enumerate() {
                    let separator = if i > 0 { " | " } else { "" };
                    write!(f, "{separator}{network}")?;
                }
                Ok(())
            }
        }
    }
}

/// `3` for equal sides, else `3x5`: height, then width.
fn write_pair(f: &mut fmt::Formatter<'_>, [height, width]: [usize; 2]) -> fmt::Result {
    if height == width {
        write!(f, "{height}")
    } else {
        write!(f, "{height}x{width}")
    }
}

/// The shortest digits that read back as the same number; an exponent where those would be many.
fn write_number(f: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    if number != 0.0 && number.abs() < 1e-4 {
        write!(f, "{number:e}")
    } else {
        write!(f, "{number}")
    }
}
