//! The page of findings.

use stepnet::data::{Dataset, Images, Values};

use crate::{ExamineOptions, Source, Survey, examine};

#[test]
fn the_page_shows_each_finding_and_loads_nothing() {
    let image = |value: u8| (0..64_u32).map(move |at| (at as u8).wrapping_mul(value));
    let values = [3, 7, 3, 5].into_iter().flat_map(image).collect();
    let images = Images::new([8, 8, 1], Values::U8(values)).unwrap();
    let classes = vec!["<b>".to_owned(), "dog".to_owned()];
    let data = Dataset::new(images, vec![0, 1, 1, 0], classes).unwrap();
    let source = Source::new(&data, None, 255.0);
    let options = ExamineOptions::default();
    let found = examine(&source, &Survey::default(), &options).unwrap();
    assert_eq!(found.problems(), 2);
    let page = found.page(&source, "my & data").unwrap();
    assert!(page.contains("<h1>Examination: my &amp; data</h1>"));
    assert!(page.contains("2 images under more than one class"));
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>"));
    assert_eq!(page.matches("<img src=\"data:image/png;base64,").count(), 4);
    assert!(!page.contains("http://") && !page.contains("https://"));
}
