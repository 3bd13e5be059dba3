//! Classes for what PyTorch has no module for; a program has those that it uses.

/// A class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Helper {
    AvgPool,
    Branch,
    ChannelShuffle,
    DropPath,
    FlattenChannelsLast,
    LayerNorm2d,
    LayerScale,
    Residual,
    Scale,
    SliceChannels,
}

impl Helper {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AvgPool => "AvgPool",
            Self::Branch => "Branch",
            Self::ChannelShuffle => "ChannelShuffle",
            Self::DropPath => "DropPath",
            Self::FlattenChannelsLast => "FlattenChannelsLast",
            Self::LayerNorm2d => "LayerNorm2d",
            Self::LayerScale => "LayerScale",
            Self::Residual => "Residual",
            Self::Scale => "Scale",
            Self::SliceChannels => "SliceChannels",
        }
    }

    /// Its text.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::AvgPool => AVG_POOL,
            Self::Branch => BRANCH,
            Self::ChannelShuffle => CHANNEL_SHUFFLE,
            Self::DropPath => DROP_PATH,
            Self::FlattenChannelsLast => FLATTEN_CHANNELS_LAST,
            Self::LayerNorm2d => LAYER_NORM_2D,
            Self::LayerScale => LAYER_SCALE,
            Self::Residual => RESIDUAL,
            Self::Scale => SCALE,
            Self::SliceChannels => SLICE_CHANNELS,
        }
    }
}

const AVG_POOL: &str = r#"
class AvgPool(nn.Module):
    """Average pooling with another padding (left, right, top, bottom) on each side, which does not count."""

    def __init__(self, size, stride, padding):
        super().__init__()
        self.size, self.stride, self.padding = size, stride, padding

    def forward(self, x):
        inside = F.pad(torch.ones_like(x[:1, :1]), self.padding)
        counts = F.avg_pool2d(inside, self.size, self.stride, divisor_override=1)
        return F.avg_pool2d(F.pad(x, self.padding), self.size, self.stride, divisor_override=1) / counts
"#;

const BRANCH: &str = r#"
class Branch(nn.ModuleList):
    """Networks side by side, the channels of their outputs one after the other."""

    def forward(self, x):
        return torch.cat([path(x) for path in self], dim=1)
"#;

const FLATTEN_CHANNELS_LAST: &str = r#"
class FlattenChannelsLast(nn.Module):
    """Flattens by height, width and channel."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)
"#;

const LAYER_NORM_2D: &str = r#"
class LayerNorm2d(nn.LayerNorm):
    """Normalises each pixel over its channels."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
"#;

const RESIDUAL: &str = r#"
class Residual(nn.Module):
    """Adds what the body makes of its input to the input, or to what the shortcut makes of it."""

    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body = body
        self.shortcut = nn.Identity() if shortcut is None else shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)
"#;

const SCALE: &str = r#"
class Scale(nn.Module):
    """Multiplies its input by what the body makes of it: a factor for each channel, or for each value."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        factor = self.body(x)
        return x * factor.reshape(factor.shape + (1,) * (x.dim() - factor.dim()))
"#;

const CHANNEL_SHUFFLE: &str = r#"
class ChannelShuffle(nn.Module):
    """The first channel of each group, then the second of each, and so on."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        return x.unflatten(1, (self.groups, -1)).transpose(1, 2).flatten(1, 2)
"#;

const DROP_PATH: &str = r#"
class DropPath(nn.Module):
    """While training, drops the whole of an example with a probability."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training:
            return x
        kept = torch.rand(len(x), *(1,) * (x.dim() - 1), device=x.device) >= self.rate
        return x * kept / (1 - self.rate)
"#;

const LAYER_SCALE: &str = r#"
class LayerScale(nn.Module):
    """A trained factor for each channel."""

    def __init__(self, *shape):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(shape))

    def forward(self, x):
        return x * self.gamma
"#;

const SLICE_CHANNELS: &str = r#"
class SliceChannels(nn.Module):
    """Some of the channels, one after the other."""

    def __init__(self, first, count):
        super().__init__()
        self.first, self.count = first, count

    def forward(self, x):
        return x.narrow(1, self.first, self.count)
"#;
