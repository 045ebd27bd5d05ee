//! From an edition to the words and figures of a page; the templates lay them out and escape them.

use askama::Template;

use crate::acts::NoticeKind;
use crate::edition::{ClipView, Edition, Facts, Medium, Party, PublicNotice, Took};
use crate::readout::PublicReadout;
use crate::text::{Text, Texts, plain};
use crate::when;
use crate::words::{Words, isolated, with};
use crate::{Language, Quote};

/// One instant, or one day, in both capitals.
struct Moment {
    machine: String,
    places: [AtPlace; 2],
}

struct AtPlace {
    place: String,
    day: String,
    time: String,
}

/// The facts of a call, in words.
#[derive(Default)]
struct InWords {
    first_announced: Option<Moment>,
    announced: Option<Moment>,
    day: Option<Moment>,
    begun: Option<Moment>,
    ended: Option<Moment>,
    lasted: Option<String>,
    asked: Option<String>,
    topics: Vec<String>,
}

/// A text in the language that there is.
struct Shown {
    language: Language,
    title: String,
    paragraphs: Vec<String>,
    quotes: Vec<Quote>,
    note: Option<String>,
}

struct Linked {
    path: String,
    text: Shown,
}

struct Correction {
    at: String,
    note: String,
    before: String,
    earlier: Shown,
    facts: InWords,
}

struct ClipWords {
    sha256: String,
    file: String,
    poster: bool,
    corrects: bool,
    length: String,
    sides: Vec<String>,
    signed_by: String,
    megabytes: String,
}

/// What every page has.
pub(crate) struct Frame<'a> {
    pub(crate) language: Language,
    pub(crate) words: &'static Words,
    pub(crate) side: &'a Party,
    pub(crate) name: String,
    pub(crate) account: String,
}

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage<'a> {
    language: &'a Language,
    words: &'static Words,
    name: String,
    account: String,
    title: String,
    path: String,
    off: bool,
    start: Option<String>,
    facts: InWords,
    readouts: Vec<Linked>,
    clips: Vec<ClipWords>,
    stamp: String,
}

#[derive(Template)]
#[template(path = "readout.html")]
struct ReadoutPage<'a> {
    language: &'a Language,
    words: &'static Words,
    name: String,
    account: String,
    title: String,
    path: String,
    preview: bool,
    dateline: Option<String>,
    text: Shown,
    corrections: Vec<Correction>,
    facts: InWords,
    stamp: String,
}

#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage<'a> {
    language: &'a Language,
    words: &'static Words,
    preview: bool,
    dateline: Option<String>,
    text: Shown,
    corrections: Vec<Correction>,
    facts: InWords,
    stamp: String,
}

#[derive(Template)]
#[template(path = "clip.html")]
struct ClipPage<'a> {
    language: &'a Language,
    words: &'static Words,
    name: String,
    account: String,
    title: String,
    path: String,
    clip: ClipWords,
}

pub(crate) fn render(page: &impl Template) -> String {
    // Writing to a text fails only where a template asks it to.
    page.render().unwrap_or_default()
}

pub(crate) fn frame(edition: &Edition, language: Language) -> Frame<'_> {
    let words = Words::of(language);
    Frame {
        language,
        words,
        side: &edition.side,
        name: plain(&edition.side.name),
        account: with(words.account, &edition.side.name),
    }
}

/// What a page about a call is called.
pub(crate) fn call_title(facts: &Facts, language: Language) -> String {
    let words = Words::of(language);
    let sentence = match facts.medium {
        Medium::Picture => words.picture_with,
        Medium::Sound => words.sound_with,
    };
    with(sentence, &facts.far.name)
}

fn moment(at_ms: i64, facts: &Facts, language: Language) -> Moment {
    let at = |party: &Party| {
        let wall = when::wall(at_ms, &party.zone);
        AtPlace {
            place: plain(&party.place),
            day: when::day(wall.date(), language),
            time: when::clock(&wall, language),
        }
    };
    Moment {
        machine: when::machine(at_ms),
        places: [at(&facts.far), at(&facts.ours)],
    }
}

