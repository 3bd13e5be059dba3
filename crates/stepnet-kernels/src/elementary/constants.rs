//! The constants of the functions, by number type.

/// The constants of the functions, and the operations on bits, for each number type.
pub trait Elementary: Sized + 'static {
    /// `1.5 * 2^(bits of the significand)`: adding it rounds to an integer, kept in the low bits.
    const ROUND: Self;
    /// [`Elementary::ROUND`] plus the bias of exponents.
    const ROUND_BIASED: Self;
    /// `1 / ln 2`.
    const LOG2_E: Self;
    /// The upper part of `ln 2`, so short that its product with any exponent is exact.
    const LN_2_HIGH: Self;
    /// The rest of `ln 2`.
    const LN_2_LOW: Self;
    /// Below this `exp` is 0; its exponent still fits two factors.
    const EXP_LOWEST: Self;
    /// Above this `exp` is infinite.
    const EXP_HIGHEST: Self;
    /// Above this `tanh(x / 2)` rounds to 1.
    const TANH_FLAT: Self;
    /// `q`, lowest power first: `exp(r) = 1 + r + r^2 q(r)` for `|r| <= ln(2) / 2`.
    const EXP: &'static [Self];
    /// `q`, lowest power first: `ln((1 + s) / (1 - s)) = 2 s + s^3 q(s^2)` for `|s| <= 1/5`.
    const LN: &'static [Self];
    /// `2^ceil(digits / 2) + 1`: multiplying by it splits a number into halves of its digits.
    const SPLIT: Self;
    /// From here on the tail of the normal distribution rounds to 0.
    const NORMAL_FLAT: Self;
    /// `p`, lowest power first: `Phi(-a) = exp(-a^2 / 2) p(t) / (1 + a)`, `t = (a - 4) / (a + 4)`.
    const NORMAL: &'static [Self];

    /// The low bits moved into the place of the exponent.
    fn low_bits_to_exponent(self) -> Self;

    /// Itself where `condition` holds, else 0, by a mask of bits: never a branch, which would keep
    /// loops from becoming vectors.
    fn only_if(self, condition: bool) -> Self;

    /// Itself where `condition` holds, else `other`, by a mask of bits.
    fn choose(self, condition: bool, other: Self) -> Self;
}

