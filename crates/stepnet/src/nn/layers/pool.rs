//! `maxpool(size, ...)`, `avgpool(size, ...)` and `globalavgpool`.

use super::window::{Window, reason, volume};
use crate::Element;
use crate::error::Result as Checked;
use crate::kernels::{PoolGeometry, pool};
use crate::memory;
use crate::nn::account::{self, Account, Feed, Feeds, Rule, Seen, Term};
use crate::nn::doctor::cost;
use crate::nn::layer::{Backward, Forward, Layer, Memory, Reads, Remedy};
use crate::nn::notation::{LayerText, PaddingText};
use crate::nn::shape::Shape;

fn geometry(
    kind: &str,
    window: &Window,
    input: Shape,
    batch: usize,
) -> Result<PoolGeometry, String> {
    let [height, width, channels] = volume(kind, input)?;
    window
        .resolve([height, width])
        .and_then(|w| {
            PoolGeometry::new(
                batch,
                [height, width, channels],
                w.kernel,
                w.stride,
                w.padding,
            )
        })
        .map_err(|error| reason(&error))
}

/// The formula by which a window, or its padding, is refused.
fn formula(window: &Window, input: Shape) -> Option<String> {
    let [height, width, _] = volume("pool", input).ok()?;
    if let PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    } = window.padding
    {
        let [rows, columns] = window.kernel;
        let sides = [
            (top, rows),
            (bottom, rows),
            (left, columns),
            (right, columns),
        ];
        if let Some((pad, size)) = sides.into_iter().find(|(pad, size)| pad >= size) {
            return Some(format!(
                "{pad} >= {size}, so a window could hold nothing but padding"
            ));
        }
    }
    window.formula([height, width])
}

/// Windows that may fit where this one does not.
fn remedies(text: &LayerText, window: &Window, input: Shape) -> Vec<Remedy> {
    let Ok([height, width, _]) = volume("pool", input) else {
        return Vec::new();
    };
    let mut remedies = window.remedies(text, "size", [height, width]);
    let mut add = |text: crate::Result<LayerText>, cost| {
        remedies.extend(text.ok().map(|text| Remedy { text, cost }));
    };
    let plain = || text.clone().with("padding", PaddingText::Valid);
    if let PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    } = window.padding
    {
        // Elsewhere the second number of a pooling is its stride.
        if top == bottom && left == right && top > 0 && left > 0 {
            add(
                plain().and_then(|text| text.with("stride", [top, left])),
                cost::SLIP,
            );
        }
        let [rows, columns] = window.kernel.map(|size| size - 1);
        let less = PaddingText::Sides {
            top: top.min(rows),
            bottom: bottom.min(rows),
            left: left.min(columns),
            right: right.min(columns),
        };
        add(text.clone().with("padding", less), cost::ARGUMENT);
    }
    // Windows that overlap look at each pixel many times.
    let [down, across] = window.stride;
    if down < window.kernel[0] || across < window.kernel[1] {
        add(text.clone().with("stride", window.kernel), cost::HALVED);
    }
    remedies
}

fn accepted(kind: &str, window: &Window, input: Shape, batch: usize) -> PoolGeometry {
    geometry(kind, window, input, batch)
        .unwrap_or_else(|problem| panic!("{kind} after its shape check: {problem}"))
}

/// Positions of all windows of one example; what a window has beyond the image is never looked at.
fn visits(geometry: &PoolGeometry) -> u64 {
    let [height, width, channels] = geometry.input;
    let [out_height, out_width, _] = geometry.output;
    let window = geometry.kernel[0].min(height) * geometry.kernel[1].min(width);
    ((out_height * out_width * channels) as u64).saturating_mul(window as u64)
}

/// The most positions of a window that are listed with those in the padding.
const MOST_POSITIONS: usize = 1 << 16;

