//! The body of an answer, sent piece by piece: a large file is never in memory as a whole.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Bytes, Frame, SizeHint};

use super::listen::Activity;

/// The bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// Bytes, and after them the contents of files.
#[derive(Debug, Default)]
pub(super) struct Body {
    bytes: Bytes,
    files: VecDeque<(PathBuf, u64)>,
    /// The file that is being read, and how much of it is left.
    open: Option<(File, u64)>,
    activity: Option<Activity>,
}

impl Body {
    pub(super) fn of(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: bytes.into(),
            ..Self::default()
        }
    }

    /// The same body and after it the content of a file, of which so many bytes were announced.
    pub(super) fn and(mut self, path: PathBuf, bytes: u64) -> Self {
        self.files.push_back((path, bytes));
        self
    }

    /// Each piece that is taken counts as activity of the connection.
    pub(super) fn watched(mut self, activity: Activity) -> Self {
        self.activity = Some(activity);
        self
    }

    /// The bytes that are left.
    pub(super) fn len(&self) -> u64 {
        let open = self.open.as_ref().map_or(0, |(_, left)| *left);
        let files: u64 = self.files.iter().map(|(_, bytes)| *bytes).sum();
        self.bytes.len() as u64 + open + files
    }

    fn piece(&mut self) -> io::Result<Option<Bytes>> {
        if !self.bytes.is_empty() {
            let piece = self.bytes.len().min(PIECE);
            return Ok(Some(self.bytes.split_to(piece)));
        }
        loop {
            match self.open.take() {
                Some((_, 0)) => {}
                Some((mut file, left)) => {
                    let mut piece = vec![0; left.min(PIECE as u64) as usize];
                    // A file that has become shorter ends the connection: what was announced cannot be sent.
                    let read = file.read(&mut piece)?;
                    if read == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    piece.truncate(read);
                    self.open = Some((file, left - read as u64));
                    return Ok(Some(piece.into()));
                }
                None => match self.files.pop_front() {
                    Some((path, bytes)) => self.open = Some((File::open(path)?, bytes)),
                    None => return Ok(None),
                },
            }
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(activity) = &self.activity {
            activity.seen();
        }
        // Files are on a disk: reading a piece takes no longer than sending it.
        Poll::Ready(self.piece().map(|piece| piece.map(Frame::data)).transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn all(mut body: Body) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        while let Some(piece) = body.piece()? {
            assert!(!piece.is_empty() && piece.len() <= PIECE);
            content.extend_from_slice(&piece);
        }
        Ok(content)
    }

    #[test]
    fn bytes_and_files_come_in_pieces_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let large: Vec<u8> = (0..3 * PIECE + 5).map(|v| (v % 251) as u8).collect();
        let [one, none, two] = ["one", "none", "two"].map(|name| folder.path().join(name));
        fs::write(&one, &large).unwrap();
        fs::write(&none, "").unwrap();
        fs::write(&two, "end").unwrap();
        let body = Body::of(large.clone())
            .and(one, large.len() as u64)
            .and(none, 0)
            .and(two, 3);
        assert_eq!(body.len(), 2 * large.len() as u64 + 3);
        assert_eq!(all(body).unwrap(), [&large[..], &large, b"end"].concat());
    }

    #[test]
    fn a_file_that_changed_gives_no_wrong_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "12345").unwrap();
        // Longer than announced: no more than that is sent.
        assert_eq!(all(Body::default().and(path.clone(), 3)).unwrap(), b"123");
        assert!(all(Body::default().and(path.clone(), 6)).is_err());
        fs::remove_file(&path).unwrap();
        assert!(all(Body::default().and(path, 5)).is_err());
    }
}
