//! A layer's numbers: their names, shapes and first values.

/// How the values of a parameter start.
///
/// Exhaustive, so that the compiler finds every place that a new start concerns: adding one is a breaking change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start {
    /// Drawn by the network's [`Init`](crate::Init) rule.
    Drawn {
        /// How many inputs feed one output.
        fan_in: usize,
        /// How many outputs one input feeds.
        fan_out: usize,
    },
    /// Every value the same; nothing is drawn.
    Constant(f64),
}

/// One array of a layer's numbers, trainable or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name inside the layer: `weight`, `bias`, ...
    pub name: &'static str,
    /// Its extents, row-major.
    pub shape: Vec<usize>,
    /// How its values start.
    pub start: Start,
    /// Whether L2 and weight decay act on it (weights: yes, biases: no).
    pub decays: bool,
    /// Whether updates change its numbers. Those that are not trainable, such as running statistics, are stored,
    /// copied and counted like the others, but no update, decay, clipping or gradient check touches them:
    /// [`Layer::after_step`](super::Layer::after_step) moves them. Their gradients are zeros, written by the
    /// layer.
    pub trainable: bool,
}

impl Parameter {
    /// A drawn array that decays.
    pub fn weight(shape: Vec<usize>, fan_in: usize, fan_out: usize) -> Self {
        Self {
            name: "weight",
            shape,
            start: Start::Drawn { fan_in, fan_out },
            decays: true,
            trainable: true,
        }
    }

    /// A vector of zeros that does not decay.
    pub fn bias(len: usize) -> Self {
        Self::constant("bias", len, 0.0)
    }

    /// A trainable vector that starts as a constant and does not decay.
    pub fn constant(name: &'static str, len: usize, start: f64) -> Self {
        Self {
            name,
            shape: vec![len],
            start: Start::Constant(start),
            decays: false,
            trainable: true,
        }
    }

    /// A vector that starts as a constant and is not trainable: [`Layer::after_step`](super::Layer::after_step) moves it.
    pub fn running(name: &'static str, len: usize, start: f64) -> Self {
        Self {
            trainable: false,
            ..Self::constant(name, len, start)
        }
    }

    /// How many numbers it holds.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
