//! Stopped passes: in a separate process, because stopping concerns all passes of a process.

use std::ops::ControlFlow;

use stepnet::nn::{Init, Network, Preprocessing};
use stepnet::rng::RandomState;
use stepnet::train::{TrainOptions, Trainer, evaluate};
use stepnet::{Error, data, stop};

#[test]
fn a_stopped_step_has_changed_nothing_and_is_made_again() {
    let digits = data::digits();
    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    let trainer = || {
        let text = "conv(2, 3) -> bn -> relu -> dropout(0.2) -> linear(10) -> softmax";
        let mut network = Network::<f32>::new(text, [8, 8, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        let options = TrainOptions::default().epochs(1);
        Trainer::new(network, preprocessing.clone(), options, digits.len()).unwrap()
    };
    let mut whole = trainer();
    whole.epoch(&digits, |_| ControlFlow::Continue(())).unwrap();

    let mut parts = trainer();
    let stopped = parts.epoch(&digits, |progress| {
        if progress.step == 7 {
            stop::request();
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(stopped, Err(Error::Stopped)));
    assert_eq!((parts.position().epoch, parts.position().step), (0, 7));
    let tested = evaluate(parts.network(), &digits, &preprocessing);
    assert!(matches!(tested, Err(Error::Stopped)));

    stop::withdraw();
    parts.epoch(&digits, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(parts.network().hash(), whole.network().hash());
}
