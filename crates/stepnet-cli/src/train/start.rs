//! The start of a run: the settings of its training, and the network before its first step.

use std::path::Path;

use stepnet::Number;
use stepnet::data::TargetKind;
use stepnet::nn::notation::{parse_or_preset, presets};
use stepnet::nn::{Init, Model, Network, Registry};
use stepnet::optim::{Clipping, WarmUp};
use stepnet::rng::RandomState;
use stepnet::train::settings::Settings;
use stepnet::train::{TrainOptions, Transfer, check_task, has_other_outputs, start_from, task_for};
use stepnet_base::error::short;
use stepnet_base::text::count;

use super::plan;
use crate::failure::{Failure, Outcome};
use crate::known::Known;
use crate::material::Material;
use crate::note;
use crate::progress::print_sentence;
use crate::wording::given_as;

/// The model that `--from` names.
pub(crate) fn load_start<T: Number>(path: &Path) -> Outcome<Model<T>> {
    let model = Model::load(path).map_err(|error| Failure::from(error).context("--from"))?;
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&format!("--from: {}", path.display())))?;
    Ok(model)
}

/// Refuses an invalid network text before data is read for it.
pub(crate) fn check_model<T: Number>(settings: &Settings, from: Option<&Model<T>>) -> Outcome {
    if let (None, Some(text)) = (from, &settings.network.model) {
        parse_or_preset(text, Registry::<T>::builtin().kinds())
            .map_err(|error| Failure::from(stepnet::Error::from(error)).context("--model"))?;
    }
    Ok(())
}

/// The data, brought to the input of the model the run starts from, or of the preset.
pub(crate) fn gather<T: Number>(settings: &Settings, from: Option<&Model<T>>) -> Outcome<Material> {
    let asked = from.is_none() && settings.network.model.is_some();
    let preset = asked
        .then(|| presets::find(settings.model_text()))
        .flatten();
    let input = preset.and_then(|preset| preset.input);
    Material::gather(settings, from.map(Known::of), input)
}

/// The network to train: new, or built from a trained one.
pub(crate) fn build<T: Number>(
    settings: &Settings,
    from: Option<&Model<T>>,
    material: &mut Material,
    options: &TrainOptions,
) -> Outcome<Network<T>> {
    let kind = material.train.targets().kind();
    let classes = material.train.classes();
    let mut random = RandomState::new(settings.training.seed);
    let others = from.is_some_and(|model| has_other_outputs(model, &material.train));
    let mut network = match from {
        Some(model) => {
            let init = (Init::He, &mut random);
            start_from(model, &material.train, options.transfer, init)?
        }
        None => {
            let mut builder = Network::builder();
            if let Some(loss) = settings.network.loss {
                builder = builder.loss(loss);
            }
            let builder = match kind {
                TargetKind::Classes => builder.class_names(classes),
                TargetKind::Labels | TargetKind::Numbers => builder.output_names(classes),
            };
            let mut network = builder
                .input_change(material.input_change(settings))
                .build(settings.model_text(), material.preprocessing.shape())
                .map_err(|error| {
                    let failure = Failure::of_network(error, "--model ", "--input ");
                    failure.context(&match &settings.network.model {
                        Some(_) => "--model".to_owned(),
                        None => format!(
                            "the default network, {}, does not fit the data",
                            settings.model_text()
                        ),
                    })
                })?;
            plan::check(&network, options, material)?;
            network.initialize(settings.network.init, &mut random);
            network
        }
    };
    if from.is_none() || others {
        material.preprocessing.task = task_for(&network, &material.train);
    }
    check_task(&network, &material.preprocessing.task)
        .map_err(|error| Failure::from(error).context("--targets"))?;
    if from.is_some() {
        // While only the last layer is fitted, the others take little memory.
        let mut trained = network.clone();
        if options.transfer == Transfer::Head {
            let last = trained.last_linear()?;
            trained.set_frozen(|node| node < last);
        }
        plan::check(&trained, options, material)?;
    }
    network.set_exact(settings.network.exact);
    network
        .freeze(&settings.network.freeze)
        .map_err(|error| Failure::from(error).context("--freeze"))?;
    if !network.nodes().iter().any(stepnet::nn::Node::trains) {
        return Err(Failure::usage(
            "--freeze freezes every layer, so there is nothing to train",
        ));
    }
    Ok(network)
}

