//! Where the numbers of a file are.

/// How the names of storages lead to their bytes.
pub(super) trait Storages {
    /// Where the storage with this key begins in the file, and how many bytes it has there at most.
    fn place(&self, key: &str) -> Option<(usize, usize)>;

    /// Whether numbers are in the order of large machines.
    fn big_endian(&self) -> bool;
}
