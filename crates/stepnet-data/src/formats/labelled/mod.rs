//! Images with labels, wherever they lie: what folders, archives and lists of files have in common.

pub(crate) mod contents;
pub(crate) mod load;
pub(crate) mod part;
pub(crate) mod parts;
