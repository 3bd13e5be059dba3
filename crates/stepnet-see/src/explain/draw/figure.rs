//! The figure of a map: the image, the map over it, and the map alone, with a scale of colours.

use super::canvas::Canvas;
use super::colour::Scale;
use super::font::HEIGHT;
use super::{Drawing, Finding};
use crate::error::Result;
use crate::explain::{Attribution, GradCam, Tiles};

/// Images are enlarged until their longer side has this many pixels.
const PANEL: usize = 224;

const MARGIN: usize = 12;

/// A line of text with the space below it.
const LINE: usize = 2 * HEIGHT + 8;

const BAR: usize = 14;

/// A map with the colours that it is drawn in.
pub(super) struct Coloured<'a> {
    map: &'a Attribution,
    scale: Scale,
    /// The magnitude at the end of the scale.
    pub(super) end: f64,
}

impl<'a> Coloured<'a> {
    pub(super) fn of(map: &'a Attribution) -> Self {
        Self {
            map,
            scale: Scale::of(map.signed),
            end: end(map),
        }
    }

    /// The scale.
    pub(super) fn scale(&self) -> Scale {
        self.scale
    }

    /// What stands at the ends of the scale.
    pub(super) fn ends(&self) -> [String; 2] {
        let more = if self.map.largest() > self.end {
            "+"
        } else {
            ""
        };
        let end = short(self.end);
        match self.scale {
            Scale::Rising => ["0".into(), format!("{end}{more}")],
            Scale::Diverging => [format!("-{end}{more}"), format!("{end}{more}")],
        }
    }

    /// The map's values at the size of a panel, by the end of the scale.
    fn values(&self, height: usize, width: usize) -> Vec<f64> {
        let end = if self.end > 0.0 { self.end } else { 1.0 };
        let map = self.map.resized(height, width);
        map.into_iter().map(|value| value / end).collect()
    }

    /// The map alone.
    pub(super) fn alone(&self, drawing: &Drawing) -> Result<Canvas> {
        let [height, width] = panel(drawing);
        let mut canvas = Canvas::new(width, height)?;
        for (at, value) in self.values(height, width).into_iter().enumerate() {
            canvas.put(at % width, at / width, self.scale.colour(value));
        }
        Ok(canvas)
    }

    /// The map over the image, which is grey: the stronger a value, the less it lets through.
    pub(super) fn over(&self, drawing: &Drawing) -> Result<Canvas> {
        let [height, width] = panel(drawing);
        let mut canvas = Canvas::new(width, height)?;
        for (at, value) in self.values(height, width).into_iter().enumerate() {
            let (x, y) = (at % width, at / width);
            let [red, green, blue] = pixel(drawing, [height, width], x, y).map(f64::from);
            let grey = 0.299 * red + 0.587 * green + 0.114 * blue;
            let cover = if value.is_nan() {
                0.0
            } else {
                0.8 * value.abs().min(1.0).sqrt()
            };
            let colour = self.scale.colour(value).map(f64::from);
            let blend = |colour: f64| (grey + cover * (colour - grey)).round() as u8;
            canvas.put(x, y, colour.map(blend));
        }
        Ok(canvas)
    }
}

/// The end of a scale: the largest magnitude of a layer's map. Of maps of single pixels a few are far above all
/// others, so that their scale ends where 1 % are beyond.
fn end(map: &Attribution) -> f64 {
    if map.layer.is_some() {
        return map.largest();
    }
    let magnitudes = map.map.iter().map(|value| value.abs());
    let mut magnitudes: Vec<f64> = magnitudes.filter(|value| value.is_finite()).collect();
    magnitudes.sort_by(f64::total_cmp);
    let place = (magnitudes.len() * 99).div_ceil(100).saturating_sub(1);
    match magnitudes.get(place) {
        Some(&end) if end > 0.0 => end,
        _ => map.largest(),
    }
}

/// A number of three digits, as a legend has room for.
pub(super) fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    match rounded.abs() {
        size if size == 0.0 || (1e-4..1e6).contains(&size) => rounded.to_string(),
        _ => format!("{rounded:e}"),
    }
}

/// The height and width of a panel.
pub(super) fn panel(drawing: &Drawing) -> [usize; 2] {
    let longest = drawing.height.max(drawing.width).max(1);
    let factor = PANEL.div_ceil(longest).max(1);
    [drawing.height * factor, drawing.width * factor]
}

fn pixel(drawing: &Drawing, [height, width]: [usize; 2], x: usize, y: usize) -> [u8; 3] {
    let at = 3 * (y * drawing.height / height * drawing.width + x * drawing.width / width);
    let pixel = drawing.rgb.get(at..at + 3);
    pixel.map_or([255; 3], |pixel| [pixel[0], pixel[1], pixel[2]])
}

/// The image at the size of a panel.
pub(super) fn enlarged(drawing: &Drawing) -> Result<Canvas> {
    let [height, width] = panel(drawing);
    let mut canvas = Canvas::new(width, height)?;
    for y in 0..height {
        for x in 0..width {
            canvas.put(x, y, pixel(drawing, [height, width], x, y));
        }
    }
    Ok(canvas)
}

