//! How a training with a folder begins, or goes on.

use std::sync::Arc;

use stepnet::data::Dataset;
use stepnet::group::Group;
use stepnet::train::TrainOptions;
use stepnet::train::run::{Assistant, Run, RunData, RunOptions, SavedRun, files};
use stepnet::train::settings::{Dtype as Numbers, Settings};
use stepnet::{Error, Result};
use stepnet_base::text::replace_names;

use super::Place;
use super::job::{Job, Member, Told};
use crate::group;
use crate::kept::{Dtype, Kept};
use crate::settings::{in_python, shown_value};
use crate::training::{Extremes, Prepared, prepare};

impl Place {
    /// The processes that train together, where there are several.
    fn group(&self) -> Option<Arc<dyn Group>> {
        let member = self.group.as_ref()?;
        Some(Arc::clone(member.get().group()))
    }
}

/// The arguments that messages of runs name in backticks, besides settings.
pub(super) const ARGUMENTS: [(&str, &str); 5] = [
    ("`resume` of ", "resume=True for "),
    ("`out`", "run"),
    ("`resume`", "resume=True"),
    ("`overwrite`", "overwrite=True"),
    ("`from`", "Network.load"),
];

/// An error of a run with the arguments of `fit`.
pub(super) fn worded(error: Error) -> Error {
    error.map_problem(|problem| in_python(&replace_names(&problem, &ARGUMENTS)))
}

/// What a run begins with.
pub(super) struct Begin<'a> {
    pub(super) settings: &'a Settings,
    pub(super) options: &'a TrainOptions,
    pub(super) extremes: Extremes,
    pub(super) place: &'a Place,
    pub(super) data: (Dataset, Option<Dataset>),
}

impl Begin<'_> {
    pub(super) fn job<T: Dtype>(self, kept: &Kept<T>) -> Result<Job<T>> {
        let group = self.place.group();
        let begun = self.try_job(kept).map_err(worded);
        group::all_have(group.as_ref(), begun)
    }

    fn try_job<T: Dtype>(self, kept: &Kept<T>) -> Result<Job<T>> {
        let place = self.place;
        let (train, test) = self.data;
        let group = place.group();
        let members = group.as_ref().map_or(1, |group| group.size());
        let prepared = prepare(
            kept,
            &train,
            (self.settings, place.divisor),
            (self.options, train.len(), members),
            self.extremes,
        )?;
        let Prepared {
            kept,
            network,
            preprocessing,
            range,
            ..
        } = prepared;
        let mut settings = self.settings.clone();
        settings.network.model = Some(network.text().to_string());
        settings.network.dtype = match T::NAME {
            "f64" => Numbers::F64,
            _ => Numbers::F32,
        };
        settings.network.exact = network.exact();
        if group.is_some() {
            // As the run has it, however many processes go on with it.
            settings.training.share_for_group(train.len());
        }
        let data = RunData::new(train, test, preprocessing)
            .test_name("validation")
            .range(range);
        let options = RunOptions::default()
            .overwrite(place.overwrite)
            .from(Some(network.hash()))
            .group(group.clone());
        let mut told = Told::default();
        let is_first = group.as_ref().is_none_or(|group| group.rank() == 0);
        let run = match (place.resume && is_there(place, group.as_deref())?, is_first) {
            (true, _) => resumed(place, network, data, &settings, options, &mut told)?,
            (false, true) => {
                let run = Run::create(&place.folder, network, data, &settings, options)?;
                Member::First(Box::new(run))
            }
            (false, false) => {
                let assistant = Assistant::create(network, data, &settings, &options)?;
                Member::Other(Box::new(assistant))
            }
        };
        Ok(Job { run, kept, told })
    }
}

/// Whether there is a run in the folder, as the first member sees it.
fn is_there(place: &Place, group: Option<&dyn Group>) -> Result<bool> {
    let has = |name| place.folder.join(name).exists();
    let mut there = [u8::from(has(files::DESCRIPTION) || has(files::CHECKPOINT))];
    if let Some(group) = group {
        group.broadcast(0, &mut there)?;
    }
    Ok(there != [0])
}

/// The run in a folder, to go on with these settings.
fn resumed<T: Dtype>(
    place: &Place,
    network: stepnet::nn::Network<T>,
    data: RunData,
    settings: &Settings,
    options: RunOptions,
    told: &mut Told,
) -> Result<Member<T>> {
    let folder = &place.folder;
    let left = SavedRun::<T>::open(folder)?.epochs(settings.epochs())?;
    let began = left.description().from;
    let network = match left.model() {
        Some(model) => {
            let (is, was) = (network.text().to_string(), model.network.text().to_string());
            if is != was {
                let problem = format!("is a run of the network {was}, not of {is}");
                return Err(Error::file(folder, problem));
            }
            let mut kept = model.network.clone();
            kept.set_exact(settings.network.exact);
            kept.freeze(&settings.network.freeze)?;
            kept
        }
        None if began.is_some_and(|began| began != network.hash()) => {
            let problem = "has no checkpoint yet, and began with other weights than the network has; begin it again with overwrite=True";
            return Err(Error::file(folder, problem));
        }
        None => network,
    };
    if let Some((setting, was)) = left.difference(settings)? {
        let value = |value| shown_value(value);
        let keyword = setting.keyword().unwrap_or(setting.name);
        let is = value(setting.get(settings));
        return Err(Error::file(
            folder,
            format!(
                "{keyword} is {is}, but the run was started with {}; to go on it needs the same",
                value(was)
            ),
        ));
    }
    let (train, test) = (&data.train, data.test.as_ref());
    left.description().check_data(folder, train, test)?;
    if options.group.as_ref().is_some_and(|group| group.rank() > 0) {
        let assistant = Assistant::resume_with(&left, network, data, settings, &options)?;
        return Ok(Member::Other(Box::new(assistant)));
    }
    let run = Run::resume_with(left, network, data, settings, options, told)?;
    Ok(Member::First(Box::new(run)))
}