impl Elementary for f64 {
    const ROUND: Self = 6_755_399_441_055_744.0;
    const ROUND_BIASED: Self = 6_755_399_441_056_767.0;
    const LOG2_E: Self = std::f64::consts::LOG2_E;
    // The upper 32 bits of ln 2, and the rest.
    const LN_2_HIGH: Self = 0.693_147_180_369_123_8;
    const LN_2_LOW: Self = 1.908_214_929_270_587_7e-10;
    const EXP_LOWEST: Self = -746.0;
    const EXP_HIGHEST: Self = 710.0;
    const TANH_FLAT: Self = 40.0;
    // Leaves out less than 2^-61 of exp(r) - 1.
    const EXP: &'static [Self] = &[
        0.5,
        0.166_666_666_666_666_77,
        0.041_666_666_666_666_7,
        0.008_333_333_333_321_532,
        0.001_388_888_888_886_670_4,
        0.000_198_412_698_864_010_55,
        2.480_158_736_084_791_5e-5,
        2.755_724_391_162_729_2e-6,
        2.755_724_249_329_800_3e-7,
        2.510_914_745_103_700_5e-8,
        2.092_452_910_024_270_4e-9,
    ];
    // Leaves out less than 2^-62 of the logarithm.
    const LN: &'static [Self] = &[
        0.666_666_666_666_666,
        0.400_000_000_000_563_46,
        0.285_714_285_559_116_27,
        0.222_222_242_868_432_76,
        0.181_816_664_589_664_92,
        0.153_910_927_808_957_07,
        0.131_739_225_321_894_4,
        0.138_408_482_652_142_7,
    ];
    // Split off 26 bits, which is half of them.
    const SPLIT: Self = 134_217_729.0;
    const NORMAL_FLAT: Self = 39.0;
    // Leaves out less than 2^-58 of it (Chebyshev interpolation in 160-bit arithmetic).
    const NORMAL: &'static [Self] = &[
        0.472_053_206_509_844_67,
        -0.096_703_477_326_525_75,
        0.013_999_634_724_424_621,
        0.028_600_364_053_543_47,
        -0.032_197_837_428_040_5,
        0.017_936_097_479_933_355,
        -0.005_002_378_592_040_056,
        -0.000_285_623_102_278_196_2,
        0.000_694_897_115_587_395_4,
        -9.443_021_364_875_517e-5,
        -8.785_325_318_899_536e-5,
        2.124_981_611_130_674e-5,
        1.362_713_331_175_883_2e-5,
        -3.431_319_173_489_186_6e-6,
        -2.613_509_693_720_123e-6,
        4.022_837_197_703_709e-7,
        5.527_491_293_283_135e-7,
        5.087_457_767_203_614e-9,
        -1.112_547_702_275_061_3e-7,
        -2.367_562_115_237_511_4e-8,
        1.709_633_148_627_709e-8,
        8.489_743_412_344_891e-9,
        -8.227_128_586_340_645e-10,
        -1.374_120_904_846_707_3e-9,
        -2.690_420_783_044_874_6e-10,
    ];

    #[inline(always)]
    fn low_bits_to_exponent(self) -> Self {
        Self::from_bits(self.to_bits() << 52)
    }

    #[inline(always)]
    fn only_if(self, condition: bool) -> Self {
        Self::from_bits(self.to_bits() & u64::from(condition).wrapping_neg())
    }

    #[inline(always)]
    fn choose(self, condition: bool, other: Self) -> Self {
        let mask = u64::from(condition).wrapping_neg();
        Self::from_bits((self.to_bits() & mask) | (other.to_bits() & !mask))
    }
}

// The decimals are those of the wider numbers that were rounded; shorter ones would be other numbers to read.
#[allow(clippy::excessive_precision)]
impl Elementary for f32 {
    const ROUND: Self = 12_582_912.0;
    const ROUND_BIASED: Self = 12_583_039.0;
    const LOG2_E: Self = std::f32::consts::LOG2_E;
    // 9 bits of ln 2, and the rest.
    const LN_2_HIGH: Self = 355.0 / 512.0;
    const LN_2_LOW: Self = -2.121_944_4e-4;
    const EXP_LOWEST: Self = -105.0;
    const EXP_HIGHEST: Self = 89.0;
    const TANH_FLAT: Self = 20.0;
    // Leaves out less than 2^-26 of exp(r) - 1.
    const EXP: &'static [Self] = &[
        0.5,
        0.166_665_42,
        0.041_666_28,
        0.008_366_643,
        0.001_394_652_8,
    ];
    // Leaves out less than 2^-28 of the logarithm.
    const LN: &'static [Self] = &[0.666_669_5, 0.399_577_38, 0.303_624_4];
    const SPLIT: Self = 4_097.0;
    const NORMAL_FLAT: Self = 14.6;
    // Leaves out less than 2^-28 of it.
    const NORMAL: &'static [Self] = &[
        0.472_053_2,
        -0.096_703_469_8,
        0.013_999_631_6,
        0.028_600_027_8,
        -0.032_197_747_4,
        0.017_939_530_3,
        -0.005_002_437_63,
        -0.000_300_377_782,
        0.000_691_143_272,
        -6.594_051_23e-5,
        -7.402_671_33e-5,
    ];

    #[inline(always)]
    fn low_bits_to_exponent(self) -> Self {
        Self::from_bits(self.to_bits() << 23)
    }

    #[inline(always)]
    fn only_if(self, condition: bool) -> Self {
        Self::from_bits(self.to_bits() & u32::from(condition).wrapping_neg())
    }

    #[inline(always)]
    fn choose(self, condition: bool, other: Self) -> Self {
        let mask = u32::from(condition).wrapping_neg();
        Self::from_bits((self.to_bits() & mask) | (other.to_bits() & !mask))
    }
}
