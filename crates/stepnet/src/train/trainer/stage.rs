//! The stage of a training that fits the last layer of a pretrained network to its features.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;
use stepnet_base::clock::Instant;

use super::{EpochEnd, Position, Trainer};
use crate::data::{Balance, Dataset, Images, Targets, Values};
use crate::error::{Error, Result};
use crate::nn::{Network, Number, Preprocessing};
use crate::train::features::{
    DataImages, Extracted, FeatureCache, FeatureExtractor, FeatureProgress,
};
use crate::train::head::{FeatureRows, HeadOptions, HeadReport, HeadTargets, fit_head};
use crate::train::task::check_targets;
use crate::train::transfer_options::Transfer;

/// What the stage has computed.
#[derive(Debug)]
pub(super) struct HeadStage<T> {
    extractor: FeatureExtractor<T>,
    cache: FeatureCache<T>,
    /// The features of the training images, variant after variant.
    rows: Vec<T>,
    variants: usize,
    /// Of the images to test on, with their targets.
    tested: Option<Dataset>,
    /// Seconds that features took.
    seconds: f64,
    /// Training images, in all variants, whose features were in the file.
    from_file: usize,
}

/// How an epoch that fitted the last layer ended.
#[derive(Debug)]
pub(in crate::train) struct HeadEpoch {
    pub(in crate::train) end: EpochEnd,
    pub(in crate::train) report: HeadReport,
    /// Why features that were kept cannot be used.
    pub(in crate::train) warning: Option<String>,
}

/// The last layer with the features of a data set in place of its images, and their preprocessing: to evaluate without
/// the layers before it.
pub(in crate::train) struct OnFeatures<T> {
    pub(in crate::train) head: Network<T>,
    pub(in crate::train) data: Dataset,
    pub(in crate::train) preprocessing: Preprocessing,
}

/// A data set whose images are features.
fn features_of<T: Number>(rows: &[T], features: usize, targets: Targets) -> Result<Dataset> {
    // Exact: the values are f32 to begin with.
    #[allow(clippy::cast_possible_truncation)]
    let values = match size_of::<T>() == size_of::<f32>() {
        true => Values::F32(rows.iter().map(|value| value.as_f64() as f32).collect()),
        false => Values::F64(rows.iter().map(|value| value.as_f64()).collect()),
    };
    Dataset::with_targets(Images::new([1, 1, features], values)?, targets)
}

impl<T: Number> HeadStage<T> {
    fn open(network: &Network<T>, file: Option<&Path>) -> Result<(Self, Option<String>)> {
        let extractor = FeatureExtractor::new(network)?;
        let (cache, why) = match file {
            Some(file) => FeatureCache::open(&extractor, file),
            None => (FeatureCache::new(&extractor), None),
        };
        let warning = why.zip(file).map(|(why, file)| {
            format!("{}: {why}; the features are computed again", file.display())
        });
        let stage = Self {
            from_file: 0,
            extractor,
            cache,
            rows: Vec::new(),
            variants: 0,
            tested: None,
            seconds: 0.0,
        };
        Ok((stage, warning))
    }

    /// The features of images; what is new goes into the file, also where it is ended early.
    fn extract(
        &mut self,
        images: &DataImages<'_>,
        file: Option<&Path>,
        watch: impl FnMut(FeatureProgress) -> ControlFlow<()>,
    ) -> Result<Extracted<T>> {
        let start = Instant::now();
        let features = self.extractor.of_images(images, &mut self.cache, watch);
        self.seconds += start.elapsed().as_secs_f64();
        if let Some(file) = file {
            // Without the file the run goes on as well, and computes them again where it is resumed.
            self.cache.save(file).ok();
        }
        features
    }
}

impl<T: Number> Trainer<T> {
    /// Whether the next epoch fits the last layer to features, instead of making steps.
    pub fn fits_head(&self) -> bool {
        let done = self.position.epoch.saturating_sub(self.options.first_epoch);
        done < self.options.head_epochs()
    }

    /// From now on features are kept in a file, and taken from there. Those that are there already go into it.
    pub(in crate::train) fn keep_features(&mut self, file: PathBuf) {
        if let Some(stage) = &mut self.stage {
            stage.cache.save(&file).ok();
        }
        self.feature_file = Some(file);
    }

    /// What the last epoch did to fit the last layer; nothing where it made steps.
    pub fn head_report(&self) -> Option<&HeadReport> {
        self.head_report.as_ref()
    }

    /// The layers that are frozen at an epoch: those that were when the training began, and while the last layer is
    /// fitted all before it.
    pub(super) fn enter_stage(&mut self) -> Result<()> {
        if self.options.transfer == Transfer::All {
            return Ok(());
        }
        let linear = self.learner.network().last_linear()?;
        let fits = self.fits_head();
        let own = &self.frozen;
        let frozen = |node: usize| own[node] || (fits && node < linear);
        let nodes = self.learner.network().nodes();
        if nodes
            .iter()
            .enumerate()
            .any(|(at, node)| node.frozen() != frozen(at))
        {
            self.learner.set_frozen(frozen)?;
        }
        if !fits && self.options.transfer == Transfer::Finetune {
            self.stage = None;
        }
        Ok(())
    }

