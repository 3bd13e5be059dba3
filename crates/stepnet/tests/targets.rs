//! Networks that learn numbers and labels: trained, evaluated, saved, refused, taken apart.

use std::ops::ControlFlow;

use stepnet::data::{Dataset, Images, Targets, Values};
use stepnet::nn::{Loss, Model, ModelFile, Network, Registry, TargetScale, Task};
use stepnet::optim::Schedule;
use stepnet::see::why::{Question, Why};
use stepnet::train::{Checkpoint, Measures, TrainingState, evaluate};
use stepnet::{Init, Predictor, Preprocessing, RandomState, TrainOptions, Trainer, task_for};

const SIDE: usize = 4;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn images(count: usize, seed: u32) -> (Images, Vec<f64>) {
    let mut random = RandomState::new(seed);
    let values: Vec<f64> = (0..count * SIDE * SIDE).map(|_| random.uniform()).collect();
    let images = Images::new([SIDE, SIDE, 1], Values::F64(values.clone())).unwrap();
    (images, values)
}

/// The brightness of the left and of the right half, in other units.
fn halves(count: usize, seed: u32) -> Dataset {
    let (images, values) = images(count, seed);
    let sides = |image: &[f64]| {
        let side = |right: bool| -> f64 {
            let pixels = image.iter().enumerate();
            let own = pixels.filter(|(at, _)| (at % SIDE >= SIDE / 2) == right);
            own.map(|(_, value)| value).sum()
        };
        [1000.0 * side(false), 7.0 - 0.01 * side(true)]
    };
    let values = values.chunks(SIDE * SIDE).flat_map(sides).collect();
    let names = names(&["left", "right"]);
    Dataset::with_targets(images, Targets::Numbers { values, names }).unwrap()
}

/// Whether the left half is bright, and whether the right one is.
fn bright(count: usize, seed: u32) -> Dataset {
    let data = halves(count, seed);
    let Targets::Numbers { values, .. } = data.targets() else {
        panic!("halves are numbers");
    };
    let marks = values.chunks(2);
    let marks = marks.flat_map(|row| [u8::from(row[0] > 4000.0), u8::from(row[1] < 6.96)]);
    let targets = Targets::Labels {
        marks: marks.collect(),
        names: names(&["left", "right"]),
    };
    Dataset::with_targets(data.images().clone(), targets).unwrap()
}

