//! The Atom feed (RFC 4287): one for each language. An entry's id stays what it was, its `updated` moves when it changes.

use atom_syndication::{Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Text as AtomText};
use sha2::{Digest as _, Sha256};

use crate::acts::NoticeKind;
use crate::edition::{ClipView, Edition, Facts, Item, PublicNotice};
use crate::readout::PublicReadout;
use crate::suggest::said_of;
use crate::text::plain;
use crate::when;
use crate::words::Words;
use crate::{Language, page};

/// Most entries of a feed, the newest first.
pub const FEED_ENTRIES_MAX: usize = 50;

/// Its media type.
pub const TYPE: &str = "application/atom+xml; charset=utf-8";

pub(crate) fn feed(edition: &Edition, now: i64, language: Language) -> String {
    let words = Words::of(language);
    let newest = newest(edition, now);
    let updated = newest.first().map_or(0, |(updated, _)| *updated);
    let home = format!("{}/{}/", edition.base, language.tag());
    let entries = newest.into_iter().filter_map(|(_, item)| match item {
        Item::Notice(_, notice) => Some(notice_entry(notice, &home, language)),
        Item::Readout(_, readout) => readout_entry(readout, &home, language),
        Item::Clip(clip) => Some(clip_entry(clip, edition, &home, language)),
    });
    let own = Link {
        href: format!("{home}feed.atom"),
        rel: "self".to_owned(),
        mime_type: Some("application/atom+xml".to_owned()),
        ..Link::default()
    };
    let feed = Feed {
        id: urn("feed", &edition.side_id, language),
        title: AtomText::plain(format!("{} · {}", plain(&edition.side.name), words.calls)),
        updated: instant(updated),
        authors: vec![Person {
            name: plain(&edition.side.name),
            ..Person::default()
        }],
        lang: Some(language.tag().to_owned()),
        links: vec![own, alternate(&home)],
        generator: Some(Generator {
            value: "Visavis".to_owned(),
            ..Generator::default()
        }),
        entries: entries.collect(),
        ..Feed::default()
    };
    feed.to_string()
}

/// What a reader of feeds is told last, chosen before a word of it is written; with the moment of its last change.
fn newest(edition: &Edition, now: i64) -> Vec<(i64, Item<'_>)> {
    let updated = |item: &Item<'_>| match item {
        Item::Notice(_, notice) => notice.updated,
        Item::Readout(_, readout) => readout.updated(),
        Item::Clip(clip) => clip.released,
    };
    let mut items: Vec<_> = edition.items(now).map(|item| (updated(&item), item)).collect();
    items.sort_by_key(|(updated, _)| std::cmp::Reverse(*updated));
    items.truncate(FEED_ENTRIES_MAX);
    items
}

fn notice_entry(notice: &PublicNotice, home: &str, language: Language) -> Entry {
    let words = Words::of(language);
    let head = match notice.kind {
        NoticeKind::Announced => words.coming,
        NoticeKind::Held => words.held,
        NoticeKind::Off => words.off,
    };
    let title = format!("{} · {head}", page::call_title(&notice.facts, language));
    let mut entry = entry(&title, notice.published, notice.updated);
    entry.id = urn("call", &notice.id.0, language);
    entry.links = vec![alternate(&format!("{home}call/{}", notice.id))];
    entry.summary = Some(AtomText::plain(plain(&said(&notice.facts, notice.kind, language))));
    entry
}

fn readout_entry(readout: &PublicReadout, home: &str, language: Language) -> Option<Entry> {
    let (texts, _) = readout.now()?;
    let (spoken, text) = page::best(texts, language)?;
    let mut entry = entry(&plain(&text.title), readout.published(), readout.updated());
    entry.id = urn("readout", &readout.id.0, language);
    entry.links = vec![alternate(&format!("{home}readout/{}", readout.id))];
    let quotes = text
        .quotes
        .iter()
        .map(|quote| format!("«{}» – {}", plain(&quote.words), plain(&quote.by)));
    let paragraphs = text.paragraphs.iter().map(|paragraph| plain(paragraph));
    let whole: Vec<String> = paragraphs.chain(quotes).collect();
    entry.content = Some(Content {
        lang: Some(spoken.tag().to_owned()),
        content_type: Some("text".to_owned()),
        value: Some(whole.join("\n\n")),
        ..Content::default()
    });
    Some(entry)
}

fn clip_entry(clip: &ClipView, edition: &Edition, home: &str, language: Language) -> Entry {
    let mut entry = entry(
        &page::clip_title(clip, &edition.side, language),
        clip.released,
        clip.released,
    );
    let sha256 = clip.sha256.as_str();
    entry.id = urn("clip", sha256.as_bytes(), language);
    let enclosure = Link {
        href: format!("{}/clip/{sha256}.mp4", edition.base),
        rel: "enclosure".to_owned(),
        mime_type: Some("video/mp4".to_owned()),
        length: Some(clip.bytes.to_string()),
        ..Link::default()
    };
    entry.links = vec![alternate(&format!("{home}clip/{sha256}")), enclosure];
    entry
}

fn entry(title: &str, published: i64, updated: i64) -> Entry {
    Entry {
        title: AtomText::plain(title),
        published: Some(instant(published)),
        updated: instant(updated),
        ..Entry::default()
    }
}

fn alternate(href: &str) -> Link {
    Link {
        href: href.to_owned(),
        rel: "alternate".to_owned(),
        mime_type: Some("text/html".to_owned()),
        ..Link::default()
    }
}

fn instant(at_ms: i64) -> FixedDateTime {
    when::machine(at_ms).parse().unwrap_or_default()
}

/// What a notice says, in sentences.
fn said(facts: &Facts, kind: NoticeKind, language: Language) -> String {
    let told = said_of(facts, kind != NoticeKind::Held, language);
    match kind {
        NoticeKind::Off => format!("{} {told}", Words::of(language).off),
        NoticeKind::Announced | NoticeKind::Held => told,
    }
}

/// A name that stays: a UUID of version 8 (RFC 9562) of what the entry is and of its language, since a reader of two
/// feeds must not take one for a copy of the other.
fn urn(what: &str, id: &[u8], language: Language) -> String {
    let mut hasher = Sha256::new();
    for part in [what.as_bytes(), b"\n", language.tag().as_bytes(), b"\n", id] {
        hasher.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = hex::encode(bytes);
    let (a, b, c, d, e) = (&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]);
    format!("urn:uuid:{a}-{b}-{c}-{d}-{e}")
}
