//! How the axes of a file's array lie on those of a value of the network.
//!
//! A file reshapes and transposes arrays; a network's values are images of height, width and channels, or vectors.
//! Neither operation needs a layer as long as it is known which part of which axis each dimension of the file's array
//! runs through: a dimension is a list of atoms, the slowest first. Flattening `NCHW` gives `[N] [C H W]`, a channel
//! shuffle `[N] [C/g of stride 1, g of stride C/g] [H] [W]`.

use crate::Shape;

/// An axis of a batch of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Batch,
    Height,
    Width,
    /// The channels of an image, or the features of a vector.
    Channel,
}

/// A run through a part of an axis: `size` places, `stride` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) axis: Axis,
    pub(super) stride: usize,
    pub(super) size: usize,
}

/// The dimensions of a file's array, each as the atoms it runs through; one of size 1 has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    dims: Vec<Vec<Atom>>,
}

/// The most dimensions of an array.
const MAX_RANK: usize = 16;

impl View {
    /// The dimensions are whole axes.
    pub(super) fn of(axes: &[(Axis, usize)]) -> Self {
        let dims = axes.iter().map(|&(axis, size)| whole(axis, size)).collect();
        Self { dims }
    }

    /// The usual view of a value: `NCHW`, or `NC` of a vector.
    pub(super) fn usual(batch: usize, shape: Shape) -> Self {
        match shape {
            Shape::Volume {
                height,
                width,
                channels,
            } => Self::of(&[
                (Axis::Batch, batch),
                (Axis::Channel, channels),
                (Axis::Height, height),
                (Axis::Width, width),
            ]),
            Shape::Features(features) => {
                Self::of(&[(Axis::Batch, batch), (Axis::Channel, features)])
            }
        }
    }

    /// `NCHW` even of a vector: its height and width are 1.
    pub(super) fn planes(batch: usize, shape: Shape) -> Self {
        let [height, width, channels] = shape.as_image();
        Self::usual(batch, Shape::volume(height, width, channels))
    }

    /// How many dimensions there are.
    pub(super) fn rank(&self) -> usize {
        self.dims.len()
    }

    /// The extents.
    pub(super) fn extents(&self) -> Vec<usize> {
        self.dims.iter().map(|dim| size(dim)).collect()
    }

    /// The atoms of a dimension.
    pub(super) fn atoms(&self, dim: usize) -> &[Atom] {
        self.dims.get(dim).map_or(&[], Vec::as_slice)
    }

    /// Whether a dimension is exactly a whole axis.
    pub(super) fn is_axis(&self, dim: usize, axis: Axis, extent: usize) -> bool {
        self.dims
            .get(dim)
            .is_some_and(|dim| *dim == whole(axis, extent))
    }

