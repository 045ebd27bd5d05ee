//! Between the desk's JSON, the record's views and the words of [`press`].

use press::{Facts, Language, Mark, Medium, Notice, NoticeKind, Party, Show, Stated, Text, Texts, Took, Whose};

use crate::api::{
    self, CallView, LineView, Phase, PressFacts, PressMark, PressNoticeKind, PressParty, PressQuote, PressShow,
    PressText, PressTexts, PressWhose,
};

/// What a desk may know of a call for the page: its facts, where it stands, what its terms let a side say.
pub(super) struct OfCall {
    pub(super) facts: Facts,
    pub(super) stated: Stated,
    pub(super) announce: Notice,
}

/// Reads the record's view of a call.
pub(super) fn of_call(call: &CallView, lines: &[LineView], ours: &Party) -> OfCall {
    let summary = &call.summary;
    let terms = &summary.terms;
    let line = lines.iter().find(|line| line.far.id == summary.line);
    let zone = |far: bool| terms.zones.iter().find(|zone| (zone.side == summary.line) == far);
    let party = |far: bool, name: Option<&str>| {
        let place = zone(far).map_or("", |zone| zone.place.as_str());
        Party {
            name: name.unwrap_or(place).to_owned(),
            place: place.to_owned(),
            zone: zone(far).map_or("UTC", |zone| zone.zone.as_str()).to_owned(),
        }
    };
    let begun = summary.begun.as_deref().and_then(api::time_ms);
    let ended = summary.ended.as_deref().and_then(api::time_ms);
    let lasted = begun.zip(ended).map(|(from, to)| to.saturating_sub(from));
    let facts = Facts {
        ours: party(false, Some(&ours.name)),
        far: party(true, line.map(|line| line.far.name.as_str())),
        medium: match terms.medium {
            api::Medium::Picture => Medium::Picture,
            api::Medium::Sound => Medium::Sound,
        },
        asked: Some(if summary.asked_by == summary.line {
            Whose::Far
        } else {
            Whose::Ours
        }),
        topics: terms.topics.clone(),
        planned: api::time_ms(&terms.start),
        took: begun.map(|begun| Took::Times { begun, ended }),
        minutes: lasted.and_then(|ms| u32::try_from((ms.saturating_add(30_000)) / 60_000).ok()),
    };
    let over = matches!(
        summary.phase,
        Phase::Ended | Phase::Declined | Phase::Withdrawn | Phase::Lapsed
    );
    let stated = match (begun, ended) {
        (Some(_), Some(_)) => Stated::Over,
        (Some(_), None) => Stated::Running,
        (None, _) if over => Stated::Off,
        (None, _) if summary.phase == Phase::Proposed => Stated::Proposed,
        (None, _) => Stated::Agreed,
    };
    OfCall {
        facts,
        stated,
        announce: announce(terms),
    }
}

/// What the terms let a side say before the call.
fn announce(terms: &api::Terms) -> Notice {
    match terms.announce {
        api::Announce::Nothing => Notice::Nothing,
        api::Announce::Call => Notice::Call,
        api::Announce::Topics => Notice::Topics,
    }
}

pub(super) fn announce_view(announce: Notice) -> api::Announce {
    match announce {
        Notice::Nothing => api::Announce::Nothing,
        Notice::Call => api::Announce::Call,
        Notice::Topics => api::Announce::Topics,
    }
}

pub(super) fn kind(kind: PressNoticeKind) -> NoticeKind {
    match kind {
        PressNoticeKind::Announced => NoticeKind::Announced,
        PressNoticeKind::Held => NoticeKind::Held,
        PressNoticeKind::Off => NoticeKind::Off,
    }
}

pub(super) fn kind_view(kind: NoticeKind) -> PressNoticeKind {
    match kind {
        NoticeKind::Announced => PressNoticeKind::Announced,
        NoticeKind::Held => PressNoticeKind::Held,
        NoticeKind::Off => PressNoticeKind::Off,
    }
}

pub(super) fn show(show: PressShow) -> Show {
    Show {
        times: show.times,
        length: show.length,
        asked: show.asked,
        topics: show.topics,
    }
}

/// What was chosen, as the facts told show it.
pub(super) fn show_view(told: &Facts) -> PressShow {
    PressShow {
        times: matches!(told.took, Some(Took::Times { .. })),
        length: told.minutes.is_some(),
        asked: told.asked.is_some(),
        topics: !told.topics.is_empty(),
    }
}

/// Whether the record says something else by now than what was told.
pub(super) fn stale(told: &Facts, record: &Facts) -> bool {
    *told != record.told(show(show_view(told)))
}

pub(super) fn facts_view(facts: &Facts) -> PressFacts {
    let party = |party: &Party| PressParty {
        name: party.name.clone(),
        place: party.place.clone(),
        zone: party.zone.clone(),
    };
    let (begun, ended, day) = match &facts.took {
        Some(Took::Times { begun, ended }) => (Some(*begun), *ended, None),
        Some(Took::Day { ours, .. }) => (None, None, Some(ours.clone())),
        None => (None, None, None),
    };
    PressFacts {
        ours: party(&facts.ours),
        far: party(&facts.far),
        medium: match facts.medium {
            Medium::Picture => api::Medium::Picture,
            Medium::Sound => api::Medium::Sound,
        },
        asked: facts.asked.map(|whose| match whose {
            Whose::Ours => PressWhose::Ours,
            Whose::Far => PressWhose::Far,
        }),
        topics: facts.topics.clone(),
        planned: facts.planned.map(api::time_text),
        begun: begun.map(api::time_text),
        ended: ended.map(api::time_text),
        day,
        minutes: facts.minutes,
    }
}

pub(super) fn mark_view(mark: &Mark) -> PressMark {
    PressMark {
        seat: mark.seat.clone(),
        name: mark.name.clone(),
        at: api::time_text(mark.at),
    }
}

fn text(view: PressText) -> Text {
    let quote = |quote: PressQuote| press::Quote {
        words: quote.words,
        by: quote.by,
    };
    Text {
        title: view.title,
        paragraphs: view.paragraphs,
        quotes: view.quotes.into_iter().map(quote).collect(),
        note: view.note,
    }
}

fn text_view(text: &Text) -> PressText {
    let quote = |quote: &press::Quote| PressQuote {
        words: quote.words.clone(),
        by: quote.by.clone(),
    };
    PressText {
        title: text.title.clone(),
        paragraphs: text.paragraphs.clone(),
        quotes: text.quotes.iter().map(quote).collect(),
        note: text.note.clone(),
    }
}

pub(super) fn texts(view: PressTexts) -> Texts {
    let all = [
        (Language::English, view.en),
        (Language::Russian, view.ru),
        (Language::Arabic, view.ar),
    ];
    all.into_iter()
        .filter_map(|(language, view)| Some((language, text(view?))))
        .collect()
}

pub(super) fn texts_view(texts: &Texts) -> PressTexts {
    let of = |language| texts.get(&language).map(text_view);
    PressTexts {
        en: of(Language::English),
        ru: of(Language::Russian),
        ar: of(Language::Arabic),
    }
}

/// The record's facts as sentences, in all languages.
pub(super) fn suggested(facts: &Facts) -> PressTexts {
    let of = |language| Some(text_view(&press::suggest(facts, language)));
    PressTexts {
        en: of(Language::English),
        ru: of(Language::Russian),
        ar: of(Language::Arabic),
    }
}