    /// An epoch that fits the last layer: to the images as they are, and in each later one to an augmented variant more.
    ///
    /// # Errors
    /// As [`epoch`](Self::epoch); [`Error::Stopped`] when `watch` ended it, which has changed nothing.
    pub(in crate::train) fn head_epoch(
        &mut self,
        data: &Dataset,
        mut watch: impl FnMut(FeatureProgress) -> ControlFlow<()>,
    ) -> Result<HeadEpoch> {
        if data.is_empty() {
            return Err(Error::Training("there are no examples to train on".into()));
        }
        check_targets(self.network(), data, &self.preprocessing.task)?;
        let file = self.feature_file.clone();
        let mut warning = None;
        let mut stage = match self.stage.take() {
            Some(stage) => stage,
            None => {
                let (stage, why) = HeadStage::open(self.network(), file.as_deref())?;
                warning = why;
                stage
            }
        };
        let fitted = self.add_variants(&mut stage, data, &mut watch);
        let fitted = fitted.and_then(|()| self.fit_last(&stage, data));
        let from_file = stage.from_file;
        let seconds = stage.seconds;
        self.stage = Some(stage);
        let (end, mut report) = fitted?;
        report.computed = report.images * report.variants - from_file;
        report.seconds = seconds;
        self.head_report = Some(report.clone());
        self.position = Position {
            epoch: end.epoch + 1,
            ..Position::default()
        };
        self.enter_stage()?;
        Ok(HeadEpoch {
            end,
            report,
            warning,
        })
    }

    /// Computes the features of the variants that this epoch has and those before it.
    fn add_variants(
        &self,
        stage: &mut HeadStage<T>,
        data: &Dataset,
        watch: &mut impl FnMut(FeatureProgress) -> ControlFlow<()>,
    ) -> Result<()> {
        let epoch = self.position.epoch.saturating_sub(self.options.first_epoch);
        let wanted = match self.options.augmentation.alterations().is_empty() {
            true => 1,
            false => epoch + 1,
        };
        while stage.variants < wanted {
            let images = DataImages::plain(data, &self.preprocessing);
            let images = match stage.variants {
                0 => images,
                variant => images.variant(
                    &self.options.augmentation,
                    self.options.seed.into(),
                    variant as u64,
                ),
            };
            let found = stage.extract(&images, self.feature_file.as_deref(), &mut *watch)?;
            stage.rows.extend(found.rows);
            stage.from_file += found.from_file;
            stage.variants += 1;
        }
        Ok(())
    }

    /// Fits the last layer, and puts it into the network.
    fn fit_last(&mut self, stage: &HeadStage<T>, data: &Dataset) -> Result<(EpochEnd, HeadReport)> {
        let head = self.network().parts()?.head;
        let targets = match data.targets() {
            Targets::Classes { labels, .. } => HeadTargets::Classes(labels.clone()),
            targets => {
                let (all, mut values) = ((0..data.len()).collect::<Vec<_>>(), Vec::new());
                targets.write_outputs(&all, &self.preprocessing.task, &mut values);
                HeadTargets::Values(values)
            }
        };
        let mut loss = self.options.loss_options();
        if self.options.balance == Balance::Sampling {
            // What sampling evens out on average.
            loss.class_weights = Some(data.balanced_weights());
        }
        let options = HeadOptions {
            loss,
            strength: (self.options.l2 > 0.0).then(|| 1.0 / self.options.l2),
            seed: self.options.seed,
        };
        let rows = FeatureRows {
            x: &stage.rows,
            features: stage.extractor.features(),
            variants: stage.variants,
        };
        let fitted = fit_head(&head, rows, &targets, &options)?;
        let network = self.learner.network();
        let start = network.nodes()[network.last_linear()?].range().start;
        self.learner.replace_from(start, &fitted.parameters);
        let end = EpochEnd {
            epoch: self.position.epoch,
            scores: fitted.scores,
            learning_rate: 0.0,
            waited: Duration::ZERO,
            interrupted: false,
        };
        Ok((end, fitted.report))
    }

    /// The last layer with the features of `test`, which are computed where that was not done before; nothing where
    /// layers before it have been trained or may be.
    ///
    /// # Errors
    /// As [`head_epoch`](Self::head_epoch).
    pub(in crate::train) fn test_on_features(
        &mut self,
        test: &Dataset,
        watch: impl FnMut(FeatureProgress) -> ControlFlow<()>,
    ) -> Result<Option<OnFeatures<T>>> {
        let Some(mut stage) = self.stage.take() else {
            return Ok(None);
        };
        let file = self.feature_file.as_deref();
        let tested = match &stage.tested {
            Some(_) => Ok(()),
            None => {
                let images = DataImages::plain(test, &self.preprocessing);
                let features = stage.extract(&images, file, watch);
                let targets = test.targets().clone();
                let made = features.and_then(|found| {
                    features_of(&found.rows, stage.extractor.features(), targets)
                });
                made.map(|tested| stage.tested = Some(tested))
            }
        };
        self.stage = Some(stage);
        tested?;
        self.tested_features()
    }

    /// [`test_on_features`](Self::test_on_features) for features that are there.
    pub(in crate::train) fn tested_features(&self) -> Result<Option<OnFeatures<T>>> {
        let tested = self.stage.as_ref().and_then(|stage| stage.tested.as_ref());
        let Some(data) = tested else {
            return Ok(None);
        };
        let [_, _, features] = data.images().shape();
        let task = self.preprocessing.task.clone();
        Ok(Some(OnFeatures {
            head: self.network().parts()?.head,
            data: data.clone(),
            preprocessing: Preprocessing::scaled(1, 1, features, 1.0).task(task),
        }))
    }
}