fn network(text: &str, data: &Dataset, loss: Option<Loss>) -> Network<f64> {
    let mut builder = Network::builder().output_names(data.classes());
    if let Some(loss) = loss {
        builder = builder.loss(loss);
    }
    let mut network = builder.build(text, [SIDE, SIDE, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    network
}

fn preprocessing(task: Task) -> Preprocessing {
    Preprocessing::scaled(SIDE, SIDE, 1, 1.0).task(task)
}

fn trainer(text: &str, data: &Dataset, loss: Option<Loss>, epochs: usize) -> Trainer<f64> {
    let network = network(text, data, loss);
    let task = task_for(&network, data);
    let options = TrainOptions::default().epochs(epochs).learning_rate(0.03);
    Trainer::new(network, preprocessing(task), options, data.len()).unwrap()
}

#[test]
fn numbers_of_very_different_units_are_learnt_and_told_in_their_units() {
    let (train, test) = (halves(400, 1), halves(200, 2));
    for loss in [Loss::MeanSquaredError, Loss::MeanAbsoluteError, Loss::Huber] {
        let mut trainer = trainer("linear(outputs)", &train, Some(loss), 150);
        trainer.fit(&train, |_| {}).unwrap();
        let evaluation = trainer.evaluate(&test).unwrap();
        let Measures::Numbers(tally) = &evaluation.measures else {
            panic!("numbers have the measures of numbers");
        };
        let metrics = tally.metrics();
        assert!(metrics.mean.r2 > 0.99, "{loss}: {metrics:?}");
        assert_eq!(evaluation.score().accuracy, metrics.mean.r2);
        // The first is in thousands, the second in hundredths.
        assert!(metrics.outputs[0].mae < 100.0 && metrics.outputs[1].mae < 0.01);
        let model = trainer.into_model(&train);
        assert_eq!(model.classes, ["left", "right"]);
        // As it is read from a file, and by way of a predictor.
        let bytes = model.to_bytes().unwrap();
        let file = ModelFile::from_bytes("a test".as_ref(), &bytes).unwrap();
        let read: Model<f64> = file.model(Registry::builtin()).unwrap();
        assert_eq!(read.preprocessing, model.preprocessing);
        assert_eq!(read.network.loss(), loss);
        let mut x = vec![0.0; SIDE * SIDE];
        test.fill_batch(&[3], &read.preprocessing, &mut x).unwrap();
        let mut y = [0.0; 2];
        let predictor = Predictor::new(&read).unwrap();
        predictor.predict_into(&x, &mut y).unwrap();
        read.restore(&mut y);
        for (output, y) in y.into_iter().enumerate() {
            let (_, told) = tally.pairs(output).nth(3).unwrap();
            assert!((y - told).abs() < 1e-9 * told.abs(), "{y} {told}");
        }
    }
}

#[test]
fn a_closing_activation_keeps_its_targets_as_they_are() {
    let (images, values) = images(50, 3);
    let values: Vec<f64> = values.chunks(SIDE * SIDE).map(|image| image[5]).collect();
    let names = names(&["share"]);
    let targets = Targets::Numbers { values, names };
    let data = Dataset::with_targets(images, targets).unwrap();
    let loss = Some(Loss::MeanSquaredError);
    let closed = network("linear(1) -> sigmoid", &data, loss);
    assert_eq!(
        task_for(&closed, &data),
        Task::Numbers(TargetScale::default())
    );
    let open = network("linear(1)", &data, None);
    assert_eq!(task_for(&open, &data), data.task());
}

#[test]
fn several_labels_are_learnt() {
    let (train, test) = (bright(600, 1), bright(300, 2));
    let mut trainer = trainer("linear(outputs) -> sigmoid", &train, None, 150);
    trainer.fit(&train, |_| {}).unwrap();
    let evaluation = trainer.evaluate(&test).unwrap();
    let Measures::Labels(tally) = &evaluation.measures else {
        panic!("labels have the measures of labels");
    };
    let metrics = tally.metrics();
    assert!(metrics.mean_average_precision > 0.97, "{metrics:?}");
    assert!(metrics.subset_accuracy > 0.8, "{metrics:?}");
    assert_eq!(evaluation.score().accuracy, metrics.mean_average_precision);
    assert!(evaluation.tally().is_none() && evaluation.class_accuracies().is_empty());
}

#[test]
fn parts_of_a_training_on_numbers_are_the_whole_by_way_of_a_file() {
    let train = halves(100, 1);
    let text = "linear(8) -> relu -> linear(outputs)";
    let run = |network: Network<f64>, epochs: usize, state: Option<&TrainingState<f64>>| {
        let task = task_for(&network, &train);
        let options = TrainOptions::default()
            .epochs(epochs)
            .schedule(Schedule::Constant);
        let mut trainer = Trainer::new(network, preprocessing(task), options, 100).unwrap();
        if let Some(state) = state {
            trainer.go_on(state).unwrap();
        }
        for _ in 0..epochs {
            trainer
                .epoch(&train, |_| ControlFlow::Continue(()))
                .unwrap();
        }
        let state = trainer.state().unwrap();
        (trainer.into_model(&train), state)
    };
    let begin = || network(text, &train, Some(Loss::Huber));
    let (whole, _) = run(begin(), 3, None);
    let (first, state) = run(begin(), 1, None);
    let bytes = state.to_bytes(&first).unwrap();
    let file = ModelFile::from_bytes("a test".as_ref(), &bytes).unwrap();
    let checkpoint = Checkpoint::<f64>::of_file(&file, Registry::builtin()).unwrap();
    let (model, state) = TrainingState::of_checkpoint(checkpoint);
    assert_eq!(model.preprocessing.task, train.task());
    let (parts, _) = run(model.network, 2, state.as_ref());
    assert!(whole.network.parameters() == parts.network.parameters());
}

#[test]
fn what_does_not_go_together_is_refused_in_a_line() {
    let refused = |result: stepnet::Result<()>, words: &str| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(words), "{words:?} is not in {message}");
        assert!(!message.contains('\n'));
    };
    let numbers = halves(20, 1);
    let made = |text: &str, task: Task, options: TrainOptions| {
        let mut network = Network::<f64>::new(text, [SIDE, SIDE, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        Trainer::new(network, preprocessing(task), options, 20)
    };
    let plain = TrainOptions::default;
    let with = |options: TrainOptions| made("linear(2)", numbers.task(), options).map(drop);
    refused(
        with(plain().class_weights(Some(vec![1.0, 2.0]))),
        "the targets are numbers, not classes",
    );
    refused(
        with(plain().balance(stepnet::data::Balance::Sampling)),
        "`balance` is sampling, expected none",
    );
    refused(
        with(plain().label_smoothing(0.1)),
        "`label_smoothing` is 0.1, expected 0",
    );
    refused(
        with(plain().augmentation("mixup(0.2)".parse().unwrap())),
        "expected no mixup",
    );
    let softmax = made("linear(2) -> softmax", numbers.task(), plain());
    refused(softmax.map(drop), "because the targets are numbers");
    let labels = made("linear(2)", Task::Labels, plain());
    refused(
        labels.map(drop),
        "ends in sigmoid, because the targets are labels",
    );
    // The preprocessing must know what the data teaches.
    let mut trainer = made("linear(2)", Task::Classes, plain()).unwrap();
    let epoch = trainer.epoch(&numbers, |_| ControlFlow::Continue(()));
    refused(
        epoch.map(drop),
        "the kind of targets is numbers, expected classes",
    );
    let mut three = made("linear(3)", numbers.task(), plain()).unwrap();
    let epoch = three.epoch(&numbers, |_| ControlFlow::Continue(()));
    refused(epoch.map(drop), "the number of outputs is 3, expected 2");
    let network = Network::<f64>::new("linear(2)", [SIDE, SIDE, 1]).unwrap();
    let found = evaluate(&network, &numbers, &preprocessing(Task::Classes));
    refused(found.map(drop), "expected classes");
    let error = Network::<f64>::builder().output_names(&["a", "b", "c"]);
    let error = error.build("linear(2)", [SIDE, SIDE, 1]).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("2 output(s), but the data has 3 target(s)"),
        "{error}"
    );
    assert!(
        error.contains("linear(outputs)") || error.contains("linear(classes)"),
        "{error}"
    );
}

#[test]
fn two_classes_have_their_curves() {
    let data = bright(300, 4);
    let Targets::Labels { marks, .. } = data.targets() else {
        panic!("bright halves are labels");
    };
    let labels = marks.chunks(2).map(|row| u32::from(row[0])).collect();
    let data = Dataset::new(data.images().clone(), labels, names(&["dark", "bright"])).unwrap();
    let mut found = Vec::new();
    for text in ["linear(2) -> softmax", "linear(1) -> sigmoid", "linear(1)"] {
        let mut network = Network::<f64>::new(text, [SIDE, SIDE, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        let options = TrainOptions::default().epochs(100).learning_rate(0.03);
        let mut trainer =
            Trainer::new(network, preprocessing(Task::Classes), options, 300).unwrap();
        trainer.fit(&data, |_| {}).unwrap();
        let evaluation = trainer.evaluate(&data).unwrap();
        let Measures::Classes { ranking, .. } = &evaluation.measures else {
            panic!("classes have the measures of classes");
        };
        let ranking = ranking.as_ref().unwrap();
        assert_eq!(ranking.positives(), data.class_counts()[1]);
        found.push(ranking.roc_auc().unwrap());
        assert!(ranking.average_precision().unwrap() > 0.9, "{text}");
    }
    assert!(found.iter().all(|auc| *auc > 0.95), "{found:?}");
}

#[test]
fn values_of_a_network_for_numbers_are_explained() {
    let data = halves(50, 1);
    for (loss, formula) in [
        (Loss::MeanAbsoluteError, "sign(y - t)"),
        (Loss::Huber, "at most 1"),
    ] {
        let network = network("linear(3) -> relu -> linear(outputs)", &data, Some(loss));
        let task = task_for(&network, &data);
        let mut x = vec![0.0; SIDE * SIDE];
        data.fill_batch(&[0], &preprocessing(task.clone()), &mut x)
            .unwrap();
        let mut why = Why::new(&network, &x).unwrap().with_task(&task);
        why = why.with_classes(data.classes());
        let asked = Question::default().gradient(true);
        let at = Some("linear2[1]".parse().unwrap());
        let question = asked.clone().at(at).class(Some("9000, 6.5".into()));
        let explanation = why.explain(&question).unwrap();
        assert!(explanation.ok(), "{explanation}");
        let text = explanation.to_string();
        assert!(
            text.contains(formula) && text.contains("of target 9000, 6.5"),
            "{text}"
        );
        let wrong = why.explain(&asked.class(Some("9000".into())));
        let message = wrong.unwrap_err().to_string();
        assert!(
            message.contains("expected 2 numbers with commas"),
            "{message}"
        );
    }
    let labels = bright(20, 1);
    let network = network("linear(outputs) -> sigmoid", &labels, None);
    let mut why = Why::new(&network, &[0.5; SIDE * SIDE]).unwrap();
    why = why.with_task(&Task::Labels).with_classes(labels.classes());
    for (target, told) in [
        ("left", "of target left"),
        ("", "of target no label"),
        ("left, right", "of target left, right"),
    ] {
        let asked = Question::default()
            .gradient(true)
            .class(Some(target.into()));
        let explanation = why
            .explain(&asked.at(Some("linear1[0]".parse().unwrap())))
            .unwrap();
        assert!(
            explanation.ok() && explanation.to_string().contains(told),
            "{explanation}"
        );
    }
}
