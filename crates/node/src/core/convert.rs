//! Between the words of the browser ([`crate::api`]) and the words of the rules ([`call`]).
//!
//! What comes from a browser is checked by `call` alone; here a text only becomes an id, a time or a zone, and what
//! can't is refused by the name of its field.

use call::{
    Body, Hash, Refusal, SideId, Statement, Timestamp,
    terms::{self, PersonId},
};

use crate::api::{self, Args, Scalar};

fn bad(field: &'static str) -> Refusal {
    Refusal::Text { field }
}

/// A hash, id or key in hex.
pub(super) fn hash(text: &str, field: &'static str) -> Result<Hash, Refusal> {
    text.parse().map_err(|_| bad(field))
}

/// A side id in hex.
pub(super) fn side(text: &str) -> Result<SideId, Refusal> {
    text.parse().map_err(|_| bad("side"))
}

/// A role on a roster.
pub(super) fn role(role: api::Role) -> terms::Role {
    match role {
        api::Role::Principal => terms::Role::Principal,
        api::Role::Aide => terms::Role::Aide,
        api::Role::Interpreter => terms::Role::Interpreter,
        api::Role::Operator => terms::Role::Operator,
        api::Role::Press => terms::Role::Press,
        api::Role::Recorder => terms::Role::Recorder,
    }
}

fn role_view(role: terms::Role) -> api::Role {
    match role {
        terms::Role::Principal => api::Role::Principal,
        terms::Role::Aide => api::Role::Aide,
        terms::Role::Interpreter => api::Role::Interpreter,
        terms::Role::Operator => api::Role::Operator,
        terms::Role::Press => api::Role::Press,
        terms::Role::Recorder => api::Role::Recorder,
    }
}

/// Someone on a roster, from the browser.
pub(super) fn person(view: &api::Person) -> Result<terms::Person, Refusal> {
    Ok(terms::Person {
        id: PersonId(view.id),
        side: side(&view.side)?,
        role: role(view.role),
        title: view.title.clone(),
        place: view.place.clone(),
        interprets: view.interprets.as_ref().map(|way| terms::Interprets {
            from: way.from.clone(),
            to: way.to.clone(),
        }),
    })
}

/// Someone on a roster, for the browser.
pub(super) fn person_view(person: &terms::Person) -> api::Person {
    api::Person {
        id: person.id.0,
        side: person.side.to_string(),
        role: role_view(person.role),
        title: person.title.clone(),
        place: person.place.clone(),
        interprets: person.interprets.as_ref().map(|way| api::Interprets {
            from: way.from.clone(),
            to: way.to.clone(),
        }),
    }
}

fn embargo(view: &api::Embargo) -> Result<terms::Embargo, Refusal> {
    match (view.until, view.at.as_deref()) {
        (api::Until::None, None) => Ok(terms::Embargo::None),
        (api::Until::End, None) => Ok(terms::Embargo::End),
        (api::Until::Time, Some(at)) => {
            let at = api::time_ms(at).ok_or_else(|| bad("embargo"))?;
            Ok(terms::Embargo::Until(Timestamp(at)))
        }
        _ => Err(bad("embargo")),
    }
}

fn embargo_view(embargo: terms::Embargo) -> api::Embargo {
    let (until, at) = match embargo {
        terms::Embargo::None => (api::Until::None, None),
        terms::Embargo::End => (api::Until::End, None),
        terms::Embargo::Until(at) => (api::Until::Time, Some(api::time_text(at.0))),
    };
    api::Embargo { until, at }
}

fn footage(view: &api::Footage) -> Result<terms::Footage, Refusal> {
    let sides = |ids: &[String]| ids.iter().map(|text| side(text)).collect::<Result<_, Refusal>>();
    Ok(terms::Footage {
        minutes: view.minutes,
        persons: view.persons.iter().copied().map(PersonId).collect(),
        recorders: sides(&view.recorders)?,
        release: match view.release {
            api::Release::Either => terms::Release::Either,
            api::Release::Both => terms::Release::Both,
        },
        releasers: sides(&view.releasers)?,
        embargo: embargo(&view.embargo)?,
    })
}

fn footage_view(footage: &terms::Footage) -> api::Footage {
    let sides = |sides: &[SideId]| sides.iter().map(SideId::to_string).collect();
    api::Footage {
        minutes: footage.minutes,
        persons: footage.persons.iter().map(|person| person.0).collect(),
        recorders: sides(&footage.recorders),
        release: match footage.release {
            terms::Release::Either => api::Release::Either,
            terms::Release::Both => api::Release::Both,
        },
        releasers: sides(&footage.releasers),
        embargo: embargo_view(footage.embargo),
    }
}

/// Terms from the browser, in the order that statements carry.
pub(super) fn terms(view: &api::Terms) -> Result<terms::Terms, Refusal> {
    let party = |zone: &api::ZoneView| {
        if jiff::tz::TimeZone::get(&zone.zone).is_err() {
            return Err(bad("zone"));
        }
        Ok(terms::Party {
            side: side(&zone.side)?,
            zone: terms::Zone::new(&zone.zone)?,
            place: zone.place.clone(),
        })
    };
    let mut terms = terms::Terms {
        medium: match view.medium {
            api::Medium::Picture => terms::Medium::Picture,
            api::Medium::Sound => terms::Medium::Sound,
        },
        start: Timestamp(api::time_ms(&view.start).ok_or_else(|| bad("start"))?),
        minutes: view.minutes,
        parties: view.zones.iter().map(party).collect::<Result<_, _>>()?,
        topics: view.topics.clone(),
        reason: view.reason.clone(),
        roster: view.roster.iter().map(person).collect::<Result<_, _>>()?,
        languages: view.languages.clone(),
        interpretation: match view.interpretation {
            api::Interpretation::None => terms::Interpretation::None,
            api::Interpretation::Consecutive => terms::Interpretation::Consecutive,
            api::Interpretation::Simultaneous => terms::Interpretation::Simultaneous,
        },
        footage: view.footage.as_ref().map(footage).transpose()?,
        announce: match view.announce {
            api::Announce::Nothing => terms::Announce::Nothing,
            api::Announce::Call => terms::Announce::Call,
            api::Announce::Topics => terms::Announce::Topics,
        },
        replaces: view
            .replaces
            .as_deref()
            .map(|text| hash(text, "replaces"))
            .transpose()?,
    };
    terms.tidy();
    Ok(terms)
}