/// The window of output value `place`: a term for each of its positions, and its extents. Of a very
/// large window the positions in the padding are left out, and then it has none.
fn window_terms<T: Element>(
    g: &PoolGeometry,
    place: usize,
    seen: &Seen<'_, T>,
) -> Checked<(Vec<Term>, Option<[usize; 3]>)> {
    let [_, out_width, channels] = g.output;
    let (row, col) = (place / (out_width * channels), place / channels % out_width);
    let [down, right] = g.axes();
    let whole = g.kernel[0] * g.kernel[1] <= MOST_POSITIONS;
    let (rows, cols) = if whole {
        (0..g.kernel[0], 0..g.kernel[1])
    } else {
        (down.taps(row), right.taps(col))
    };
    let mut terms = account::room(rows.len() * cols.len())?;
    for u in rows {
        for v in cols.clone() {
            let pixel = down.coordinate(row, u).zip(right.coordinate(col, v));
            terms.push(pixel.map_or(Term::padding(1.0), |(i, j)| {
                let place = (i * g.input[1] + j) * channels + place % channels;
                Term::new(place, account::value(seen.x, place), 1.0)
            }));
        }
    }
    Ok((terms, whole.then_some([g.kernel[0], g.kernel[1], 1])))
}

/// The first largest of a window's values, as the kernel finds it.
fn winner<T: Element>(terms: &[Term], seen: &Seen<'_, T>) -> usize {
    let values = terms.iter().enumerate().filter_map(|(number, term)| {
        let value = seen.x.get(term.place?)?;
        Some((number, *value))
    });
    values
        .reduce(|best, other| {
            if pool::beats(other.1, best.1) {
                other
            } else {
                best
            }
        })
        .map_or(0, |(number, _)| number)
}

/// The output values whose windows hold the input value at `place`, each with one over how many
/// values of the image its window holds.
fn windows_over(g: &PoolGeometry, place: usize) -> Checked<Vec<Feed>> {
    let [_, width, channels] = g.input;
    let (row, col) = (place / (width * channels), place / channels % width);
    let [down, right] = g.axes();
    let across: Vec<(usize, usize)> = right
        .windows(col)
        .map(|(j, _)| (j, right.taps(j).len()))
        .collect();
    let mut feeds = account::room(down.windows(row).count() * across.len())?;
    for (i, _) in down.windows(row) {
        let rows = down.taps(i).len();
        for &(j, cols) in &across {
            let place = (i * g.output[1] + j) * channels + place % channels;
            feeds.push(Feed::new(place, 1.0 / (rows * cols) as f64));
        }
    }
    Ok(feeds)
}

/// Max pooling. The padding never wins; of several equal maxima the first (row by row) gets the
/// gradient; windows may overlap.
#[derive(Debug, Clone)]
pub struct MaxPool {
    text: LayerText,
    window: Window,
}

impl MaxPool {
    pub(super) fn from_text(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            window: Window::of_pool(text),
        }
    }
}

impl<T: Element> Layer<T> for MaxPool {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, String> {
        Ok(geometry("maxpool", &self.window, input, 1)?.output.into())
    }

