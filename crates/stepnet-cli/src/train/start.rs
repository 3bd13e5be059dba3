//! What a run starts from: the settings of its training, and the network before its first step.

use std::path::Path;

use stepnet::Element;
use stepnet::nn::{Init, Model, Network, Registry};
use stepnet::rng::RandomState;
use stepnet::train::{TrainOptions, transfer};

use crate::args::TrainArgs;
use crate::failure::{Failure, Outcome};
use crate::material::Material;

/// The networks and the number of epochs where the user names none.
const DIGITS_MODEL: &str = "digits-cnn";
const USUAL_MODEL: &str = "small-cnn";
const DIGITS_EPOCHS: usize = 25;
const USUAL_EPOCHS: usize = 10;

/// The network's text.
pub(super) fn model_text(args: &TrainArgs) -> &str {
    args.model.as_deref().unwrap_or(if args.data.is_none() {
        DIGITS_MODEL
    } else {
        USUAL_MODEL
    })
}

/// The model that `--from` names.
pub(super) fn load_start<T: Element>(path: &Path) -> Outcome<Model<T>> {
    let model = Model::load(path).map_err(|error| Failure::from(error).context("--from"))?;
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&format!("--from: {}", path.display())))?;
    Ok(model)
}

/// The network to train: new, or made of a trained one.
pub(super) fn build<T: Element>(
    args: &TrainArgs,
    from: Option<&Model<T>>,
    material: &Material,
) -> Outcome<Network<T>> {
    let classes = material.train.classes();
    let mut random = RandomState::new(args.seed);
    let mut network = match from {
        Some(model) => {
            let keep_last = model.classes == classes;
            let init = (Init::He, &mut random);
            transfer(
                &model.network,
                Registry::builtin(),
                classes.len(),
                keep_last,
                init,
            )?
        }
        None => {
            let mut network = Network::builder()
                .class_names(classes)
                .input_change(material.input_change(args))
                .build(model_text(args), material.preprocessing.shape())
                .map_err(|error| {
                    let failure = Failure::of_network(error, "--model ", "--input ");
                    failure.context(&match &args.model {
                        Some(_) => "--model".to_owned(),
                        None => format!(
                            "the usual network, {}, does not fit the data",
                            model_text(args)
                        ),
                    })
                })?;
            network.initialize(args.init, &mut random);
            network
        }
    };
    network
        .freeze(&args.freeze)
        .map_err(|error| Failure::from(error).context("--freeze"))?;
    if !network.nodes().iter().any(stepnet::nn::Node::trains) {
        return Err(Failure::usage(
            "--freeze holds every layer still, so there is nothing to train",
        ));
    }
    Ok(network)
}

/// The settings of the training.
pub(super) fn options(args: &TrainArgs, classes: &[String]) -> Outcome<TrainOptions> {
    let usual = if args.data.is_none() {
        DIGITS_EPOCHS
    } else {
        USUAL_EPOCHS
    };
    Ok(args.loading.apply(TrainOptions {
        epochs: args.epochs.map_or(usual, |epochs| epochs as usize),
        batch: args.batch,
        rule: args.update.rule(args.optimizer)?,
        learning_rate: args.lr.unwrap_or(args.optimizer.usual_learning_rate()),
        schedule: args.schedule,
        warm_up: args.warm_up,
        l2: args.l2,
        label_smoothing: args.loss.label_smoothing,
        clipping: args.update.clipping(),
        average: args.update.ema,
        class_weights: args.loss.class_weights(classes)?,
        shuffle: !args.no_shuffle,
        seed: args.seed,
        ..TrainOptions::default()
    }))
}
