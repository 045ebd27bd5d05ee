//! The languages of the pages, and which of them a reader asks for.

use serde::{Deserialize, Serialize};

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Russian.
    #[serde(rename = "ru")]
    Russian,
    /// Arabic.
    #[serde(rename = "ar")]
    Arabic,
}

impl Language {
    /// All of them, in the order in which a page offers them.
    pub const ALL: [Self; 3] = [Self::English, Self::Russian, Self::Arabic];

    /// Its tag, as in paths, in `lang` and in JSON.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
            Self::Arabic => "ar",
        }
    }

    /// Which way its lines run.
    #[must_use]
    pub fn direction(self) -> &'static str {
        match self {
            Self::English | Self::Russian => "ltr",
            Self::Arabic => "rtl",
        }
    }

    /// Its name in itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Russian => "Русский",
            Self::Arabic => "العربية",
        }
    }

    /// The language of a tag.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The best of ours by an `Accept-Language` (RFC 9110, section 12.5.4); English when it asks for none of them.
    #[must_use]
    pub fn asked(accept: &str) -> Self {
        let mut best = (0_u32, Self::English);
        for part in accept.split(',').take(32) {
            let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
            let tag = tag.trim().split('-').next().unwrap_or("").to_ascii_lowercase();
            let language = if tag == "*" {
                Some(Self::English)
            } else {
                Self::of_tag(&tag)
            };
            let Some(language) = language else { continue };
            let weight = weight(rest);
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// `q=0.7` in thousandths; 1000 when it is not given, 0 when it makes no sense.
fn weight(parameters: &str) -> u32 {
    let Some(q) = parameters.split(';').find_map(|p| p.trim().strip_prefix("q=")) else {
        return 1_000;
    };
    match q.trim().parse::<f32>() {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 1000 by the guard"
        )]
        Ok(q) if (0.0..=1.0).contains(&q) => (q * 1_000.0) as u32,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_that_is_asked_for() {
        for (accept, language) in [
            ("", Language::English),
            ("fr", Language::English),
            ("ru", Language::Russian),
            ("fr, ar;q=0.5, ru;q=0.4", Language::Arabic),
            ("ar-EG", Language::Arabic),
            ("RU-ru;q=0.9, en;q=0.8", Language::Russian),
            ("ru;q=0, en;q=0.1", Language::English),
            ("ru;q=2, ar;q=x", Language::English),
            ("ru;q=NaN, en;q=1e9", Language::English),
            ("ru-RU,ru;q=0.9,en-US;q=0.8", Language::Russian),
            ("en;q=0.5, RU;q=0.6", Language::Russian),
            ("ar;q=0.3, ru;q=0.2", Language::Arabic),
        ] {
            assert_eq!(Language::asked(accept), language, "{accept}");
        }
    }
}
