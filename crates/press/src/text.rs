//! The words of a readout, within their bounds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Language;

/// Most bytes of a title.
pub const TITLE_BYTES_MAX: usize = 300;
/// Most bytes of a paragraph, and of the sentence that says what was corrected.
pub const PARAGRAPH_BYTES_MAX: usize = 4_000;
/// Most paragraphs.
pub const PARAGRAPHS_MAX: usize = 12;
/// Most bytes of a quote.
pub const QUOTE_BYTES_MAX: usize = 2_000;
/// Most quotes.
pub const QUOTES_MAX: usize = 8;
/// Most bytes of the words that say whose a quote is.
pub const ATTRIBUTION_BYTES_MAX: usize = 300;

/// Words of somebody, and whose they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// What was said.
    pub words: String,
    /// Who said it: a name, or "a senior official".
    pub by: String,
}

/// A readout in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Its title.
    pub title: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
    /// Quotes, after the paragraphs.
    pub quotes: Vec<Quote>,
    /// What a correction changed, in one sentence; none in a first version.
    pub note: Option<String>,
}

/// A readout in the languages in which it is published.
pub type Texts = BTreeMap<Language, Text>;

/// What is wrong with a text: which field, of which language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no language at all.
    #[error("no text in any language")]
    None,
    /// A field is empty, or holds characters that cannot be shown safely.
    #[error("{field} in {}: empty, or characters that cannot be shown", language.tag())]
    Text {
        /// In which language.
        language: Language,
        /// Which field.
        field: &'static str,
    },
    /// A field is over its bound.
    #[error("{field} in {}: at most {max}", language.tag())]
    TooLong {
        /// In which language.
        language: Language,
        /// Which field.
        field: &'static str,
        /// Its bound, in bytes or in number.
        max: usize,
    },
}

/// Looks at all texts of a readout.
///
/// # Errors
/// [`Fault`]: the first that was found.
pub fn check(texts: &Texts) -> Result<(), Fault> {
    if texts.is_empty() {
        return Err(Fault::None);
    }
    texts.iter().try_for_each(|(language, text)| check_one(*language, text))
}

fn check_one(language: Language, text: &Text) -> Result<(), Fault> {
    let line = |field: &'static str, words: &str, max: usize| {
        if words.trim().is_empty() || words.chars().any(spoofs) {
            Err(Fault::Text { language, field })
        } else if words.len() > max {
            Err(Fault::TooLong { language, field, max })
        } else {
            Ok(())
        }
    };
    let most = |field: &'static str, number: usize, max: usize| {
        if number > max {
            Err(Fault::TooLong { language, field, max })
        } else {
            Ok(())
        }
    };
    line("title", &text.title, TITLE_BYTES_MAX)?;
    most("paragraphs", text.paragraphs.len(), PARAGRAPHS_MAX)?;
    if text.paragraphs.is_empty() {
        let field = "paragraphs";
        return Err(Fault::Text { language, field });
    }
    for paragraph in &text.paragraphs {
        line("paragraphs", paragraph, PARAGRAPH_BYTES_MAX)?;
    }
    most("quotes", text.quotes.len(), QUOTES_MAX)?;
    for quote in &text.quotes {
        line("quotes", &quote.words, QUOTE_BYTES_MAX)?;
        line("attribution", &quote.by, ATTRIBUTION_BYTES_MAX)?;
    }
    text.note
        .as_ref()
        .map_or(Ok(()), |note| line("note", note, PARAGRAPH_BYTES_MAX))
}

/// Characters that would steer a page or turn its direction (a text's own direction is the page's affair), and those that
/// XML cannot carry.
pub(crate) fn spoofs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Foreign words without them: what a page or a feed says of names, topics and texts, whoever wrote those.
pub(crate) fn plain(words: &str) -> String {
    words.chars().filter(|c| !spoofs(*c)).collect()
}
