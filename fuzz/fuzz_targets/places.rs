//! Whatever the text is, a part of an array and a place in a network parse to what they print as, or
//! are refused; and a place that parses is found in a network or refused.
#![no_main]

use stepnet::nn::Network;
use stepnet::see::show;
use stepnet::see::why::{At, Question, Why};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(part) = text.parse::<show::At>() {
        assert_eq!(part.to_string().parse::<show::At>().ok(), Some(part));
    }
    let Ok(at) = text.parse::<At>() else { return };
    assert_eq!(at.to_string().parse::<At>().ok().as_ref(), Some(&at));
    let small = "conv(2, 2) -> relu -> maxpool(2) -> linear(2) -> softmax";
    let network = Network::<f32>::new(small, [5, 4, 1]).expect("a sound network");
    let mut why = Why::new(&network, &[0.5; 20]).expect("an input of its size");
    let question = Question::default().at(Some(at)).gradient(true);
    if let Ok(explanation) = why.explain(&question) {
        assert!(explanation.ok());
        explanation.to_string();
    }
});
