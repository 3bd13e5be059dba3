//! The network between machines: bandwidth and latency, as they are written and as a group measures them.

use std::fmt;
use std::str::FromStr;
use stepnet_base::clock::Instant;

use stepnet_mpi::Group;

use crate::error::{Error, Result, short};
use crate::memory;

/// Bytes per second that a machine can send and, at the same time, receive.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Bandwidth(f64);

/// Seconds from the start of sending a message until its first byte has arrived.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Latency(f64);

/// Bandwidths that exist: from a slow modem to more than the memory of a machine.
const BANDWIDTHS: [f64; 2] = [1e3, 1e15];

/// The longest latency, in seconds: more than to the moon and back.
const LONGEST_LATENCY: f64 = 10.0;

/// Units of bandwidths with their bytes per second, longer names before their endings.
const BANDWIDTH_UNITS: [(&str, f64); 13] = [
    ("Tbit", 1e12 / 8.0),
    ("Gbit", 1e9 / 8.0),
    ("Mbit", 1e6 / 8.0),
    ("kbit", 1e3 / 8.0),
    ("bit", 1.0 / 8.0),
    ("TB", 1e12),
    ("GB", 1e9),
    ("MB", 1e6),
    ("kB", 1e3),
    ("TiB", (1_u64 << 40) as f64),
    ("GiB", (1_u64 << 30) as f64),
    ("MiB", (1_u64 << 20) as f64),
    ("KiB", (1_u64 << 10) as f64),
];

/// Units of latencies with their seconds.
const LATENCY_UNITS: [(&str, f64); 6] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("\u{3bc}s", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
];

impl Bandwidth {
    /// A bandwidth of `bytes` per second.
    ///
    /// # Errors
    /// When it is not a number from 1 kB/s to 1,000 TB/s.
    pub fn new(bytes: f64) -> Result<Self> {
        match (BANDWIDTHS[0]..=BANDWIDTHS[1]).contains(&bytes) {
            true => Ok(Self(bytes)),
            false => Err(refused("the bandwidth", &format!("{bytes} bytes a second"))),
        }
    }

    /// Bytes per second.
    pub fn bytes(self) -> f64 {
        self.0
    }
}

impl Latency {
    /// A latency of `seconds`.
    ///
    /// # Errors
    /// When it is not a number from 0 to 10.
    pub fn new(seconds: f64) -> Result<Self> {
        match (0.0..=LONGEST_LATENCY).contains(&seconds) {
            true => Ok(Self(seconds)),
            false => Err(refused("the latency", &format!("{seconds} s"))),
        }
    }

    /// Seconds.
    pub fn seconds(self) -> f64 {
        self.0
    }
}

fn refused(argument: &'static str, found: &str) -> Error {
    let expected = match argument {
        "the bandwidth" => {
            "a number with kbit, Mbit, Gbit, Tbit or kB, MB, GB, TB of a second, such as 10Gbit or 1.25GB, from 1kB to 1000TB"
        }
        _ => "a number with ns, us, ms or s, such as 20us, from 0s to 10s",
    };
    Error::value("planning", argument, found, expected)
}

/// A number with one of `units`, by which it is multiplied.
fn quantity(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let letters = text.find(|c: char| c.is_alphabetic() && c != 'e' && c != 'E')?;
    let (number, unit) = text.split_at(letters);
    let factor = units.iter().find(|(name, _)| *name == unit)?.1;
    let number: f64 = number.trim_end().parse().ok()?;
    Some(number * factor).filter(|value| value.is_finite())
}

impl FromStr for Bandwidth {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || refused("the bandwidth", &format!("{text:?}"));
        let rate = text.strip_suffix("/s").unwrap_or(text);
        let bytes = quantity(rate, &BANDWIDTH_UNITS).ok_or_else(refused)?;
        Self::new(bytes).map_err(|_| refused())
    }
}

impl FromStr for Latency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || refused("the latency", &format!("{text:?}"));
        let seconds = quantity(text, &LATENCY_UNITS).ok_or_else(refused)?;
        Self::new(seconds).map_err(|_| refused())
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = 8.0 * self.0;
        let units = [("Tbit/s", 1e12), ("Gbit/s", 1e9), ("Mbit/s", 1e6)];
        let unit = units.into_iter().find(|(_, size)| bits >= *size);
        let (name, size) = unit.unwrap_or(("kbit/s", 1e3));
        write!(f, "{} {name}", three_digits(bits / size))
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self.0 {
            seconds if seconds >= 1.0 => (seconds, "s"),
            seconds if seconds >= 1e-3 => (1e3 * seconds, "ms"),
            seconds => (1e6 * seconds, "µs"),
        };
        write!(f, "{} {unit}", three_digits(number))
    }
}

fn three_digits(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let digits = (2 - number.abs().log10().floor() as i32).max(0);
    let scale = 10_f64.powi(digits);
    short((number * scale).round() / scale)
}

/// The link of each machine to the network, which is assumed to carry what all links together send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// How fast bytes leave a machine and come to it.
    pub bandwidth: Bandwidth,
    /// What each message costs in addition.
    pub latency: Latency,
}

/// A network that is common between machines of a cluster.
impl Default for Link {
    fn default() -> Self {
        Self {
            bandwidth: Bandwidth(10e9 / 8.0),
            latency: Latency(20e-6),
        }
    }
}

/// How often small messages are timed.
const SMALL_MESSAGES: usize = 31;

/// Bytes of the first large message, and of the largest.
const LARGE: [usize; 2] = [1 << 20, 64 << 20];

/// A large message that takes so many seconds is large enough.
const LONG_ENOUGH: f64 = 0.1;