    fn formula(&self, input: Shape) -> Option<String> {
        formula(&self.window, input)
    }

    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        remedies(&self.text, &self.window, input)
    }

    fn visits(&self, input: Shape) -> u64 {
        visits(&accepted("maxpool", &self.window, input, 1))
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let [height, width, channels] = accepted("maxpool", &self.window, input, batch).output;
        Memory {
            kept_indices: batch * height * width * channels,
            ..Memory::default()
        }
    }

    fn reads(&self) -> Reads {
        Reads {
            input: false,
            output: false,
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let geometry = accepted(
            "maxpool",
            &self.window,
            pass.context.input,
            pass.context.batch,
        );
        let winners = pass.context.backward.then_some(pass.kept_indices);
        pool::max_forward(&geometry, pass.x, pass.y, winners);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let geometry = accepted(
            "maxpool",
            &self.window,
            pass.context.input,
            pass.context.batch,
        );
        if let Some(dx) = pass.dx {
            pool::max_backward(&geometry, pass.kept_indices, pass.dy, dx);
        }
    }

    fn account(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Account>> {
        let g = accepted("maxpool", &self.window, seen.input, 1);
        let (terms, window) = window_terms(&g, place, seen)?;
        let winner = winner(&terms, seen);
        let formula = "y = the largest x of the window, the first of equals";
        let account = Account::new(formula, Rule::Largest { winner }, terms);
        Ok(Some(Account { window, ..account }))
    }

    fn feeds(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Feeds>> {
        let g = accepted("maxpool", &self.window, seen.input, 1);
        let mut y = memory::zeros("the values of one layer", g.y_len())?;
        let mut winners = memory::zeros("the winners of one layer", g.y_len())?;
        pool::max_forward(&g, seen.x, &mut y, Some(&mut winners));
        let mut feeds = windows_over(&g, place)?;
        for feed in &mut feeds {
            let won = winners.get(feed.place).copied();
            let won = won.is_some_and(|winner| winner as usize == place);
            *feed = Feed::new(feed.place, f64::from(u8::from(won)));
        }
        let formula = "dx = sum of dy over the windows that x won";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}

/// Average pooling over windows, or over the whole plane.
///
/// Unless `count_padding`, a window at the edge is divided by the values it holds, not by its
/// full area. Over the whole plane (`globalavgpool`) a volume becomes a vector of its channels.
#[derive(Debug, Clone)]
pub struct AvgPool {
    text: LayerText,
    /// `None` for the whole plane.
    window: Option<Window>,
    count_padding: bool,
}

impl AvgPool {
    pub(super) fn from_text(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            window: Some(Window::of_pool(text)),
            count_padding: text.flag("count_padding"),
        }
    }

    pub(super) fn global(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            window: None,
            count_padding: false,
        }
    }

    fn geometry(&self, input: Shape, batch: usize) -> Result<PoolGeometry, String> {
        let whole = |[height, width, _]: [usize; 3]| Window::plain([height, width]);
        let window = match &self.window {
            Some(window) => window.clone(),
            None => whole(volume("globalavgpool", input)?),
        };
        geometry(self.text.kind(), &window, input, batch)
    }

    fn accepted(&self, input: Shape, batch: usize) -> PoolGeometry {
        self.geometry(input, batch)
            .unwrap_or_else(|problem| panic!("average pooling after its shape check: {problem}"))
    }
}

impl<T: Element> Layer<T> for AvgPool {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, String> {
        let output = self.geometry(input, 1)?.output;
        Ok(match self.window {
            Some(_) => output.into(),
            None => Shape::Features(output[2]),
        })
    }

    fn formula(&self, input: Shape) -> Option<String> {
        formula(self.window.as_ref()?, input)
    }

    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        match &self.window {
            Some(window) => remedies(&self.text, window, input),
            None => Vec::new(),
        }
    }

    fn visits(&self, input: Shape) -> u64 {
        visits(&self.accepted(input, 1))
    }

    fn reads(&self) -> Reads {
        Reads {
            input: false,
            output: false,
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let geometry = self.accepted(pass.context.input, pass.context.batch);
        pool::average_forward(&geometry, self.count_padding, pass.x, pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            let geometry = self.accepted(pass.context.input, pass.context.batch);
            pool::average_backward(&geometry, self.count_padding, pass.dy, dx);
        }
    }

    fn account(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Account>> {
        let g = self.accepted(seen.input, 1);
        let (terms, window) = window_terms(&g, place, seen)?;
        let inside = terms.iter().filter(|term| term.place.is_some()).count();
        let counted = if self.count_padding {
            g.kernel[0] * g.kernel[1]
        } else {
            inside
        };
        let formula = "y = sum of x over the window / how many count";
        let rule = Rule::Sum {
            bias: None,
            divisor: counted as f64,
        };
        let account = Account::new(formula, rule, terms);
        Ok(Some(Account { window, ..account }))
    }

    fn feeds(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Feeds>> {
        let g = self.accepted(seen.input, 1);
        let mut feeds = windows_over(&g, place)?;
        if self.count_padding {
            let all = (g.kernel[0] * g.kernel[1]) as f64;
            for feed in &mut feeds {
                *feed = Feed::new(feed.place, 1.0 / all);
            }
        }
        let formula = "dx = sum of dy / how many count, over the windows that hold x";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}
