//! Class weights as a user writes them, before it is known which classes the data has.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::limits;
use stepnet_base::text::hint;

/// A weight for each class: `1,2,0.5` in the order of the classes, or `cat=2,dog=1` by their names.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ClassWeights {
    /// One for each class, in order.
    InOrder(Vec<f64>),
    /// By name; a class that is not named weighs 1.
    ByName(Vec<(String, f64)>),
}

impl ClassWeights {
    /// The weights of `classes`, in their order.
    ///
    /// # Errors
    /// When a class is not known or is named twice, or the number of weights is not that of the classes.
    pub fn of(&self, classes: &[String]) -> Result<Vec<f64>> {
        let refuse = |argument: String, found: String, expected: String| {
            Err(Error::value("class weights", argument, found, expected))
        };
        let named = match self {
            Self::InOrder(weights) if weights.len() == classes.len() => return Ok(weights.clone()),
            Self::InOrder(weights) => {
                let expected = format!("{}, one for each class", classes.len());
                let found = weights.len().to_string();
                return refuse("the number of class weights".into(), found, expected);
            }
            Self::ByName(named) => named,
        };
        let mut weights = vec![None; classes.len()];
        for (name, weight) in named {
            let Some(class) = classes.iter().position(|class| class == name) else {
                let known = classes.iter().map(String::as_str);
                let near = hint(name, known.clone());
                let mut listed: Vec<_> = known.take(LISTED).collect();
                if classes.len() > LISTED {
                    listed.push("...");
                }
                let expected = format!("one of the classes {}{near}", listed.join(", "));
                return refuse(
                    "a class with a weight".into(),
                    format!("{name:?}"),
                    expected,
                );
            };
            if weights[class].replace(*weight).is_some() {
                return refuse(
                    format!("class {name:?}"),
                    "given two weights".into(),
                    "one".into(),
                );
            }
        }
        Ok(weights
            .into_iter()
            .map(|weight| weight.unwrap_or(1.0))
            .collect())
    }
}

/// The most classes that a message lists.
const LISTED: usize = 10;

impl fmt::Display for ClassWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = match self {
            Self::InOrder(weights) => weights.iter().map(f64::to_string).collect(),
            Self::ByName(named) => named
                .iter()
                .map(|(name, weight)| format!("{name}={weight}"))
                .collect(),
        };
        f.write_str(&texts.join(","))
    }
}

impl FromStr for ClassWeights {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || {
            let expected =
                "weights from 0 to 1e6, one for each class (1,2,0.5) or by name (cat=2,dog=1)";
            Error::value("class weights", "the text", format!("{text:?}"), expected)
        };
        let number = |text: &str| {
            let number = text.trim().parse().ok();
            number.filter(|&number| limits::CLASS_WEIGHT.contain(number))
        };
        let parts = || text.split(',');
        let by_name = parts().any(|part| part.contains('='));
        if !by_name {
            let weights = parts().map(number).collect::<Option<_>>();
            return weights.map(Self::InOrder).ok_or_else(refused);
        }
        parts()
            .map(|part| {
                // A class's name may hold an equals sign, a weight may not.
                let (name, weight) = part.rsplit_once('=')?;
                let name = name.trim();
                Some((name.to_owned(), number(weight)?)).filter(|_| !name.is_empty())
            })
            .collect::<Option<_>>()
            .map(Self::ByName)
            .ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> Vec<String> {
        ["cat", "dog", "bird"].map(str::to_owned).to_vec()
    }

    #[test]
    fn texts_become_the_weights_of_the_classes() {
        for (text, weights) in [
            ("1,2,0.5", [1.0, 2.0, 0.5]),
            ("dog=2", [1.0, 2.0, 1.0]),
            (" bird = 0 , cat=3e1", [30.0, 1.0, 0.0]),
        ] {
            let parsed: ClassWeights = text.parse().unwrap();
            assert_eq!(parsed.of(&classes()).unwrap(), weights);
            assert_eq!(parsed.to_string().parse::<ClassWeights>().unwrap(), parsed);
        }
        let odd: ClassWeights = "a=b=2".parse().unwrap();
        assert_eq!(odd.of(&["a=b".to_owned()]).unwrap(), [2.0]);
    }

    #[test]
    fn what_fits_no_class_is_refused() {
        for text in [
            "", "1,", "-1,2,3", "nan,1,1", "inf", "cat=", "=2", "cat=2,1", "cat=-1",
        ] {
            let error = text.parse::<ClassWeights>().unwrap_err().to_string();
            assert!(error.contains("cat=2,dog=1"), "{text}: {error}");
        }
        for (text, said) in [
            ("1,2", "2, expected 3, one for each class"),
            ("cart=2", "did you mean \"cat\"?"),
            ("cart=2", "one of the classes cat, dog, bird"),
            ("cat=2,cat=2", "class \"cat\" is given two weights"),
        ] {
            let parsed: ClassWeights = text.parse().unwrap();
            let error = parsed.of(&classes()).unwrap_err().to_string();
            assert!(error.contains(said), "{said} is not in {error}");
        }
    }
}