impl Link {
    /// Measures the link between the members of a group; all of them call it and get the same answer. `None` for a
    /// group of one.
    ///
    /// # Errors
    /// When a member cannot be reached, or there is no memory for the messages.
    pub fn measure(group: &dyn Group) -> Result<Option<Self>> {
        let size = group.size();
        if size == 1 {
            return Ok(None);
        }
        let mut small: Vec<f64> = Vec::new();
        for _ in 0..SMALL_MESSAGES {
            small.push(exchange(group, 1)?);
        }
        small.sort_by(f64::total_cmp);
        // The members' clocks differ: all go on by the same number, or they would not agree when to stop.
        let start = slowest(group, small[SMALL_MESSAGES / 2])?;
        let mut bytes = LARGE[0];
        let bandwidth = loop {
            // The first one finds fresh memory and a connection that is not warm yet.
            exchange(group, bytes / size)?;
            let seconds = slowest(group, exchange(group, bytes / size)?)?;
            if seconds >= LONG_ENOUGH || bytes >= LARGE[1] {
                let sent = (bytes / size * (size - 1)) as f64;
                break sent / (seconds - start).max(1e-9);
            }
            bytes *= 4;
        };
        let latency = start / (size - 1) as f64;
        Ok(Some(Self {
            bandwidth: Bandwidth(bandwidth.clamp(BANDWIDTHS[0], BANDWIDTHS[1])),
            latency: Latency(latency.clamp(0.0, LONGEST_LATENCY)),
        }))
    }

    /// Seconds of a phase in which a member sends `messages` with `bytes` in all.
    pub(super) fn seconds(self, messages: usize, bytes: f64) -> f64 {
        messages as f64 * self.latency.0 + bytes / self.bandwidth.0
    }
}

/// Seconds in which every member sends `bytes` to every other.
fn exchange(group: &dyn Group, bytes: usize) -> Result<f64> {
    let size = group.size();
    let all = "the messages by which the network is measured";
    let lengths = vec![bytes; size];
    let send: Vec<u8> = memory::zeros(all, bytes.saturating_mul(size))?;
    let mut receive: Vec<u8> = memory::zeros(all, send.len())?;
    group.barrier()?;
    let began = Instant::now();
    group.exchange(&send, &lengths, &mut receive, &lengths)?;
    Ok(began.elapsed().as_secs_f64())
}

/// The largest of the members' numbers.
pub(super) fn slowest(group: &dyn Group, own: f64) -> Result<f64> {
    let mut all = vec![0_u8; 8 * group.size()];
    group.gather_all(&own.to_le_bytes(), &mut all, &vec![8; group.size()])?;
    let numbers = all.as_chunks().0.iter();
    Ok(numbers
        .map(|&bytes| f64::from_le_bytes(bytes))
        .fold(f64::MIN, f64::max))
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn bandwidths_and_latencies_are_read_and_shown() {
        for (text, bytes, shown) in [
            ("10Gbit", 1.25e9, "10 Gbit/s"),
            ("10 Gbit/s", 1.25e9, "10 Gbit/s"),
            ("100Mbit", 12.5e6, "100 Mbit/s"),
            ("1.25GB/s", 1.25e9, "10 Gbit/s"),
            ("1e3kB", 1e6, "8 Mbit/s"),
            ("1MiB", 1_048_576.0, "8.39 Mbit/s"),
            ("0.4Tbit", 50e9, "400 Gbit/s"),
            ("9600bit", 1200.0, "9.6 kbit/s"),
        ] {
            let bandwidth: Bandwidth = text.parse().unwrap();
            assert_eq!(bandwidth.bytes(), bytes, "{text}");
            assert_eq!(bandwidth.to_string(), shown);
        }
        for (text, seconds, shown) in [
            ("20us", 20e-6, "20 µs"),
            ("1.5 ms", 1.5e-3, "1.5 ms"),
            ("800ns", 800e-9, "0.8 µs"),
            ("0s", 0.0, "0 µs"),
            ("2s", 2.0, "2 s"),
        ] {
            let latency: Latency = text.parse().unwrap();
            assert!((latency.seconds() - seconds).abs() < 1e-15, "{text}");
            assert_eq!(latency.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_bandwidth_or_latency_is_refused_with_what_would_be() {
        for text in [
            "", "10", "10Gb", "10gbit", "Gbit", "-1Gbit", "0Gbit", "1e99Gbit", "nanGbit",
            "10Gbit/h",
        ] {
            let error = text.parse::<Bandwidth>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("{text:?}")) && error.contains("10Gbit"),
                "{error}"
            );
        }
        for text in ["", "20", "20 u", "-1us", "11s", "20us/s"] {
            let error = text.parse::<Latency>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("{text:?}")) && error.contains("20us"),
                "{error}"
            );
        }
        assert!(Bandwidth::new(f64::NAN).is_err() && Latency::new(f64::NAN).is_err());
    }

    #[test]
    fn a_slow_link_is_measured() {
        let measured = |size: usize| -> Vec<Option<Link>> {
            thread::scope(|scope| {
                let members = stepnet_mpi::in_process(size).into_iter().map(|member| {
                    let member = member.with_link(5e6, Duration::from_millis(4));
                    scope.spawn(move || Link::measure(&member).unwrap())
                });
                let members: Vec<_> = members.collect();
                members
                    .into_iter()
                    .map(|member| member.join().unwrap())
                    .collect()
            })
        };
        assert_eq!(measured(1), [None]);
        let found = measured(2);
        assert_eq!(found[0], found[1]);
        let link = found[0].unwrap();
        // Never faster than it is; a busy machine may make it slower.
        assert!((2e6..5.3e6).contains(&link.bandwidth.bytes()), "{link:?}");
        assert!((4e-3..20e-3).contains(&link.latency.seconds()), "{link:?}");
    }
}