/// Terms for the browser.
pub(super) fn terms_view(terms: &terms::Terms) -> api::Terms {
    api::Terms {
        medium: match terms.medium {
            terms::Medium::Picture => api::Medium::Picture,
            terms::Medium::Sound => api::Medium::Sound,
        },
        start: api::time_text(terms.start.0),
        minutes: terms.minutes,
        zones: terms
            .parties
            .iter()
            .map(|party| api::ZoneView {
                side: party.side.to_string(),
                zone: party.zone.as_str().to_owned(),
                place: party.place.clone(),
            })
            .collect(),
        topics: terms.topics.clone(),
        reason: terms.reason.clone(),
        roster: terms.roster.iter().map(person_view).collect(),
        languages: terms.languages.clone(),
        interpretation: match terms.interpretation {
            terms::Interpretation::None => api::Interpretation::None,
            terms::Interpretation::Consecutive => api::Interpretation::Consecutive,
            terms::Interpretation::Simultaneous => api::Interpretation::Simultaneous,
        },
        footage: terms.footage.as_ref().map(footage_view),
        announce: match terms.announce {
            terms::Announce::Nothing => api::Announce::Nothing,
            terms::Announce::Call => api::Announce::Call,
            terms::Announce::Topics => api::Announce::Topics,
        },
        replaces: terms.replaces.map(|hash| hash.to_string()),
    }
}

/// What a timeline shows of a statement besides its kind.
pub(super) fn detail(statement: &Statement) -> Args {
    let mut detail = Args::new();
    let mut text = |name: &str, value: String| {
        detail.insert(name.to_owned(), Scalar::Text(value));
    };
    match statement.body() {
        Body::Offer(terms) => text("start", api::time_text(terms.start.0)),
        Body::Agree { offer } | Body::Decline { offer } | Body::Withdraw { offer } | Body::Lapse { offer } => {
            text("offer", offer.to_string());
        }
        Body::Gather { terms } | Body::Begin { terms } | Body::Open { terms } | Body::Preflight { terms, .. } => {
            text("terms", terms.to_string());
        }
        Body::Vouch { seat, person } => {
            text("seat", seat.to_string());
            if let Some(person) = person {
                detail.insert("person".to_owned(), Scalar::Number(person.0.into()));
            }
        }
        Body::Admit { person, .. } => {
            text("title", person.title.clone());
            detail.insert("person".to_owned(), Scalar::Number(person.id.0.into()));
        }
        Body::Strike { person } => {
            detail.insert("person".to_owned(), Scalar::Number(person.0.into()));
        }
        Body::Lost { far, since } | Body::Back { far, since } => {
            text("far", far.to_string());
            text("since", api::time_text(since.0));
        }
        Body::Rekey { key, .. } => text("key", key.to_string()),
        Body::Release { clip, instead } => {
            text("clip", clip.to_string());
            if let Some(instead) = instead {
                text("instead", instead.to_string());
            }
        }
        Body::Recall { clip } => text("clip", clip.to_string()),
        Body::Close | Body::End => {}
    }
    detail
}

/// The arguments of a refusal's sentence.
pub(super) fn arguments(refusal: &Refusal) -> Args {
    refusal
        .args()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Scalar::Text(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    /// Footage as the desk sends it, with an embargo.
    fn sent(embargo: Value) -> Value {
        let (one, other) = ("0a".repeat(32), "0b".repeat(32));
        json!({
            "minutes": 5, "persons": [1, 2], "recorders": [one], "release": "both", "releasers": [one, other],
            "embargo": embargo,
        })
    }

    fn read(value: &Value) -> Result<terms::Footage, Refusal> {
        footage(&api::parse(value.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn footage_goes_through_the_rules_and_comes_back_as_it_was_sent() {
        for embargo in [
            json!({ "until": "none" }),
            json!({ "until": "end" }),
            json!({ "until": "time", "at": "2021-12-30T21:30:00Z" }),
        ] {
            let value = sent(embargo);
            let held = read(&value).unwrap();
            assert_eq!(serde_json::to_value(footage_view(&held)).unwrap(), value);
        }
    }

    #[test]
    fn an_embargo_has_a_time_where_it_ends_at_one_and_only_there() {
        for embargo in [
            json!({ "until": "time" }),
            json!({ "until": "time", "at": null }),
            json!({ "until": "time", "at": "tomorrow" }),
            json!({ "until": "end", "at": "2021-12-30T21:30:00Z" }),
            json!({ "until": "none", "at": "2021-12-30T21:30:00Z" }),
        ] {
            let refused = read(&sent(embargo.clone())).unwrap_err();
            assert_eq!(refused, Refusal::Text { field: "embargo" }, "{embargo}");
        }
        let unknown = sent(json!({ "until": "end", "why": "" })).to_string();
        assert!(api::parse::<api::Footage>(unknown.as_bytes()).is_err());
    }
}
