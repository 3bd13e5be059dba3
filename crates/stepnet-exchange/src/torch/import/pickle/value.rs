//! What a pickle is made of here: handles into an arena, so that repeated and circular references cost nothing.

use std::ops::Range;

/// A value of a pickle. Texts and bytes lie in the input; everything else of size lies in the arena.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A whole number beyond 64 bits, or a real number: neither has a place in what is read.
    OtherNumber,
    /// Where the text lies in the input.
    Text(Range<usize>),
    /// An object, by its number in the arena.
    Object(usize),
}

/// An object that values refer to.
#[derive(Debug, Clone)]
pub(crate) enum Object {
    /// A list, a tuple or a set.
    Sequence(Vec<Value>),
    /// A dictionary, in order.
    Dict(Vec<(Value, Value)>),
    /// A name that the pickle asks for. It is never looked up anywhere but in the table of known names.
    Global {
        module: Range<usize>,
        name: Range<usize>,
    },
    /// A run of numbers in the file.
    Storage(StorageRef),
    /// A tensor over such a run.
    Tensor(TensorRef),
    /// An object of a class that is not known: its parts can be looked at, nothing of it is run.
    Instance {
        /// The class: an object that is a global.
        class: usize,
        /// Its attributes.
        state: Value,
        /// Its entries, if it is a kind of dictionary.
        items: Vec<(Value, Value)>,
    },
}

/// A storage as a pickle names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StorageRef {
    /// The name of the element type, such as `FloatStorage`; a range of the input.
    pub(crate) element: Range<usize>,
    /// The name of its file in the archive, or its key among the storages that follow.
    pub(crate) key: Range<usize>,
    /// How many elements it has.
    pub(crate) count: usize,
    /// The part of it that is meant: the first element, and how many.
    pub(crate) part: Option<[usize; 2]>,
}

/// A tensor as a pickle describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TensorRef {
    pub(crate) storage: StorageRef,
    /// The name of the element type where the storage has none, such as `float32`.
    pub(crate) element: Option<Range<usize>>,
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}
