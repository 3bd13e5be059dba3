//! The Mersenne Twister MT19937: a stream of 32-bit words, as numpy's legacy generator seeds and reads it.
//!
//! Source: M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed
//! uniform pseudo-random number generator", 1998, with the single-word seeding of its 2002 revision.

/// Words of state.
pub(super) const WORDS: usize = 624;
/// Distance of the word that is mixed in by the recurrence.
const MIDDLE: usize = 397;
const MATRIX: u32 = 0x9908_b0df;
const UPPER_BIT: u32 = 0x8000_0000;
const LOWER_BITS: u32 = 0x7fff_ffff;

/// The generator: its words, and how many of the current block have been handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mt19937 {
    words: [u32; WORDS],
    position: usize,
}

impl Mt19937 {
    /// Seeds with one word: `words[i] = 1812433253 * (words[i-1] ^ (words[i-1] >> 30)) + i`.
    pub(super) fn new(seed: u32) -> Self {
        let mut words = [0; WORDS];
        let mut word = seed;
        for (i, slot) in (0_u32..).zip(&mut words) {
            if i > 0 {
                word = (word ^ (word >> 30))
                    .wrapping_mul(1_812_433_253)
                    .wrapping_add(i);
            }
            *slot = word;
        }
        Self {
            words,
            position: WORDS,
        }
    }

    /// Continues from saved words; `None` unless `position <= 624` and the state can generate.
    ///
    /// The recurrence reads only the top bit of the first word, so a state that is zero everywhere else
    /// would give zeros for ever.
    pub(super) fn from_parts(words: [u32; WORDS], position: usize) -> Option<Self> {
        let alive = words[0] & UPPER_BIT != 0 || words[1..].iter().any(|&word| word != 0);
        (alive && position <= WORDS).then_some(Self { words, position })
    }

    pub(super) fn words(&self) -> &[u32; WORDS] {
        &self.words
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The next 32 bits.
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.position >= WORDS {
            self.twist();
        }
        let mut word = self.words[self.position];
        self.position += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// The next 64 bits; the word drawn first is the upper half.
    pub(super) fn next_u64(&mut self) -> u64 {
        let upper = u64::from(self.next_u32());
        upper << 32 | u64::from(self.next_u32())
    }

    /// Replaces all words by the next block. The three loops avoid an index taken modulo 624.
    fn twist(&mut self) {
        let mix = |word: u32, next: u32| {
            let joined = (word & UPPER_BIT) | (next & LOWER_BITS);
            (joined >> 1) ^ if joined & 1 == 1 { MATRIX } else { 0 }
        };
        let words = &mut self.words;
        for i in 0..WORDS - MIDDLE {
            words[i] = words[i + MIDDLE] ^ mix(words[i], words[i + 1]);
        }
        for i in WORDS - MIDDLE..WORDS - 1 {
            words[i] = words[i + MIDDLE - WORDS] ^ mix(words[i], words[i + 1]);
        }
        words[WORDS - 1] = words[MIDDLE - 1] ^ mix(words[WORDS - 1], words[0]);
        self.position = 0;
    }
}
