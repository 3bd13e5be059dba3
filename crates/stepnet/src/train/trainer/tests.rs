use super::*;
use crate::data;
use crate::nn::Init;

fn trainer() -> Trainer<f32> {
    let text = "flatten -> linear(8) -> relu -> dropout(0.3) -> linear(10) -> softmax";
    let mut network = Network::new(text, [8, 8, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    let options = TrainOptions {
        epochs: 2,
        batch: super::super::BatchSize::Examples(100),
        ..TrainOptions::default()
    };
    Trainer::new(network, preprocessing, options, 1797).unwrap()
}

#[test]
fn an_epoch_that_was_broken_off_goes_on_where_it_stopped() {
    let digits = data::digits();
    let (mut whole, mut parts) = (trainer(), trainer());
    for epoch in 0..2 {
        let end = whole.epoch(&digits, |_| ControlFlow::Continue(())).unwrap();
        let mut calls = 0;
        let last = loop {
            let part = parts
                .epoch(&digits, |progress| match progress.step % 7 {
                    0 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                })
                .unwrap();
            calls += 1;
            if !part.interrupted {
                break part;
            }
            assert_eq!(parts.position().step, 7 * calls);
        };
        assert_eq!(calls, 3, "18 steps, broken off after 7 and 14");
        // All but the time.
        assert_eq!(
            (last.scores, last.learning_rate),
            (end.scores, end.learning_rate)
        );
        assert_eq!(parts.position().epoch, epoch + 1);
    }
    assert!(whole.network().parameters() == parts.network().parameters());
}

#[test]
fn fitting_runs_the_epochs_that_are_left() {
    let digits = data::digits();
    let (mut epochs, mut fitted) = (trainer(), trainer());
    for _ in 0..2 {
        epochs
            .epoch(&digits, |_| ControlFlow::Continue(()))
            .unwrap();
    }
    fitted.epoch(&digits, |_| ControlFlow::Break(())).unwrap();
    let mut seen = Vec::new();
    fitted.fit(&digits, |end| seen.push(end.epoch)).unwrap();
    assert_eq!(seen, [0, 1]);
    assert_eq!(fitted.network().parameters(), epochs.network().parameters());
    fitted.fit(&digits, |_| panic!("no epoch is left")).unwrap();

    let evaluation = fitted.evaluate(&digits).unwrap();
    let network = fitted.network().clone();
    let model = fitted.into_model(&digits);
    assert_eq!(model.classes, digits.classes());
    assert_eq!(model.network.parameters(), network.parameters());
    let again = evaluate(&model.network, &digits, &model.preprocessing).unwrap();
    assert_eq!(again, evaluation);
}

#[test]
fn a_break_at_the_last_step_is_none() {
    let mut trainer = trainer();
    let end = trainer
        .epoch(&data::digits(), |progress| {
            if progress.step == progress.steps {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(!end.interrupted);
    assert_eq!(trainer.position().epoch, 1);
}

/// The weights after two epochs with these settings, and the bits of the losses.
fn run(augment: &str, balance: Balance, workers: usize) -> (Vec<f32>, Vec<u64>) {
    let mut trainer = trainer();
    trainer.options.augmentation = augment.parse().unwrap();
    trainer.options.balance = balance;
    trainer.options.workers = Some(workers);
    let data = data::digits()
        .subset(&(0..430).collect::<Vec<_>>())
        .unwrap();
    let losses = [0; 2].map(|_| {
        let end = trainer.epoch(&data, |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(end.scores.examples, 430);
        end.scores.loss.to_bits()
    });
    (
        trainer.into_network().parameters().to_vec(),
        losses.to_vec(),
    )
}

#[test]
fn workers_and_threads_do_not_change_a_bit() {
    let augment = "flip, crop(1), rotate(10), jitter(0.2), cutout(3), mixup(0.2)";
    for (augment, balance) in [
        ("", Balance::None),
        (augment, Balance::None),
        (augment, Balance::Sampling),
    ] {
        let alone = run(augment, balance, 0);
        for workers in [1, 2, 4] {
            for threads in [1, 2, 4] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let other = pool.unwrap().install(|| run(augment, balance, workers));
                assert!(
                    alone == other,
                    "{augment}, {balance}, {workers} workers, {threads} threads"
                );
            }
        }
    }
    assert!(run("flip", Balance::None, 1) != run("", Balance::None, 1));
    assert!(run("mixup(0.2)", Balance::None, 1) != run("", Balance::None, 1));
    assert!(run("", Balance::Sampling, 1) != run("", Balance::None, 1));
}

#[test]
fn an_augmentation_that_does_not_fit_the_pictures_is_refused() {
    let network = Network::<f32>::new("flatten -> linear(2) -> softmax", [8, 8, 1]).unwrap();
    let options = TrainOptions {
        augmentation: "cutout(9)".parse().unwrap(),
        ..TrainOptions::default()
    };
    let preprocessing = Preprocessing::scaled(8, 8, 1, 16.0);
    let message = Trainer::new(network, preprocessing, options, 10)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("cutout(9)") && message.contains("at most 8"),
        "{message}"
    );
}

#[test]
fn a_rate_that_is_set_is_the_rate_of_all_later_steps() {
    let digits = data::digits();
    let mut trainer = trainer();
    let rates = |trainer: &mut Trainer<f32>| {
        let mut rates = Vec::new();
        let observed = trainer.epoch(&digits, |progress| {
            rates.push(progress.learning_rate);
            ControlFlow::Continue(())
        });
        observed.unwrap();
        rates
    };
    let first = trainer.learning_rate(digits.len());
    let scheduled = rates(&mut trainer);
    assert_eq!(scheduled.first(), Some(&first));
    assert_ne!(scheduled.last(), Some(&first), "the schedule is a cosine");
    trainer.set_learning_rate(0.004).unwrap();
    assert_eq!(trainer.learning_rate(digits.len()), 0.004);
    assert_eq!(rates(&mut trainer), [0.004; 18]);
    for wrong in [0.0, -1.0, f64::NAN] {
        assert!(trainer.set_learning_rate(wrong).is_err(), "{wrong}");
    }
    assert_eq!(trainer.learning_rate(digits.len()), 0.004);
}
