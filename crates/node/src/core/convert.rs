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

/// Terms from the browser, in the order that statements carry.
pub(super) fn terms(view: &api::Terms) -> Result<terms::Terms, Refusal> {
    let footage = view.footage.as_ref().map(|footage| {
        Ok(terms::Footage {
            minutes: footage.minutes,
            persons: footage.persons.iter().copied().map(PersonId).collect(),
            recorders: footage
                .recorders
                .iter()
                .map(|text| side(text))
                .collect::<Result<_, Refusal>>()?,
            release: match footage.release {
                api::Release::Either => terms::Release::Either,
                api::Release::Both => terms::Release::Both,
            },
        })
    });
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
        footage: footage.transpose()?,
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
        footage: terms.footage.as_ref().map(|footage| api::Footage {
            minutes: footage.minutes,
            persons: footage.persons.iter().map(|person| person.0).collect(),
            recorders: footage.recorders.iter().map(SideId::to_string).collect(),
            release: match footage.release {
                terms::Release::Either => api::Release::Either,
                terms::Release::Both => api::Release::Both,
            },
        }),
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