/// An instant in one line, at the side that publishes.
fn stamp(label: &str, at_ms: i64, side: &Party, language: Language) -> String {
    let wall = when::wall(at_ms, &side.zone);
    let (day, time) = (when::day(wall.date(), language), when::clock(&wall, language));
    let comma = Words::of(language).comma;
    let place = isolated(&side.place);
    let label = if label.is_empty() {
        String::new()
    } else {
        format!("{label} ")
    };
    format!("{label}{day}{comma}{time} {place}")
}

fn published(from: i64, to: i64, side: &Party, language: Language) -> String {
    let words = Words::of(language);
    let first = stamp(words.published, from, side, language);
    if to == from {
        return first;
    }
    format!("{first} · {}", stamp(words.updated, to, side, language))
}

fn in_words(facts: &Facts, announced: &[i64], language: Language) -> InWords {
    let mut told = InWords {
        lasted: facts.minutes.map(|minutes| when::minutes(minutes, language)),
        asked: facts.asked.map(|whose| plain(&whose.of(facts).name)),
        topics: facts.topics.iter().map(|topic| plain(topic)).collect(),
        ..InWords::default()
    };
    let planned = announced.last().copied().or(facts.planned);
    let first = announced.first().copied().filter(|first| Some(*first) != planned);
    told.first_announced = first.map(|at| moment(at, facts, language));
    told.announced = planned.map(|at| moment(at, facts, language));
    match &facts.took {
        Some(Took::Times { begun, ended }) => {
            told.begun = Some(moment(*begun, facts, language));
            told.ended = ended.map(|at| moment(at, facts, language));
        }
        Some(Took::Day { ours, far }) => {
            let at = |party: &Party, day: &str| AtPlace {
                place: plain(&party.place),
                day: when::day_of(day, language),
                time: String::new(),
            };
            told.day = Some(Moment {
                machine: ours.clone(),
                places: [at(&facts.far, far), at(&facts.ours, ours)],
            });
        }
        None => {}
    }
    told
}

/// The day that stands under a readout's title: at the side that publishes.
fn dateline(facts: &Facts, language: Language) -> Option<String> {
    match facts.took.as_ref()? {
        Took::Times { begun, .. } => {
            let wall = when::wall(*begun, &facts.ours.zone);
            Some(when::day(wall.date(), language))
        }
        Took::Day { ours, .. } => Some(when::day_of(ours, language)),
    }
}

/// The text in that language, else in the first one that there is.
pub(crate) fn best(texts: &Texts, language: Language) -> Option<(Language, &Text)> {
    let own = texts.get(&language).map(|text| (language, text));
    own.or_else(|| texts.iter().next().map(|(language, text)| (*language, text)))
}

fn quote(quote: &Quote) -> Quote {
    Quote {
        words: plain(&quote.words),
        by: plain(&quote.by),
    }
}

fn shown(texts: &Texts, language: Language) -> Option<Shown> {
    let (language, text) = best(texts, language)?;
    Some(Shown {
        language,
        title: plain(&text.title),
        paragraphs: text.paragraphs.iter().map(|paragraph| plain(paragraph)).collect(),
        quotes: text.quotes.iter().map(quote).collect(),
        note: text.note.as_deref().map(plain),
    })
}

fn clip_words(clip: &ClipView) -> ClipWords {
    let tenths = clip.bytes.div_ceil(100_000);
    ClipWords {
        sha256: clip.sha256.as_str().to_owned(),
        file: plain(&clip.file),
        poster: clip.poster,
        corrects: clip.corrects,
        length: when::length(clip.seconds),
        sides: clip.sides.iter().map(|side| plain(side)).collect(),
        signed_by: plain(&clip.signed_by),
        megabytes: format!("{}.{}", tenths / 10, tenths % 10),
    }
}

