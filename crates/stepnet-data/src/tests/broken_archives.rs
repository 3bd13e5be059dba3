//! Archives that broke off.

use super::archives::{archive, pack, written};
use super::failure;
use crate::Result;
use crate::{OpenOptions, Opened, open};

/// The header of a grey PNG of 2x2 and all that it needs.
fn png(value: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = image::GrayImage::from_pixel(2, 2, image::Luma([value]));
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn opened(name: &str, bytes: &[u8]) -> Result<Opened> {
    let (_folder, path) = written(name, bytes);
    open(path, &OpenOptions::default())
}

#[test]
fn an_archive_that_broke_off_is_an_error_and_one_without_its_end_mark_a_note() {
    let whole = archive(&[
        ("a/1.png", png(1)),
        ("b/1.png", png(2)),
        ("b/readme.txt", vec![b'x'; 700]),
    ]);
    let end = whole.len() - 1024;
    assert!(whole[end..].iter().all(|&byte| byte == 0));
    for (kind, form) in [
        ("tar", (|bytes| bytes.to_vec()) as fn(&[u8]) -> Vec<u8>),
        ("tgz", pack),
    ] {
        let notes = opened("x", &form(&whole)).unwrap().notes;
        assert!(
            notes.iter().all(|note| !note.contains("end mark")),
            "{kind}: {notes:?}"
        );
        for length in [end, end + 512] {
            let opened = opened("x", &form(&whole[..length])).unwrap();
            let noted = opened
                .notes
                .iter()
                .any(|note| note.contains("has no end mark"));
            assert_eq!(
                (opened.data.len(), noted),
                (2, length == end),
                "{kind}: {length}"
            );
        }
        // In the padding, in the content, in the header of the last file.
        for length in [end - 1, end - 324, end - 600, end - 1024 - 400] {
            failure(opened("x", &form(&whole[..length])), &["/x"]);
        }
        failure(opened("x", &form(&whole[..end - 1])), &["/x"]);
    }
    // A folder announced at the end, of which nothing came.
    let mut header = tar::Header::new_gnu();
    header.set_path("c/").unwrap();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_size(0);
    header.set_cksum();
    let begun = [&whole[..end], header.as_bytes()].concat();
    failure(opened("x", &begun), &["/x: ", "breaks off", "only begun"]);
    let ended = [&begun[..], &[0; 1024]].concat();
    assert_eq!(opened("x", &ended).unwrap().data.len(), 2);
    let cut = opened("x", &whole[..end - 300]);
    failure(
        cut,
        &["breaks off", &end.to_string(), &(end - 300).to_string()],
    );
}
