//! How a recipe is written down: a network's text, and next to each layer with weights the name that a file has for it.

/// A piece of a network, and the names of its layers in a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    steps: Vec<String>,
    /// A name for each layer with weights, in the order of the text.
    names: Vec<String>,
}

impl Plan {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Layers without weights, as the notation writes them.
    pub(super) fn then(mut self, text: &str) -> Self {
        self.steps.push(text.to_owned());
        self
    }

    /// A layer with weights, and its name in the file.
    pub(super) fn layer(mut self, text: impl Into<String>, name: impl Into<String>) -> Self {
        self.steps.push(text.into());
        self.names.push(name.into());
        self
    }

    /// Another piece.
    pub(super) fn add(mut self, other: Plan) -> Self {
        self.steps.extend(other.steps);
        self.names.extend(other.names);
        self
    }

    /// The sum of what a piece makes and of its input, or of what a shortcut makes of that.
    pub(super) fn residual(mut self, body: Plan, shortcut: Option<Plan>) -> Self {
        let mut text = format!("residual({}", body.text());
        self.names.extend(body.names);
        if let Some(shortcut) = shortcut {
            text += &format!(", shortcut={}", shortcut.text());
            self.names.extend(shortcut.names);
        }
        self.steps.push(text + ")");
        self
    }

    /// The channels of several pieces one after the other.
    pub(super) fn branch(mut self, paths: impl IntoIterator<Item = Plan>) -> Self {
        let mut texts = Vec::new();
        for path in paths {
            texts.push(path.text());
            self.names.extend(path.names);
        }
        self.steps.push(format!("branch({})", texts.join(" | ")));
        self
    }

    /// Its input times what a piece makes of it.
    pub(super) fn scale(mut self, body: Plan) -> Self {
        self.steps.push(format!("scale({})", body.text()));
        self.names.extend(body.names);
        self
    }

    /// The text.
    pub(super) fn text(&self) -> String {
        self.steps.join(" -> ")
    }

    /// The names of the layers with weights.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}

/// A convolution as PyTorch has it: padded by half of its kernel on all sides, without a bias.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conv {
    pub(super) filters: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) groups: usize,
    pub(super) bias: bool,
    /// Padded as TensorFlow does: so that the output is `ceil(n / stride)`, an odd rest at the bottom and right.
    pub(super) same: bool,
}

impl Conv {
    /// One of stride 1.
    pub(super) fn new(filters: usize, kernel: usize) -> Self {
        Self {
            filters,
            kernel,
            stride: 1,
            groups: 1,
            bias: false,
            same: false,
        }
    }

    /// With a stride.
    pub(super) fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// In groups.
    pub(super) fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// With a bias.
    pub(super) fn bias(self) -> Self {
        Self { bias: true, ..self }
    }

    /// Padded as TensorFlow does, or not.
    pub(super) fn same(self, same: bool) -> Self {
        Self { same, ..self }
    }

    /// As the notation writes it.
    pub(super) fn text(self) -> String {
        let Self {
            filters,
            kernel,
            stride,
            groups,
            bias,
            same,
        } = self;
        let mut text = format!("conv({filters}, {kernel}");
        match kernel {
            1 => {}
            // At stride 1 both are the same.
            _ if same || (stride == 1 && kernel % 2 == 1) => text += ", same",
            _ => text += &format!(", padding={}", kernel / 2),
        }
        if stride > 1 {
            text += &format!(", stride={stride}");
        }
        if groups > 1 {
            text += &format!(", groups={groups}");
        }
        if !bias {
            text += ", bias=false";
        }
        text + ")"
    }
}

/// Batch normalisation with PyTorch's epsilon, or another.
pub(super) fn norm(epsilon: f64) -> String {
    match epsilon == 1e-5 {
        true => "bn".to_owned(),
        false => format!("bn(epsilon={epsilon})"),
    }
}
