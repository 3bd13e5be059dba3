//! Groups whose members are threads of one process.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::group::{Group, Values, check, starts};
use crate::{Error, Result};

/// How long a member waits for the others before it takes one for gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// A group of `size` members, each for one thread. A program that measures what a slow network does can let every
/// exchange take time with [`Member::with_link`].
///
/// # Panics
/// When `size` is 0.
pub fn in_process(size: usize) -> Vec<Member> {
    assert!(size > 0, "a group has a member");
    let table = Arc::new(Table {
        state: Mutex::new(State {
            slots: vec![Vec::new(); size],
            arrived: 0,
            round: 0,
            gone: None,
        }),
        changed: Condvar::new(),
    });
    let member = |rank| Member {
        rank,
        size,
        table: Arc::clone(&table),
        link: None,
    };
    (0..size).map(member).collect()
}

/// A member of a group within one process.
#[derive(Debug)]
pub struct Member {
    rank: usize,
    size: usize,
    table: Arc<Table>,
    link: Option<Link>,
}

/// What a network between the members would cost.
#[derive(Debug, Clone, Copy)]
struct Link {
    bytes_per_second: f64,
    latency: Duration,
}

/// Where the members lay down what the others take.
#[derive(Debug)]
struct Table {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    slots: Vec<Vec<u8>>,
    arrived: usize,
    round: u64,
    /// The first member that was dropped before the others were done: others follow because of it.
    gone: Option<usize>,
}

impl Member {
    /// The same member, whose exchanges take at least the time of a network of this bandwidth, in bytes per second in
    /// each direction, and latency.
    #[must_use]
    pub fn with_link(mut self, bytes_per_second: f64, latency: Duration) -> Self {
        self.link = Some(Link {
            bytes_per_second,
            latency,
        });
        self
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.table
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all members are here; the last one lets them go on.
    fn meet(&self) -> Result<()> {
        let mut state = self.lock();
        let round = state.round;
        state.arrived += 1;
        if state.arrived == self.size {
            state.arrived = 0;
            state.round += 1;
            self.table.changed.notify_all();
            return Ok(());
        }
        let deadline = Instant::now() + PATIENCE;
        while state.round == round {
            if let Some(rank) = state.gone {
                return Err(Error::Group(format!(
                    "rank {rank} is gone before the work was done"
                )));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let missing = self.size - state.arrived;
                return Err(Error::Group(format!(
                    "{missing} of {} members did not come within {} s",
                    self.size,
                    PATIENCE.as_secs()
                )));
            }
            let wait = self.table.changed.wait_timeout(state, left);
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Lays `bytes` down, lets `take` read what all have laid down, and ends when all have read. `sent` bytes leave
    /// this member for others.
    fn share(&self, bytes: &[u8], sent: usize, take: impl FnOnce(&[Vec<u8>])) -> Result<()> {
        let began = Instant::now();
        {
            let slot = &mut self.lock().slots[self.rank];
            slot.clear();
            slot.extend_from_slice(bytes);
        }
        self.meet()?;
        take(&self.lock().slots);
        self.meet()?;
        if let Some(link) = self.link {
            let cost = link.latency + Duration::from_secs_f64(sent as f64 / link.bytes_per_second);
            std::thread::sleep(cost.saturating_sub(began.elapsed()));
        }
        Ok(())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.lock().gone.get_or_insert(self.rank);
        self.table.changed.notify_all();
    }
}

impl Group for Member {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn broadcast(&self, root: usize, bytes: &mut [u8]) -> Result<()> {
        let own: &[u8] = if root == self.rank { bytes } else { &[] };
        let (own, sent) = (own.to_vec(), own.len());
        self.share(&own, sent, |slots| bytes.copy_from_slice(&slots[root]))
    }

    fn exchange(
        &self,
        send: &[u8],
        sent: &[usize],
        receive: &mut [u8],
        received: &[usize],
    ) -> Result<()> {
        check(self.size, sent, send.len(), "what is sent");
        check(self.size, received, receive.len(), "what is received");
        // Before each member's pieces stand their lengths, so that every other finds its own.
        let mut bytes = Vec::with_capacity(send.len() + 8 * self.size);
        for &len in sent {
            bytes.extend((len as u64).to_le_bytes());
        }
        bytes.extend_from_slice(send);
        let away = send.len() - sent[self.rank];
        self.share(&bytes, away, |slots| {
            for ((slot, start), &len) in slots.iter().zip(starts(received)).zip(received) {
                let (lengths, pieces) = slot.split_at(8 * self.size);
                let before: u64 = lengths.as_chunks().0[..self.rank]
                    .iter()
                    .map(|&length| u64::from_le_bytes(length))
                    .sum();
                let before = before as usize;
                receive[start..][..len].copy_from_slice(&pieces[before..][..len]);
            }
        })
    }

    fn gather_all(&self, own: &[u8], all: &mut [u8], lengths: &[usize]) -> Result<()> {
        check(self.size, lengths, all.len(), "what is gathered");
        assert_eq!(lengths[self.rank], own.len(), "the length of the own part");
        self.share(own, own.len() * (self.size - 1), |slots| {
            for ((slot, start), &len) in slots.iter().zip(starts(lengths)).zip(lengths) {
                all[start..][..len].copy_from_slice(slot);
            }
        })
    }

    fn add_all(&self, values: Values<'_>) -> Result<()> {
        match values {
            Values::F32(values) => self.add(values, f32::to_le_bytes, f32::from_le_bytes),
            Values::F64(values) => self.add(values, f64::to_le_bytes, f64::from_le_bytes),
        }
    }

    fn barrier(&self) -> Result<()> {
        self.share(&[], 0, |_| {})
    }

    fn abort(&self, code: i32) -> ! {
        std::process::exit(code)
    }
}

impl Member {
    fn add<T, const N: usize>(
        &self,
        values: &mut [T],
        to_bytes: fn(T) -> [u8; N],
        from_bytes: fn([u8; N]) -> T,
    ) -> Result<()>
    where
        T: Copy + std::ops::Add<Output = T>,
    {
        let own: Vec<u8> = values.iter().flat_map(|&value| to_bytes(value)).collect();
        // Each takes the others' values: what a simple network would do.
        self.share(&own, own.len() * (self.size - 1), |slots| {
            for (rank, slot) in slots.iter().enumerate() {
                for (value, &bytes) in values.iter_mut().zip(slot.as_chunks().0) {
                    let other = from_bytes(bytes);
                    *value = if rank == 0 { other } else { *value + other };
                }
            }
        })
    }
}
