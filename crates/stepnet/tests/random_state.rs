//! `RandomState` against the random streams of the fixtures, and against values taken from numpy itself.

use serde::Deserialize;
use stepnet::Result;
use stepnet::rng::RandomState;

#[derive(Deserialize)]
struct Seeds {
    rng: Streams,
    streams: Vec<Values>,
}

#[derive(Deserialize)]
struct Streams {
    randn: Vec<Floats>,
    rand: Vec<Floats>,
    mt19937_u32: Vec<Words>,
    carry: Vec<Carry>,
}

#[derive(Deserialize)]
struct Floats {
    #[serde(default)]
    seed: u32,
    #[serde(default)]
    call: String,
    count: usize,
    values: Vec<f64>,
    hex: Vec<String>,
    bits: Vec<String>,
}

#[derive(Deserialize)]
struct Words {
    seed: u32,
    count: usize,
    values: Vec<u32>,
}

#[derive(Deserialize)]
struct Carry {
    seed: u32,
    calls: Vec<Floats>,
}

#[derive(Deserialize)]
struct Values {
    call: String,
    seed: u32,
    count: usize,
    values: Vec<f64>,
}

fn seeds() -> Seeds {
    serde_json::from_str(include_str!("../../stepnet-course/fixtures/seeds.json")).unwrap()
}

fn bits(values: &[f64]) -> Vec<String> {
    values
        .iter()
        .map(|value| format!("{:016x}", value.to_bits()))
        .collect()
}

/// The value of a C hex float such as `-0x1.393822fb7d9adp-1`, for normal numbers.
fn from_hex(text: &str) -> f64 {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((1.0, text), |rest| (-1.0, rest));
    let (mantissa, exponent) = digits
        .strip_prefix("0x1.")
        .unwrap()
        .split_once('p')
        .unwrap();
    let fraction =
        u64::from_str_radix(mantissa, 16).unwrap() as f64 / 16_f64.powi(mantissa.len() as i32);
    sign * (1.0 + fraction) * 2_f64.powi(exponent.parse().unwrap())
}

fn check(expected: &Floats, drawn: &[f64]) {
    assert_eq!(
        bits(drawn),
        expected.bits,
        "seed {} {}",
        expected.seed,
        expected.call
    );
    assert_eq!(drawn.len(), expected.count);
    assert_eq!(
        bits(&expected.values),
        expected.bits,
        "the decimals give the same numbers"
    );
    let hex: Vec<f64> = expected.hex.iter().map(|text| from_hex(text)).collect();
    assert_eq!(
        bits(&hex),
        expected.bits,
        "the hex floats give the same numbers"
    );
}

#[test]
fn the_fixtures_normals_and_uniforms_come_bit_for_bit() -> Result<()> {
    let streams = seeds().rng;
    assert_eq!((streams.randn.len(), streams.rand.len()), (7, 1));
    for expected in &streams.randn {
        check(
            expected,
            RandomState::new(expected.seed)
                .randn(expected.count)?
                .as_slice()
                .unwrap(),
        );
    }
    for expected in &streams.rand {
        check(
            expected,
            RandomState::new(expected.seed)
                .rand(expected.count)?
                .as_slice()
                .unwrap(),
        );
    }
    Ok(())
}

#[test]
fn the_fixtures_words_come_bit_for_bit() {
    let streams = seeds().rng;
    assert_eq!(streams.mt19937_u32.len(), 2);
    for expected in &streams.mt19937_u32 {
        let mut random = RandomState::new(expected.seed);
        let drawn: Vec<u32> = (0..expected.count).map(|_| random.next_u32()).collect();
        assert_eq!(drawn, expected.values, "seed {}", expected.seed);
    }
}

#[test]
fn the_cached_normal_is_carried_over() -> Result<()> {
    let streams = seeds().rng;
    assert_eq!(streams.carry.len(), 1);
    for sequence in &streams.carry {
        let mut random = RandomState::new(sequence.seed);
        for expected in &sequence.calls {
            let drawn = match expected.call.as_str() {
                "randn" => random.randn(expected.count)?,
                "rand" => random.rand(expected.count)?,
                other => panic!("unknown call {other:?}"),
            };
            check(expected, drawn.as_slice().unwrap());
        }
    }
    Ok(())
}

#[test]
fn the_fixtures_long_streams_come_bit_for_bit() -> Result<()> {
    let streams = seeds().streams;
    assert_eq!(
        streams.iter().map(|stream| stream.count).sum::<usize>(),
        1696 + 32
    );
    for expected in &streams {
        assert_eq!(expected.call, "randn");
        let drawn = RandomState::new(expected.seed).randn(expected.count)?;
        assert_eq!(
            bits(drawn.as_slice().unwrap()),
            bits(&expected.values),
            "seed {}",
            expected.seed
        );
    }
    Ok(())
}

#[derive(Deserialize)]
struct Numpy {
    rand: Vec<LastBits>,
    randn: Vec<Normals>,
    randint: Vec<Calls<Randint>>,
    permutation: Vec<Calls<Permutation>>,
    shuffle: Vec<Shuffle>,
    mixed: Vec<Mixed>,
}