    /// The dimension that has atoms of the channels; `None` if none or several have.
    pub(super) fn channel_dim(&self) -> Option<usize> {
        let has = |dim: &Vec<Atom>| dim.iter().any(|atom| atom.axis == Axis::Channel);
        let mut found = (0..self.rank()).filter(|&dim| has(&self.dims[dim]));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The same array with its dimensions in another order.
    pub(super) fn transposed(&self, order: &[usize]) -> Option<Self> {
        let mut seen = vec![false; self.rank()];
        for &dim in order {
            let seen = seen.get_mut(dim)?;
            if std::mem::replace(seen, true) {
                return None;
            }
        }
        let dims = order.iter().map(|&dim| self.dims[dim].clone()).collect();
        (order.len() == self.rank()).then_some(Self { dims })
    }

    /// The same array in other extents; `None` if a dimension would begin in the middle of an atom that cannot be
    /// divided there.
    pub(super) fn reshaped(&self, extents: &[usize]) -> Option<Self> {
        if extents.len() > MAX_RANK {
            return None;
        }
        let mut rest: Vec<Atom> = self.dims.iter().flatten().rev().copied().collect();
        let mut dims = Vec::with_capacity(extents.len());
        for &extent in extents {
            let mut dim = Vec::new();
            let mut wanted = extent;
            while wanted > 1 {
                let atom = rest.pop()?;
                if wanted.is_multiple_of(atom.size) {
                    dim.push(atom);
                    wanted /= atom.size;
                } else if atom.size.is_multiple_of(wanted) {
                    let inner = atom.size / wanted;
                    dim.push(Atom {
                        stride: atom.stride * inner,
                        size: wanted,
                        ..atom
                    });
                    rest.push(Atom {
                        size: inner,
                        ..atom
                    });
                    wanted = 1;
                } else {
                    return None;
                }
            }
            dims.push(merged(dim));
        }
        rest.is_empty().then_some(Self { dims })
    }

    /// Without the dimensions at `places`, or with them as dimensions of size 1.
    pub(super) fn reduced(&self, places: &[usize], keep: bool) -> Self {
        let mut dims = Vec::new();
        for (place, dim) in self.dims.iter().enumerate() {
            match (places.contains(&place), keep) {
                (true, true) => dims.push(Vec::new()),
                (true, false) => {}
                (false, _) => dims.push(dim.clone()),
            }
        }
        Self { dims }
    }

    /// The same with other atoms for one dimension.
    pub(super) fn with_dim(&self, dim: usize, atoms: Vec<Atom>) -> Self {
        let mut changed = self.clone();
        changed.dims[dim] = merged(atoms);
        changed
    }

    /// The same with other channels, which must be one whole dimension.
    pub(super) fn with_channels(&self, dim: usize, channels: usize) -> Self {
        self.with_dim(dim, whole(Axis::Channel, channels))
    }

    /// The same with a dimension that is another whole axis.
    pub(super) fn with_axis(&self, dim: usize, axis: Axis, extent: usize) -> Self {
        self.with_dim(dim, whole(axis, extent))
    }

    /// If the channels are one dimension that runs through them group by group instead of one after the other, how
    /// many groups those are: what a channel shuffle does.
    pub(super) fn shuffled(&self, channels: usize) -> Option<usize> {
        match self.dims.get(self.channel_dim()?)?.as_slice() {
            [inner, outer]
                if inner.axis == Axis::Channel
                    && outer.axis == Axis::Channel
                    && inner.stride == 1
                    && outer.stride == inner.size
                    && inner.size * outer.size == channels =>
            {
                Some(outer.size)
            }
            _ => None,
        }
    }

    /// For each place of a flattened dimension, its place in a value of the network.
    pub(super) fn places(&self, dim: usize, shape: Shape) -> Vec<usize> {
        let [_, width, channels] = shape.as_image();
        let mut places = vec![0];
        for atom in self.atoms(dim) {
            let step = match atom.axis {
                Axis::Batch => 0,
                Axis::Height => width * channels,
                Axis::Width => channels,
                Axis::Channel => 1,
            };
            let each =
                |&place: &usize| (0..atom.size).map(move |at| place + at * atom.stride * step);
            places = places.iter().flat_map(each).collect();
        }
        places
    }
}

fn whole(axis: Axis, size: usize) -> Vec<Atom> {
    match size {
        1 => Vec::new(),
        size => vec![Atom {
            axis,
            stride: 1,
            size,
        }],
    }
}

fn size(dim: &[Atom]) -> usize {
    dim.iter().map(|atom| atom.size).product()
}

/// Neighbours that go on where the one before them ends are one atom; those of size 1 are none.
fn merged(atoms: Vec<Atom>) -> Vec<Atom> {
    let mut merged: Vec<Atom> = Vec::with_capacity(atoms.len());
    for atom in atoms.into_iter().filter(|atom| atom.size != 1) {
        match merged.last_mut() {
            Some(last) if last.axis == atom.axis && last.stride == atom.stride * atom.size => {
                last.stride = atom.stride;
                last.size *= atom.size;
            }
            _ => merged.push(atom),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposes_cancel_and_reshapes_come_back() {
        let view = View::usual(1, Shape::volume(5, 7, 12));
        assert_eq!(view.extents(), [1, 12, 5, 7]);
        let turned = view.transposed(&[0, 2, 3, 1]).unwrap();
        assert_eq!(turned.extents(), [1, 5, 7, 12]);
        assert_eq!(turned.transposed(&[0, 3, 1, 2]).unwrap(), view);
        let flat = view.reshaped(&[1, 420]).unwrap();
        assert_eq!(flat.reshaped(&[1, 12, 5, 7]).unwrap(), view);
        assert!(flat.reshaped(&[1, 8, 5, 7]).is_none());
        assert!(
            view.reshaped(&[1, 12, 7, 5]).is_none(),
            "not the same places"
        );
        assert!(view.transposed(&[0, 1, 1, 2]).is_none());
    }

    #[test]
    fn a_shuffle_of_channels_is_recognised() {
        let view = View::usual(1, Shape::volume(5, 7, 12));
        let groups = view.reshaped(&[1, 3, 4, 5, 7]).unwrap();
        let swapped = groups.transposed(&[0, 2, 1, 3, 4]).unwrap();
        let back = swapped.reshaped(&[1, 12, 5, 7]).unwrap();
        assert_eq!(back.shuffled(12), Some(3));
        assert_eq!(groups.reshaped(&[1, 12, 5, 7]).unwrap(), view);
        assert_eq!(view.shuffled(12), None);
    }

    #[test]
    fn flattened_places_are_found_again() {
        let shape = Shape::volume(2, 3, 4);
        let flat = View::usual(1, shape).reshaped(&[1, 24]).unwrap();
        let places = flat.places(1, shape);
        for (c, h, w) in
            (0..4).flat_map(|c| (0..2).flat_map(move |h| (0..3).map(move |w| (c, h, w))))
        {
            assert_eq!(places[(c * 2 + h) * 3 + w], (h * 3 + w) * 4 + c);
        }
    }
}
