//! When a checkpoint is due.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use stepnet_base::clock::Instant;

use stepnet_base::text::{count, quoted};

use crate::error::{Error, Result};

/// How often checkpoints are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckpointEvery {
    /// After this many steps.
    Steps(u64),
    /// When so much time has passed.
    Time(Duration),
    /// At the end of an epoch, every this many epochs.
    Epochs(u64),
    /// Only when the run ends.
    Never,
}

impl FromStr for CheckpointEvery {
    type Err = Error;

    fn from_str(given: &str) -> Result<Self> {
        let text = given.trim().to_ascii_lowercase();
        if text == "never" {
            return Ok(Self::Never);
        }
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim();
        let unit = unit.strip_suffix('s').unwrap_or(unit);
        let number = number
            .parse()
            .ok()
            .filter(|&n: &u64| (1..1 << 32).contains(&n));
        match (number, unit) {
            (Some(steps), "step") => Ok(Self::Steps(steps)),
            (Some(epochs), "epoch") => Ok(Self::Epochs(epochs)),
            (Some(seconds), "second") => Ok(Self::Time(Duration::from_secs(seconds))),
            (Some(minutes), "minute") => Ok(Self::Time(Duration::from_secs(60 * minutes))),
            (Some(hours), "hour") => Ok(Self::Time(Duration::from_secs(3600 * hours))),
            _ => Err(Error::value(
                "training",
                "the interval between checkpoints",
                quoted(given),
                "a number of steps, epochs, seconds, minutes or hours such as \"100 steps\", or never",
            )),
        }
    }
}

impl fmt::Display for CheckpointEvery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = match *self {
            Self::Steps(steps) => count(steps, "step"),
            Self::Time(time) if time.as_secs().is_multiple_of(3600) => {
                count(time.as_secs() / 3600, "hour")
            }
            Self::Time(time) if time.as_secs().is_multiple_of(60) => {
                count(time.as_secs() / 60, "minute")
            }
            Self::Time(time) => count(time.as_secs(), "second"),
            Self::Epochs(epochs) => count(epochs, "epoch"),
            Self::Never => "never".to_owned(),
        };
        f.write_str(&counted)
    }
}

/// The share of the time that writing may take if the user has not set an interval.
const SHARE: u32 = 20;

/// The longest time without a checkpoint if the user has not set an interval.
const LONGEST: Duration = Duration::from_secs(300);

/// When the next checkpoint is due.
#[derive(Debug)]
pub(super) struct Clock {
    every: Option<CheckpointEvery>,
    /// When the last checkpoint was written, and when anything was.
    last: Instant,
    quiet: Instant,
    /// How long that took.
    cost: Duration,
}

impl Clock {
    /// A clock that starts now; without `every` a checkpoint is due at the end of each epoch, unless
    /// writing them takes more than a twentieth of the time, and after five minutes.
    pub(super) fn new(every: Option<CheckpointEvery>) -> Self {
        Self {
            every,
            last: Instant::now(),
            quiet: Instant::now(),
            cost: Duration::ZERO,
        }
    }

    /// Whether one is due inside an epoch, after this many updates.
    pub(super) fn due_inside(&self, updates: u64) -> bool {
        match self.every {
            Some(CheckpointEvery::Steps(steps)) => updates.is_multiple_of(steps),
            Some(CheckpointEvery::Time(time)) => self.last.elapsed() >= time,
            Some(CheckpointEvery::Epochs(_) | CheckpointEvery::Never) => false,
            None => self.last.elapsed() >= LONGEST,
        }
    }

    /// Whether one is due at the end of an epoch, the `epochs`th.
    pub(super) fn due_at_end(&self, epochs: u64, updates: u64) -> bool {
        match self.every {
            Some(CheckpointEvery::Epochs(each)) => epochs.is_multiple_of(each),
            Some(_) => self.due_inside(updates),
            None => self.affordable(),
        }
    }

    /// Whether the best weights may be written at once, and need not wait for a checkpoint.
    pub(super) fn affordable(&self) -> bool {
        self.every.is_some() || self.quiet.elapsed() >= SHARE * self.cost
    }

    /// Tells that a checkpoint was begun at `start` and has just been written.
    pub(super) fn written(&mut self, start: Instant) {
        self.last = Instant::now();
        self.spent(start);
    }

    /// Tells that something else was written, begun at `start`.
    pub(super) fn spent(&mut self, start: Instant) {
        self.quiet = Instant::now();
        self.cost = start.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_parse() {
        let parsed = |text: &str| text.parse::<CheckpointEvery>().ok();
        assert_eq!(parsed("100 steps"), Some(CheckpointEvery::Steps(100)));
        assert_eq!(parsed("1step"), Some(CheckpointEvery::Steps(1)));
        assert_eq!(parsed("2 Epochs"), Some(CheckpointEvery::Epochs(2)));
        assert_eq!(
            parsed("5 minutes"),
            Some(CheckpointEvery::Time(Duration::from_secs(300)))
        );
        assert_eq!(
            parsed(" 30 seconds "),
            Some(CheckpointEvery::Time(Duration::from_secs(30)))
        );
        assert_eq!(
            parsed("1 hour"),
            Some(CheckpointEvery::Time(Duration::from_secs(3600)))
        );
        assert_eq!(parsed("never"), Some(CheckpointEvery::Never));
        for whole in [
            "100 steps",
            "1 epoch",
            "90 seconds",
            "5 minutes",
            "1 hour",
            "never",
        ] {
            assert_eq!(parsed(whole).unwrap().to_string(), whole);
        }
        for wrong in [
            "",
            "5",
            "0 steps",
            "-1 steps",
            "1.5 minutes",
            "5 weeks",
            "steps",
            "99999999999 hours",
        ] {
            let error = wrong.parse::<CheckpointEvery>().unwrap_err().to_string();
            assert!(error.contains("such as \"100 steps\""), "{error}");
        }
    }

    #[test]
    fn what_is_due_follows_the_updates() {
        let due =
            |every: Option<CheckpointEvery>, updates: u64| Clock::new(every).due_inside(updates);
        assert!(
            due(Some(CheckpointEvery::Steps(10)), 20) && !due(Some(CheckpointEvery::Steps(10)), 21)
        );
        assert!(
            !due(Some(CheckpointEvery::Epochs(1)), 20)
                && !due(Some(CheckpointEvery::Never), 20)
                && !due(None, 20)
        );
        assert!(due(Some(CheckpointEvery::Time(Duration::ZERO)), 1));
        let at_end =
            |every: Option<CheckpointEvery>, epochs: u64| Clock::new(every).due_at_end(epochs, 7);
        assert!(
            at_end(Some(CheckpointEvery::Epochs(2)), 4)
                && !at_end(Some(CheckpointEvery::Epochs(2)), 3)
        );
        assert!(at_end(None, 3) && !at_end(Some(CheckpointEvery::Never), 3));
        let mut slow = Clock::new(None);
        slow.written(Instant::now().checked_sub(Duration::from_secs(60)).unwrap());
        assert!(!slow.due_at_end(1, 7), "writing takes longer than an epoch");
    }
}
