//! Which address answers with what. What is not public is not there: it gives the one answer that everything absent gives.

use crate::edition::{Edition, Id, Sha256Hex};
use crate::{Language, feed, index, page};

/// How the pages look, without their fonts.
pub const STYLE: &str = include_str!("../static/style.css");

/// What `/style.css` answers with: the fonts of the bundle, and how the pages look.
pub const STYLE_AND_FONTS: &str = concat!(include_str!("../static/fonts.css"), include_str!("../static/style.css"));

/// Most calls that the first page lists under each of its headings; older ones keep their addresses.
pub const INDEX_MAX: usize = 200;

/// The body of every 404, in all languages at once, so that no two of them differ.
pub const NOTHING: &str = include_str!("../static/nothing.html");

/// What an address answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A page.
    Page {
        /// Its language.
        language: Language,
        /// HTML.
        html: String,
    },
    /// The Atom feed of a language.
    Feed {
        /// Its language.
        language: Language,
        /// XML.
        xml: String,
    },
    /// The style of all pages.
    Style,
    /// A font of the bundle, by the beginning of its file's name.
    Font(String),
    /// Go there: the pages in the reader's language.
    Elsewhere(String),
    /// The file of a clip that is listed.
    Clip(Sha256Hex),
    /// The poster of a clip that is listed and has one.
    Poster(Sha256Hex),
    /// Nothing is there.
    Nothing,
}

/// What `path` answers with; `accept` is the reader's `Accept-Language`, `now` milliseconds UTC.
#[must_use]
pub fn answer(edition: &Edition, path: &str, accept: &str, now: i64) -> Answer {
    find(edition, path, accept, now).unwrap_or(Answer::Nothing)
}

fn find(edition: &Edition, path: &str, accept: &str, now: i64) -> Option<Answer> {
    let path = path.strip_prefix('/')?;
    match path.split_once('/') {
        None if path.is_empty() => {
            let language = Language::asked(accept);
            Some(Answer::Elsewhere(format!("/{}/", language.tag())))
        }
        None if path == "style.css" => Some(Answer::Style),
        None => None,
        Some(("fonts", name)) => font(name),
        Some(("clip", name)) => file(edition, name, now),
        Some((tag, rest)) => in_language(edition, Language::of_tag(tag)?, rest, now),
    }
}

fn in_language(edition: &Edition, language: Language, rest: &str, now: i64) -> Option<Answer> {
    let html = match rest.split_once('/') {
        None if rest.is_empty() => index::index(edition, now, INDEX_MAX, language),
        None if rest == "feed.atom" => {
            let xml = feed::feed(edition, now, language);
            return Some(Answer::Feed { language, xml });
        }
        None => return None,
        Some(("call", id)) => {
            let id = Id::parse(id)?;
            let (call, notice) = edition.notices.iter().find(|(_, notice)| notice.id == id)?;
            page::call(edition, call, notice, now, language)
        }
        Some(("readout", id)) => {
            let id = Id::parse(id)?;
            let (_, readout) = edition.readouts.iter().find(|(_, readout)| readout.id == id)?;
            page::readout(edition, readout, language)?
        }
        Some(("clip", sha256)) => {
            let clip = edition.clips(now).find(|clip| clip.sha256.as_str() == sha256)?;
            page::clip(edition, clip, language)
        }
        Some(_) => return None,
    };
    Some(Answer::Page { language, html })
}

fn file(edition: &Edition, name: &str, now: i64) -> Option<Answer> {
    let (sha256, ending) = name.split_once('.')?;
    let clip = edition.clips(now).find(|clip| clip.sha256.as_str() == sha256)?;
    match ending {
        "mp4" => Some(Answer::Clip(clip.sha256.clone())),
        "jpg" if clip.poster => Some(Answer::Poster(clip.sha256.clone())),
        _ => None,
    }
}

/// `ibm-plex-sans-cyrillic-400-normal.woff2` and its likes: no other file of the bundle is served.
fn font(name: &str) -> Option<Answer> {
    let name = name.strip_suffix(".woff2")?;
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (plain && name.starts_with("ibm-plex-") && name.ends_with("-normal")).then(|| Answer::Font(name.to_owned()))
}
