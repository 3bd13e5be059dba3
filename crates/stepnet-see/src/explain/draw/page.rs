//! The maps of many images as one self-contained page, written piece by piece.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::canvas::Canvas;
use super::figure::{Coloured, enlarged, short};
use super::{Drawing, Finding};
use crate::base64::base64;
use crate::error::Result;
use crate::explain::{Target, method};
use stepnet_base::design;

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded, whatever a name in the page says.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// A page in pieces: [`head`](Self::head), a [`section`](Self::section) for each image, [`foot`](Self::foot).
#[derive(Debug)]
#[non_exhaustive]
pub struct Page;

impl Page {
    /// The beginning: the model, its network and the methods.
    pub fn head(model: &str, network: &str, methods: &[&str]) -> String {
        let about = methods.iter().filter_map(|name| method(name).ok());
        let head = html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "explain " (model) }
                style { (PreEscaped(design::TOKENS)) (PreEscaped(design::BASE)) (PreEscaped(STYLE)) }
            }
        };
        let opening = html! {
            h1 { "What " code { (model) } " looks at" }
            p { "Network: " code { (network) } }
            p {
                "The score of a class is the network's output for it before the closing activation. "
                "A map shows what the model reacts to; it does not prove that the reason is a good one."
            }
            dl {
                @for about in about {
                    dt { (about.name) }
                    dd { (about.summary) " (" (about.source) ")" }
                }
            }
        };
        let doctype = DOCTYPE.into_string();
        format!(
            "{doctype}<html lang=\"en\">{}<body><main>{}",
            head.into_string(),
            opening.into_string()
        )
    }

    /// An image with its maps.
    ///
    /// # Errors
    /// When it is too large to be drawn.
    pub fn section(
        name: &str,
        drawing: &Drawing,
        target: &Target,
        findings: &[Finding<'_>],
    ) -> Result<String> {
        let said = format!("{}: {}", target.name, short(target.output));
        let image = picture(&enlarged(drawing)?, &format!("the image {name}"))?;
        let maps = findings.iter().map(|finding| maps(drawing, finding));
        let maps = maps.collect::<Result<Vec<Markup>>>()?;
        let section = html! {
            section aria-label=(name) {
                h2 { (name) }
                p {
                    "Explained: " strong { (said) }
                    @if target.predicted { ", what the model predicts" } @else { ", which the model does not predict" }
                }
                div.maps {
                    figure { (image) figcaption { "the image, as the network gets it" } }
                    @for map in &maps { (map) }
                }
            }
        };
        Ok(section.into_string())
    }

    /// The end.
    pub fn foot() -> &'static str {
        "</main></body></html>\n"
    }
}

fn picture(canvas: &Canvas, alt: &str) -> Result<Markup> {
    let source = format!("data:image/png;base64,{}", base64(&canvas.png()?));
    Ok(html! {
        img src=(source) alt=(alt) width=(canvas.width()) height=(canvas.height());
    })
}

/// The map over the image and alone, its scale, and its twin's.
fn maps(drawing: &Drawing, finding: &Finding<'_>) -> Result<Markup> {
    let coloured = Coloured::of(finding.map);
    let (name, class) = (finding.name(), &finding.target.name);
    let place = match finding.map.strongest() {
        Some([row, col]) => {
            format!(
                "strongest at row {row}, column {col} of {}x{}",
                finding.map.height, finding.map.width
            )
        }
        None => format!("nothing speaks for {class}"),
    };
    let alt = format!("{name} for {class}, over the image: {place}");
    let over = picture(&coloured.over(drawing)?, &alt)?;
    let alone = picture(
        &coloured.alone(drawing)?,
        &format!("{name} for {class}, alone"),
    )?;
    let twin = match finding.twin {
        Some(twin) => {
            let alt = format!("{name} of the same network with random weights");
            Some(picture(&Coloured::of(twin).over(drawing)?, &alt)?)
        }
        None => None,
    };
    let [low, high] = coloured.ends();
    let gradient = format!("background:{}", coloured.scale().css());
    let likeness = finding.likeness();
    Ok(html! {
        figure.wide {
            div.pair {
                (over) (alone)
                @if let Some(twin) = &twin { (twin) }
            }
            div.legend {
                span { (low) }
                span.bar role="img" aria-label={ "colours from " (low) " to " (high) } style=(gradient) {}
                span { (high) }
            }
            figcaption {
                strong { (name) } ", " (place) "."
                @if let Some(sum) = &finding.map.completeness {
                    " All shares add up to " (short(sum.sum)) "; the scores differ by " (short(sum.expected)) "."
                }
                @if twin.is_some() {
                    " On the right the map with random weights"
                    @match likeness {
                        Some(likeness) => { ": rank correlation " (format!("{likeness:.2}")) "." },
                        None => ".",
                    }
                }
            }
        }
    })
}