/// The settings of a run that starts from `from`, with the way of transfer that suits it.
pub(super) fn with_transfer<T: Number>(
    settings: &Settings,
    from: Option<&Model<T>>,
    material: &Material,
) -> Outcome<Settings> {
    match from {
        Some(model) => Ok(settings
            .clone()
            .with_transfer(has_other_outputs(model, &material.train))),
        None if settings.training.transfer() != Transfer::All => Err(Failure::usage(
            "--transfer, --unfreeze-after and --lr-backbone are about the model of --from, but there is none",
        )),
        None => Ok(settings.clone()),
    }
}

/// Settings without effect where only the last layer is fitted.
const OF_STEPS: [&str; 13] = [
    "batch",
    "clip_norm",
    "clip_value",
    "early_stop",
    "ema",
    "lr",
    "nesterov",
    "optimizer",
    "schedule",
    "shuffle",
    "statistics",
    "warm_up",
    "weight_decay",
];

/// Says what is to happen where the last layer of a model is fitted, and which settings are without effect then.
pub(super) fn announce_transfer(settings: &Settings, options: &TrainOptions) {
    let how = match options.transfer {
        Transfer::Head => {
            "the layers of the model before the last stay as they are, and the last is fitted to their features; --transfer finetune trains all, for longer".to_owned()
        }
        Transfer::Finetune => format!(
            "{} to fit the last layer to the features of the others, then all layers are trained, those before the last at {} times the learning rate; the best of all is saved",
            count(options.head_epochs(), "epoch"),
            short(options.backbone_rate.factor(options.learning_rate)),
        ),
        _ => return,
    };
    print_sentence(&format!("transfer: {how}"));
    if options.transfer == Transfer::Head {
        let given = settings.given().map(|(setting, _)| setting);
        let unused: Vec<String> = given
            .filter(|setting| OF_STEPS.contains(&setting.name))
            .map(|setting| given_as(&setting))
            .collect();
        if !unused.is_empty() {
            note::note(&format!(
                "{} without effect: with --transfer head the last layer is fitted to its end, without steps",
                unused.join(", ")
            ));
        }
    }
}

/// Reports what a run with `steps` steps per epoch is about to do.
pub(super) fn announce(options: &TrainOptions, steps: usize) {
    if options.transfer == Transfer::Head {
        return;
    }
    print_sentence(&format!(
        "training: {} of {}, {} at {}, {} schedule, seed {}",
        count(options.epochs, "epoch"),
        count(steps, "step"),
        options.rule,
        short(options.learning_rate),
        options.schedule,
        options.seed,
    ));
    if let Some(remark) = remark(options) {
        print_sentence(&remark);
    }
    if !options.augmentation.is_empty() {
        print_sentence(&format!(
            "training images are augmented: {}",
            options.augmentation
        ));
    }
}

/// The options used in addition to the update rule and the schedule, if any.
fn remark(options: &TrainOptions) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(warm_up) = options.warm_up {
        parts.push(match warm_up {
            WarmUp::Share(0.0) => "no warm-up".to_owned(),
            WarmUp::Share(share) => {
                format!("a warm-up over {} % of the run", short(100.0 * share))
            }
            warm_up => format!("a warm-up over {warm_up}"),
        });
    }
    match options.rule.weight_decay() {
        0.0 => {}
        decay => parts.push(format!("weight decay {}", short(decay))),
    }
    match options.clipping {
        Some(Clipping::Norm(most)) => {
            parts.push(format!("gradient norm at most {}", short(most)));
        }
        Some(Clipping::Value(most)) => {
            parts.push(format!("each gradient at most {}", short(most)));
        }
        Some(clipping) => parts.push(format!("gradients clipped to {clipping}")),
        None => {}
    }
    if options.label_smoothing > 0.0 {
        let smoothing = short(options.label_smoothing);
        parts.push(format!("label smoothing {smoothing}"));
    }
    if let Some(weights) = &options.class_weights {
        let shown: Vec<_> = weights.iter().take(10).map(|w| format!("{w:.3}")).collect();
        let more = if weights.len() > 10 { ", ..." } else { "" };
        parts.push(format!("class weights {}{more}", shown.join(", ")));
    }
    if let Some(decay) = options.average {
        parts.push(format!(
            "the average of the weights ({}) is tested and saved",
            short(decay)
        ));
    }
    (!parts.is_empty()).then(|| format!("with {}", parts.join("; ")))
}
