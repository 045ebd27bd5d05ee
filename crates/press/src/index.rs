//! The first page: what is announced, and what is over, each call in a few lines.

use std::collections::BTreeMap;

use askama::Template;

use crate::Language;
use crate::acts::NoticeKind;
use crate::edition::{ClipView, Edition, Facts, Item, Party, PublicNotice, Took};
use crate::page::{Frame, best, call_title, frame, render};
use crate::readout::PublicReadout;
use crate::text::plain;
use crate::when;
use crate::words::{Words, isolated};

struct Link {
    path: String,
    words: String,
}

/// From when to when, in both capitals; where the day changes on the way, both days.
struct Span {
    machine: String,
    places: [SpanAt; 2],
}

struct SpanAt {
    place: String,
    day: String,
    from: String,
    to: Option<(Option<String>, String)>,
}

/// A call on the first page: when, and in a line what else is told.
#[derive(Default)]
struct Card {
    path: String,
    title: String,
    off: bool,
    when: Option<Span>,
    told: Vec<String>,
    topics: Vec<String>,
    links: Vec<Link>,
}

#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage<'a> {
    language: &'a Language,
    words: &'static Words,
    name: String,
    account: String,
    title: String,
    path: String,
    coming: Vec<Card>,
    past: Vec<Card>,
}

/// What is listed of one call.
#[derive(Default)]
struct OfCall<'a> {
    noticed: bool,
    readouts: Vec<&'a PublicReadout>,
    clips: Vec<&'a ClipView>,
}

impl OfCall<'_> {
    fn links(&self, language: Language) -> impl Iterator<Item = Link> {
        let words = Words::of(language);
        let readouts = self.readouts.iter().map(|readout| readout_link(readout, words));
        readouts.chain(self.clips.iter().map(|clip| clip_link(clip, words)))
    }
}

type Calls<'a> = BTreeMap<&'a str, OfCall<'a>>;

fn calls(edition: &Edition, now: i64) -> Calls<'_> {
    let mut calls = Calls::new();
    for item in edition.items(now) {
        match item {
            Item::Notice(call, _) => calls.entry(call).or_default().noticed = true,
            Item::Readout(call, readout) => calls.entry(call).or_default().readouts.push(readout),
            Item::Clip(clip) => calls.entry(&clip.call).or_default().clips.push(clip),
        }
    }
    calls
}

