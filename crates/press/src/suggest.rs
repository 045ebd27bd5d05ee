//! The first draft of a readout: the record's facts as sentences, for a person to go on from.

use crate::edition::{Facts, Party, Took};
use crate::text::{PARAGRAPH_BYTES_MAX, TITLE_BYTES_MAX};
use crate::{Language, Text, when};

/// A text that says what the facts say, and nothing else.
#[must_use]
pub fn suggest(facts: &Facts, language: Language) -> Text {
    let (ours, far) = (&facts.ours.name, &facts.far.name);
    let title = match language {
        Language::English => format!("Readout of {ours}’s Call with {far}"),
        Language::Russian => format!("О переговорах: {ours} и {far}"),
        Language::Arabic => format!("بيان عن المكالمة بين {ours} و{far}"),
    };
    Text {
        title: cut(title, TITLE_BYTES_MAX),
        paragraphs: vec![cut(said_of(facts, false, language), PARAGRAPH_BYTES_MAX)],
        quotes: Vec::new(),
        note: None,
    }
}

/// The facts as sentences; `ahead` of the call it is something that will be.
pub(crate) fn said_of(facts: &Facts, ahead: bool, language: Language) -> String {
    let mut sentences = vec![first(facts, ahead, language)];
    if let Some(whose) = facts.asked {
        let asked = &whose.of(facts).name;
        sentences.push(match language {
            Language::English if ahead => format!("Asked for by {asked}."),
            Language::English => format!("The call was asked for by {asked}."),
            Language::Russian if ahead => format!("По просьбе стороны: {asked}."),
            Language::Russian => format!("Переговоры состоялись по просьбе стороны: {asked}."),
            Language::Arabic if ahead => format!("بطلب من {asked}."),
            Language::Arabic => format!("جرت المكالمة بطلب من {asked}."),
        });
    }
    if !facts.topics.is_empty() {
        let topics = facts
            .topics
            .join(if language == Language::Arabic { "؛ " } else { "; " });
        sentences.push(match language {
            Language::English => format!("Topics: {topics}."),
            Language::Russian => format!("Темы: {topics}."),
            Language::Arabic => format!("الموضوعات: {topics}."),
        });
    }
    sentences.join(" ")
}

fn first(facts: &Facts, ahead: bool, language: Language) -> String {
    let (ours, far) = (&facts.ours.name, &facts.far.name);
    let video = facts.medium == crate::Medium::Picture;
    let spoke = match (language, video, ahead) {
        (Language::English, true, false) => format!("{ours} and {far} spoke by video"),
        (Language::English, false, false) => format!("{ours} and {far} spoke"),
        (Language::English, true, true) => format!("Video call between {ours} and {far}"),
        (Language::English, false, true) => format!("Call between {ours} and {far}"),
        (Language::Russian, true, false) => format!("Видеопереговоры провели {ours} и {far}"),
        (Language::Russian, false, false) => format!("Переговоры провели {ours} и {far}"),
        (Language::Russian, true, true) => format!("Видеопереговоры: {ours} и {far}"),
        (Language::Russian, false, true) => format!("Переговоры: {ours} и {far}"),
        (Language::Arabic, true, false) => format!("جرت مكالمة مرئية بين {ours} و{far}"),
        (Language::Arabic, false, false) => format!("جرت مكالمة بين {ours} و{far}"),
        (Language::Arabic, true, true) => format!("مكالمة مرئية بين {ours} و{far}"),
        (Language::Arabic, false, true) => format!("مكالمة بين {ours} و{far}"),
    };
    let mut parts = vec![spoke];
    match &facts.took {
        Some(Took::Times { begun, ended }) => {
            parts.push(between(*begun, *ended, &facts.far, language));
            parts.push(between(*begun, *ended, &facts.ours, language));
        }
        Some(Took::Day { ours, .. }) => parts.push(when::day_of(ours, language)),
        None => {
            if let Some(planned) = facts.planned.filter(|_| ahead) {
                parts.push(between(planned, None, &facts.far, language));
                parts.push(between(planned, None, &facts.ours, language));
            }
        }
    }
    if let Some(minutes) = facts.minutes {
        parts.push(when::minutes(minutes, language));
    }
    let comma = crate::words::Words::of(language).comma;
    format!("{}.", parts.join(comma))
}

/// 'Thursday 30 December 2021, 11:35 p.m. – Friday 31 December 2021, 12:25 a.m. (Moscow)'
fn between(begun: i64, ended: Option<i64>, party: &Party, language: Language) -> String {
    let comma = crate::words::Words::of(language).comma;
    let from = when::wall(begun, &party.zone);
    let mut text = format!(
        "{}{comma}{}",
        when::day(from.date(), language),
        when::clock(&from, language)
    );
    if let Some(ended) = ended {
        let to = when::wall(ended, &party.zone);
        let day = if to.date() == from.date() {
            String::new()
        } else {
            format!("{}{comma}", when::day(to.date(), language))
        };
        text.push_str(&format!(" – {day}{}", when::clock(&to, language)));
    }
    format!("{text} ({})", party.place)
}

fn cut(mut text: String, bytes_max: usize) -> String {
    while text.len() > bytes_max {
        text.pop();
    }
    text
}