/// A map of Grad-CAM over an image, which is drawn in grey and enlarged.
///
/// # Shapes
/// `rgb`: `(height, width, 3)`, row by row.
///
/// # Errors
/// When the image is too large to be drawn.
pub fn heat_map([height, width]: [usize; 2], rgb: Vec<u8>, cam: &GradCam) -> Result<Canvas> {
    let drawing = Drawing { height, width, rgb };
    Coloured::of(&cam.attribution()).over(&drawing)
}

/// The figure of a map: the image, the map over it and alone, and where there is one the map of a twin with random
/// weights; below them the scale.
///
/// # Errors
/// When an image is too large to be drawn.
pub fn figure(drawing: &Drawing, title: &str, finding: &Finding<'_>) -> Result<Canvas> {
    let map = finding.map;
    let coloured = Coloured::of(map);
    let mut panels = vec![
        ("image".to_owned(), enlarged(drawing)?),
        (finding.name(), coloured.over(drawing)?),
        ("map".to_owned(), coloured.alone(drawing)?),
    ];
    if let Some(twin) = finding.twin {
        panels.push((
            "random weights".to_owned(),
            Coloured::of(twin).over(drawing)?,
        ));
    }
    let [height, width] = panel(drawing);
    // Narrow images leave room for their names.
    let step = width.max(PANEL / 2) + MARGIN;
    let whole = panels.len() * step + MARGIN;
    let bottom = MARGIN + LINE + height + 6 + LINE;
    let mut canvas = Canvas::new(whole, bottom + BAR + 6 + LINE + MARGIN)?;
    canvas.text(MARGIN, MARGIN, whole - 2 * MARGIN, title);
    for (at, (name, image)) in panels.iter().enumerate() {
        let left = MARGIN + at * step;
        canvas.paste(left, MARGIN + LINE, image);
        canvas.text(left, MARGIN + LINE + height + 6, step - MARGIN, name);
    }
    legend(&mut canvas, bottom, &coloured, &finding.target.name);
    Ok(canvas)
}

/// A bar in the colours of a scale, with the numbers at its ends and what they say.
fn legend(canvas: &mut Canvas, top: usize, coloured: &Coloured<'_>, class: &str) {
    let scale = coloured.scale;
    bar(canvas, top, scale);
    let [low, high] = coloured.ends();
    let text = match scale {
        Scale::Rising => format!("{low} to {high}: speaks for {class}"),
        Scale::Diverging => format!("{low} to {high}: against and for {class}"),
    };
    let room = canvas.width() - 2 * MARGIN;
    canvas.text(MARGIN, top + BAR + 6, room, &text);
}

/// A scale's colours from left to right.
fn bar(canvas: &mut Canvas, top: usize, scale: Scale) {
    let width = canvas.width().saturating_sub(2 * MARGIN).min(2 * PANEL);
    for col in 0..width {
        let share = col as f64 / (width.max(2) - 1) as f64;
        let colour = scale.colour(scale.low() + share * (1.0 - scale.low()));
        for row in 0..BAR {
            canvas.put(MARGIN + col, top + row, colour);
        }
    }
}

/// The channels of a layer, or filters, next to each other with a common scale; filters over colours are drawn in
/// them, from their least to their largest value.
///
/// # Errors
/// When they are too many or too large to be drawn.
pub fn sheet(tiles: &Tiles, title: &str) -> Result<Canvas> {
    let longest = tiles.height.max(tiles.width).max(1);
    let factor = (PANEL / 4).div_ceil(longest).max(1);
    let (height, width) = (tiles.height * factor, tiles.width * factor);
    let (down, across) = (height + 4, width + 4);
    let cols = ((tiles.count as f64).sqrt().ceil() as usize).clamp(1, (1600 / across).max(1));
    let rows = tiles.count.div_ceil(cols);
    let colours = tiles.channels == 3;
    let signed = tiles.values.iter().any(|&value| value < 0.0);
    let scale = Scale::of(signed);
    let end = tiles.largest();
    let bottom = MARGIN + LINE + rows * down;
    let whole = (cols * across).max(2 * PANEL) + 2 * MARGIN;
    let mut canvas = Canvas::new(whole, bottom + BAR + 6 + LINE + MARGIN)?;
    canvas.text(MARGIN, MARGIN, whole - 2 * MARGIN, title);
    let share = |value: f64| if end > 0.0 { value / end } else { 0.0 };
    let byte = |value: f64| (127.5 + 127.5 * share(value)).round() as u8;
    for number in 0..tiles.count {
        let (left, top) = (
            MARGIN + number % cols * across,
            MARGIN + LINE + number / cols * down,
        );
        let values = tiles.tile(number);
        for y in 0..height {
            for x in 0..width {
                let at = (y / factor * tiles.width + x / factor) * tiles.channels;
                let colour = match &values[at..at + tiles.channels] {
                    &[red, green, blue] => [red, green, blue].map(byte),
                    pixel => scale.colour(share(pixel[0])),
                };
                canvas.put(left + x, top + y, colour);
            }
        }
    }
    let end = short(end);
    let text = match (colours, signed) {
        (true, _) => format!("each colour from -{end}, dark, to {end}, light"),
        (_, true) => format!("-{end} to {end}"),
        (_, false) => format!("0 to {end}"),
    };
    if !colours {
        bar(&mut canvas, bottom, scale);
    }
    canvas.text(MARGIN, bottom + BAR + 6, whole - 2 * MARGIN, &text);
    Ok(canvas)
}