/// The page. What stands on it is chosen first and written then: strangers ask for it, and a side may have published for years.
pub(crate) fn index(edition: &Edition, now: i64, most: usize, language: Language) -> String {
    let Frame {
        language,
        words,
        name,
        account,
        ..
    } = frame(edition, language);
    let calls = calls(edition, now);
    let mut coming: Vec<(i64, Item<'_>)> = Vec::new();
    let mut past: Vec<(i64, Item<'_>)> = Vec::new();
    for item in edition.items(now).filter(|item| stands_by_itself(item, &calls)) {
        let at = order(&item);
        let ahead = matches!(item, Item::Notice(_, notice) if notice.kind != NoticeKind::Held && at.saturating_add(STALE_MS) > now);
        if ahead {
            coming.push((at, item));
        } else {
            past.push((-at, item));
        }
    }
    let cards = |mut items: Vec<(i64, Item<'_>)>| {
        items.sort_by_key(|(at, _)| *at);
        let listed = items.into_iter().take(most);
        listed
            .filter_map(|(_, item)| card_of(&item, &calls, language))
            .collect()
    };
    let title = format!("{name} · {}", words.calls);
    render(&IndexPage {
        language: &language,
        words,
        name,
        account,
        title,
        path: String::new(),
        coming: cards(coming),
        past: cards(past),
    })
}

/// Readouts stand under the notice of their call, clips under either; alone where there is none.
fn stands_by_itself(item: &Item<'_>, calls: &Calls<'_>) -> bool {
    let of = |call: &str| calls.get(call);
    match item {
        Item::Notice(..) => true,
        Item::Readout(call, _) => of(call).is_none_or(|of| !of.noticed),
        Item::Clip(clip) => of(&clip.call).is_none_or(|of| !of.noticed && of.readouts.is_empty()),
    }
}

/// So long after its time an announcement stands among what is over.
const STALE_MS: i64 = 24 * 3_600_000;

/// What orders something among others.
fn order(item: &Item<'_>) -> i64 {
    match item {
        Item::Notice(_, notice) => took_at(&notice.facts, notice.published),
        Item::Readout(_, readout) => {
            let published = readout.published();
            readout.now().map_or(published, |(_, facts)| took_at(facts, published))
        }
        Item::Clip(clip) => clip.released,
    }
}

fn took_at(facts: &Facts, published: i64) -> i64 {
    let day = |day: &str| {
        let date: Option<jiff::civil::Date> = day.parse().ok();
        let at = date?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(at.timestamp().as_millisecond())
    };
    match &facts.took {
        Some(Took::Times { begun, .. }) => *begun,
        Some(Took::Day { ours, .. }) => day(ours).unwrap_or(published),
        None => facts.planned.unwrap_or(published),
    }
}

fn card_of(item: &Item<'_>, calls: &Calls<'_>, language: Language) -> Option<Card> {
    let links = |call: &str| calls.get(call).into_iter().flat_map(|of| of.links(language));
    match item {
        Item::Notice(call, notice) => {
            let mut card = notice_card(notice, language);
            card.links = links(call).collect();
            Some(card)
        }
        Item::Readout(call, readout) => {
            let (texts, facts) = readout.now()?;
            let (_, text) = best(texts, language)?;
            let Link { path, .. } = readout_link(readout, Words::of(language));
            let links = links(call).filter(|link| link.path != path).collect();
            let mut card = card(path, plain(&text.title), facts, None, language);
            card.links = links;
            Some(card)
        }
        Item::Clip(clip) => {
            let Link { path, words: title } = clip_link(clip, Words::of(language));
            Some(Card {
                path,
                title,
                ..Card::default()
            })
        }
    }
}

fn notice_card(notice: &PublicNotice, language: Language) -> Card {
    let planned = notice.announced.last().copied().or(notice.facts.planned);
    let title = call_title(&notice.facts, language);
    let mut card = card(format!("call/{}", notice.id), title, &notice.facts, planned, language);
    card.off = notice.kind == NoticeKind::Off;
    card
}

fn readout_link(readout: &PublicReadout, words: &Words) -> Link {
    Link {
        path: format!("readout/{}", readout.id),
        words: words.readout.to_owned(),
    }
}

fn clip_link(clip: &ClipView, words: &Words) -> Link {
    Link {
        path: format!("clip/{}", clip.sha256.as_str()),
        words: format!("{} {}", words.footage, when::length(clip.seconds)),
    }
}

/// When a call is or was, as far as it is told.
fn span(facts: &Facts, planned: Option<i64>, language: Language) -> Option<Span> {
    let times = |from: i64, to: Option<i64>| {
        let at = |party: &Party| {
            let wall = when::wall(from, &party.zone);
            SpanAt {
                place: plain(&party.place),
                day: when::day(wall.date(), language),
                from: when::clock(&wall, language),
                to: to.map(|to| {
                    let end = when::wall(to, &party.zone);
                    let day = (end.date() != wall.date()).then(|| when::day(end.date(), language));
                    (day, when::clock(&end, language))
                }),
            }
        };
        Span {
            machine: when::machine(from),
            places: [at(&facts.far), at(&facts.ours)],
        }
    };
    let day = |party: &Party, day: &str| SpanAt {
        place: plain(&party.place),
        day: when::day_of(day, language),
        from: String::new(),
        to: None,
    };
    match &facts.took {
        Some(Took::Times { begun, ended }) => Some(times(*begun, *ended)),
        Some(Took::Day { ours, far }) => Some(Span {
            machine: ours.clone(),
            places: [day(&facts.far, far), day(&facts.ours, ours)],
        }),
        None => planned.map(|at| times(at, None)),
    }
}

/// A call on the first page.
fn card(path: String, title: String, facts: &Facts, planned: Option<i64>, language: Language) -> Card {
    let words = Words::of(language);
    let lasted = facts.minutes.map(|minutes| when::minutes(minutes, language));
    let asked = facts
        .asked
        .map(|whose| format!("{} {}", words.asked, isolated(&whose.of(facts).name)));
    Card {
        path,
        title,
        when: span(facts, planned, language),
        told: lasted.into_iter().chain(asked).collect(),
        topics: facts.topics.iter().map(|topic| plain(topic)).collect(),
        ..Card::default()
    }
}