#[derive(Deserialize)]
struct LastBits {
    seed: u32,
    bits: Vec<String>,
}

#[derive(Deserialize)]
struct Normals {
    seed: u32,
    count: usize,
    last: Vec<String>,
    hash: String,
}

#[derive(Deserialize)]
struct Calls<T> {
    seed: u32,
    calls: Vec<T>,
}

#[derive(Deserialize)]
struct Randint {
    low: i64,
    high: i64,
    values: Vec<i64>,
}

#[derive(Deserialize)]
struct Permutation {
    n: usize,
    #[serde(flatten)]
    order: Order,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Order {
    first: Vec<usize>,
    last: Vec<usize>,
    hash: String,
}

#[derive(Deserialize)]
struct Shuffle {
    seed: u32,
    letters: String,
    twice: Order,
}

#[derive(Deserialize)]
struct Mixed {
    seed: u32,
    rand: Vec<String>,
    coins: String,
    permutation: Order,
    large: Vec<i64>,
    keys: String,
    position: usize,
    has_gauss: bool,
}

fn numpy() -> Numpy {
    serde_json::from_str(include_str!(
        "../../stepnet-base/fixtures/numpy_random.json"
    ))
    .unwrap()
}

/// The hash that `tools/numpy_random_values.py` writes.
fn hash(values: impl IntoIterator<Item = u64>) -> String {
    let step = |hash: u64, value: u64| hash.wrapping_mul(1_099_511_628_211).wrapping_add(value);
    format!("{:016x}", values.into_iter().fold(0, step))
}

fn order(values: &[usize]) -> Order {
    Order {
        first: values[..values.len().min(8)].to_vec(),
        last: values[values.len().saturating_sub(8)..].to_vec(),
        hash: hash(values.iter().map(|&value| value as u64)),
    }
}

#[test]
fn rand_is_numpys() -> Result<()> {
    for expected in numpy().rand {
        let drawn = RandomState::new(expected.seed).rand(700)?;
        assert_eq!(
            bits(&drawn.as_slice().unwrap()[650..]),
            expected.bits,
            "seed {}",
            expected.seed
        );
    }
    Ok(())
}

#[test]
fn randn_is_numpys_with_a_correctly_rounded_logarithm() -> Result<()> {
    for expected in numpy().randn {
        let mut values = vec![0.0; expected.count];
        RandomState::new(expected.seed).fill_randn(&mut values);
        let seed = expected.seed;
        assert_eq!(
            bits(&values[values.len() - 8..]),
            expected.last,
            "seed {seed}"
        );
        assert_eq!(
            hash(values.iter().map(|value| value.to_bits())),
            expected.hash,
            "seed {seed}"
        );
    }
    Ok(())
}

#[test]
fn randint_is_numpys() -> Result<()> {
    for Calls { seed, calls } in numpy().randint {
        let mut random = RandomState::new(seed);
        assert_eq!(calls.len(), 19);
        for Randint { low, high, values } in calls {
            let drawn = random.randint(low, high, values.len())?;
            assert_eq!(drawn, values, "seed {seed}, randint({low}, {high})");
        }
    }
    Ok(())
}

#[test]
fn permutation_is_numpys() {
    for Calls { seed, calls } in numpy().permutation {
        let mut random = RandomState::new(seed);
        for expected in calls {
            let drawn = random.permutation(expected.n);
            assert_eq!(
                order(&drawn),
                expected.order,
                "seed {seed}, n {}",
                expected.n
            );
        }
    }
}

#[test]
fn shuffle_is_numpys() {
    for expected in numpy().shuffle {
        let mut random = RandomState::new(expected.seed);
        let mut letters: Vec<char> = ('a'..='k').collect();
        random.shuffle(&mut letters);
        assert_eq!(
            letters.iter().collect::<String>(),
            expected.letters,
            "seed {}",
            expected.seed
        );
        let mut numbers: Vec<usize> = (0..1000).collect();
        random.shuffle(&mut numbers);
        random.shuffle(&mut numbers);
        assert_eq!(order(&numbers), expected.twice, "seed {}", expected.seed);
    }
}

#[test]
fn mixed_calls_end_in_numpys_state() -> Result<()> {
    for expected in numpy().mixed {
        let mut random = RandomState::new(expected.seed);
        assert_eq!(bits(random.rand(3)?.as_slice().unwrap()), expected.rand);
        random.normal();
        let coins = random.randint(0, 2, 700)?;
        assert_eq!(hash(coins.iter().map(|&coin| coin as u64)), expected.coins);
        assert_eq!(order(&random.permutation(100)), expected.permutation);
        random.randn(4)?;
        assert_eq!(random.randint(-(1 << 50), 1 << 50, 5)?, expected.large);
        let state = random.state();
        assert_eq!(
            hash(state.words.iter().map(|&word| u64::from(word))),
            expected.keys
        );
        assert_eq!(state.position, expected.position);
        assert_eq!(state.cached_normal.is_some(), expected.has_gauss);
    }
    Ok(())
}