fn corrections(readout: &PublicReadout, side: &Party, language: Language) -> Vec<Correction> {
    let words = Words::of(language);
    let pairs = readout.versions.windows(2).filter_map(|pair| {
        let [(before, earlier, facts), (at, later, _)] = pair else {
            return None;
        };
        Some(Correction {
            at: stamp("", *at, side, language),
            note: shown(later, language)?.note.unwrap_or_default(),
            before: with(words.as_published, &stamp("", *before, side, language)),
            earlier: shown(earlier, language)?,
            facts: in_words(facts, &[], language),
        })
    });
    let mut newest_first: Vec<Correction> = pairs.collect();
    newest_first.reverse();
    newest_first
}

/// The page of one readout.
pub(crate) fn readout(edition: &Edition, readout: &PublicReadout, language: Language) -> Option<String> {
    let (texts, facts) = readout.now()?;
    let text = shown(texts, language)?;
    let Frame {
        language,
        words,
        side,
        name,
        account,
    } = frame(edition, language);
    Some(render(&ReadoutPage {
        language: &language,
        words,
        name,
        account,
        title: text.title.clone(),
        path: format!("readout/{}", readout.id),
        preview: false,
        dateline: dateline(facts, language),
        text,
        corrections: corrections(readout, side, language),
        facts: in_words(facts, &[], language),
        stamp: published(readout.published(), readout.updated(), side, language),
    }))
}

/// A readout as it would stand on its page: what a second person reads before approving it.
#[must_use]
pub fn preview(texts: &Texts, facts: &Facts, before: Option<&PublicReadout>, now: i64, language: Language) -> String {
    let Some(text) = shown(texts, language) else {
        return String::new();
    };
    let mut whole = before.cloned();
    if let Some(whole) = &mut whole {
        whole.versions.push((now, texts.clone(), facts.clone()));
    }
    render(&PreviewPage {
        language: &language,
        words: Words::of(language),
        preview: true,
        dateline: dateline(facts, language),
        text,
        corrections: whole.map_or_else(Vec::new, |whole| corrections(&whole, &facts.ours, language)),
        facts: in_words(facts, &[], language),
        stamp: String::new(),
    })
}

/// The page of one call.
pub(crate) fn call(edition: &Edition, call: &str, notice: &PublicNotice, now: i64, language: Language) -> String {
    let Frame {
        language,
        words,
        side,
        name,
        account,
    } = frame(edition, language);
    let of_call = edition.readouts.iter().filter(|(of, _)| of == call);
    let readouts = of_call.filter_map(|(_, readout)| {
        Some(Linked {
            path: format!("readout/{}", readout.id),
            text: shown(readout.now()?.0, language)?,
        })
    });
    let clips = edition.clips(now).filter(|clip| clip.call == call);
    render(&CallPage {
        language: &language,
        words,
        name,
        account,
        title: call_title(&notice.facts, language),
        path: format!("call/{}", notice.id),
        off: notice.kind == NoticeKind::Off,
        start: start(notice).map(when::machine),
        facts: in_words(&notice.facts, &notice.announced, language),
        readouts: readouts.collect(),
        clips: clips.map(clip_words).collect(),
        stamp: published(notice.published, notice.updated, side, language),
    })
}

/// When a call begins, as far as that is told.
fn start(notice: &PublicNotice) -> Option<i64> {
    match notice.facts.took {
        Some(Took::Times { begun, .. }) => Some(begun),
        _ => notice.facts.planned,
    }
}

/// What a page about a clip is called.
pub(crate) fn clip_title(clip: &ClipView, side: &Party, language: Language) -> String {
    let words = Words::of(language);
    let other = clip.sides.iter().find(|name| **name != side.name);
    other.map_or_else(|| words.footage.to_owned(), |other| with(words.footage_from, other))
}

/// The page of one clip.
pub(crate) fn clip(edition: &Edition, clip: &ClipView, language: Language) -> String {
    let Frame {
        language,
        words,
        side,
        name,
        account,
    } = frame(edition, language);
    render(&ClipPage {
        language: &language,
        words,
        name,
        account,
        title: clip_title(clip, side, language),
        path: format!("clip/{}", clip.sha256.as_str()),
        clip: clip_words(clip),
    })
}
