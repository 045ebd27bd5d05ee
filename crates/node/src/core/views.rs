//! What browsers are shown of a call: derived from its state, the connected seats and the far node's presence.

use call::{Body, CallId, Chains, Gap, Hash, Phase, SideId, Standing, State, Statement, Timestamp};

use super::{Core, calls::Held, check::preflight_views, convert, desks::is_desk};
use crate::{
    api::{
        self, CallSeatView, CallSummary, CallView, GapView, InterruptedView, OfferView, Role, StatementView, ToBrowser,
        Verb,
    },
    http::ApiError,
};

/// A refusal or an error as a socket message.
pub(super) fn refused(error: ApiError) -> ToBrowser {
    match error {
        ApiError::Refusal(body) => ToBrowser::Refused {
            code: body.refusal,
            args: body.args,
        },
        other => ToBrowser::Refused {
            code: other.parts().1.to_owned(),
            args: api::Args::new(),
        },
    }
}

fn phase_view(phase: Phase) -> api::Phase {
    match phase {
        Phase::Proposed => api::Phase::Proposed,
        Phase::Agreed => api::Phase::Agreed,
        Phase::Gathering => api::Phase::Gathering,
        Phase::InSession => api::Phase::InSession,
        Phase::Ended => api::Phase::Ended,
        Phase::Declined => api::Phase::Declined,
        Phase::Withdrawn => api::Phase::Withdrawn,
        Phase::Lapsed => api::Phase::Lapsed,
    }
}

fn standing_view(standing: Standing) -> api::Standing {
    match standing {
        Standing::Open => api::Standing::Open,
        Standing::Agreed => api::Standing::Agreed,
        Standing::Declined => api::Standing::Declined,
        Standing::Withdrawn => api::Standing::Withdrawn,
        Standing::Lapsed => api::Standing::Lapsed,
        Standing::Replaced => api::Standing::Replaced,
    }
}

fn hex(sides: &[SideId]) -> Vec<String> {
    sides.iter().map(SideId::to_string).collect()
}

/// The stretches in which either side dates a cut, joined where they overlap.
fn joined(gaps: &[Gap]) -> Vec<GapView> {
    let mut all: Vec<(i64, Option<i64>)> = gaps.iter().map(|gap| (gap.from.0, gap.to.map(|to| to.0))).collect();
    all.sort_unstable();
    let mut joined: Vec<(i64, Option<i64>)> = Vec::new();
    for (from, to) in all {
        match joined.last_mut() {
            Some((_, until)) if until.is_none_or(|until| from <= until) => {
                *until = until.and_then(|until| to.map(|to| until.max(to)));
            }
            _ => joined.push((from, to)),
        }
    }
    let view = |(from, to): (i64, Option<i64>)| GapView {
        from: api::time_text(from),
        to: to.map(api::time_text),
    };
    joined.into_iter().map(view).collect()
}

/// Whether the call waits for this side.
fn attention(state: &State, own: SideId) -> bool {
    let others_first = |those: &[SideId]| !those.is_empty() && !those.contains(&own);
    match state.phase {
        Phase::Proposed => state
            .offers
            .iter()
            .any(|offer| offer.by != own && offer.standing == Standing::Open),
        Phase::Agreed => state.crossed,
        Phase::Gathering => state.crossed || others_first(&state.gathered) || others_first(&state.begin_by),
        // The other side has said yes to the release of a clip, and that is not enough.
        Phase::InSession | Phase::Ended => state.releases.iter().any(|release| {
            let by: Vec<SideId> = release.by.iter().map(|mark| mark.side).collect();
            !release.standing && others_first(&by)
        }),
        _ => false,
    }
}

/// The terms in force, else the newest offer.
fn shown_terms(state: &State) -> Option<&call::terms::Terms> {
    let offer = state.terms().or_else(|| state.offers.last())?;
    Some(&offer.terms)
}

fn verbs(chains: &Chains, state: &State, own: SideId, role: Role, now: Timestamp) -> Vec<Verb> {
    let can = |body: &Body| call::may(chains, own, body, now).is_ok();
    let any = |body: fn(Hash) -> Body| state.offers.iter().any(|offer| can(&body(offer.hash)));
    let mut verbs = Vec::new();
    let mut add = |verb: Verb, allowed: bool| {
        if allowed {
            verbs.push(verb);
        }
    };
    let in_force = state.terms().map(|offer| offer.hash);
    if role == Role::Operator {
        add(Verb::Agree, any(|offer| Body::Agree { offer }));
        add(Verb::Decline, any(|offer| Body::Decline { offer }));
        add(Verb::Withdraw, any(|offer| Body::Withdraw { offer }));
        let counter = shown_terms(state).is_some_and(|terms| {
            let mut terms = terms.clone();
            terms.replaces = in_force;
            can(&Body::Offer(Box::new(terms)))
        });
        add(Verb::Counter, counter);
        add(Verb::Gather, in_force.is_some_and(|terms| can(&Body::Gather { terms })));
        add(Verb::Begin, in_force.is_some_and(|terms| can(&Body::Begin { terms })));
        let open = matches!(state.phase, Phase::Agreed | Phase::Gathering | Phase::InSession);
        add(Verb::Vouch, open);
        add(Verb::Admit, open && in_force.is_some());
        add(
            Verb::Strike,
            open && state
                .roster
                .iter()
                .any(|person| can(&Body::Strike { person: person.id })),
        );
        add(Verb::Open, in_force.is_some_and(|terms| can(&Body::Open { terms })));
    }
    if matches!(role, Role::Operator | Role::Principal) {
        add(Verb::Close, can(&Body::Close));
        add(Verb::End, !super::lines::is_over(state.phase) && can(&Body::End));
    }
    verbs
}

impl Core {
    /// All calls, newest first.
    pub(super) fn summaries(&self) -> Vec<CallSummary> {
        let mut all: Vec<_> = self
            .calls
            .iter()
            .filter_map(|(id, held)| self.summary(*id, held))
            .collect();
        all.sort_by(|a, b| b.terms.start.cmp(&a.terms.start).then_with(|| a.id.cmp(&b.id)));
        all
    }

    fn summary(&self, id: CallId, held: &Held) -> Option<CallSummary> {
        let state = held.state();
        let far = state.sides.iter().find(|side| **side != self.own.id)?;
        Some(CallSummary {
            id: id.to_string(),
            line: far.to_string(),
            phase: if held.ending() {
                api::Phase::Ended
            } else {
                phase_view(state.phase)
            },
            asked_by: state.asked_by.to_string(),
            terms: convert::terms_view(shown_terms(state)?),
            begun: state.begun.map(|mark| api::time_text(mark.at.0)),
            ended: state
                .ended()
                .filter(|_| state.phase == Phase::Ended)
                .map(|mark| api::time_text(mark.at.0)),
            attention: attention(state, self.own.id),
        })
    }

    /// One call as a role may see it.
    pub(super) fn call_view(&self, id: CallId, role: Role) -> Option<CallView> {
        let held = self.calls.get(&id)?;
        let (chains, state) = (held.chains(), held.state());
        let offers = state.offers.iter().map(|offer| OfferView {
            hash: offer.hash.to_string(),
            by: offer.by.to_string(),
            at: api::time_text(offer.at.0),
            terms: convert::terms_view(&offer.terms),
            standing: standing_view(offer.standing),
        });
        let interrupted = state.interrupted();
        let interrupted = interrupted.map(|gap| InterruptedView {
            side: gap.side.to_string(),
            since: api::time_text(gap.from.0),
        });
        Some(CallView {
            summary: self.summary(id, held)?,
            offers: offers.collect(),
            crossed: state.crossed,
            forked: !state.forks.is_empty(),
            gathered: hex(&state.gathered),
            begin_by: hex(&state.begin_by),
            interrupted: interrupted.collect(),
            gaps: joined(&state.gaps),
            seats: self.seat_views(id, state, is_desk(role)),
            timeline: timeline(chains),
            may: verbs(chains, state, self.own.id, role, Timestamp(self.clock.utc_ms())),
            roster: state.roster.iter().map(convert::person_view).collect(),
            checking: self.checking_view(id),
            preflights: preflight_views(state),
            topic: self.topic_view(id),
            footage: self.footage_view(id, state, is_desk(role)),
        })
    }

    fn seat_views(&self, id: CallId, state: &State, for_desk: bool) -> Vec<CallSeatView> {
        let good = state.seats.iter().filter(|seat| seat.good);
        good.filter_map(|seat| {
            let person = state.person(seat.person)?;
            let ours = self
                .seats
                .iter()
                .find(|(_, socket)| socket.key == seat.key)
                .map(|(_, socket)| socket);
            let far = self.rooms.far_seat(id, seat.side, seat.key);
            let is_ours = seat.side == self.own.id;
            Some(CallSeatView {
                side: seat.side.to_string(),
                person: seat.person.0,
                seat: ours.filter(|_| is_ours).map(|socket| socket.seat.id.clone()),
                role: convert::person_view(person).role,
                title: person.title.clone(),
                place: person.place.clone(),
                key: seat.key.to_string(),
                present: if seat.key == self.footage.key() {
                    true
                } else if is_ours {
                    ours.is_some()
                } else {
                    far.is_some()
                },
                mic: if is_ours {
                    ours.and_then(|socket| socket.mic)
                } else {
                    far.and_then(|seat| seat.mic)
                },
                state: ours.filter(|_| is_ours && for_desk).and_then(|socket| socket.state),
                check: self.check_view(id, seat.key).filter(|_| is_ours && for_desk),
            })
        })
        .collect()
    }
}

/// Every statement in the order of the sides' clocks, kept in each chain's own order.
fn timeline(chains: &Chains) -> Vec<StatementView> {
    let mut statements: Vec<&Statement> = chains.statements().collect();
    statements.sort_by_key(|statement| (statement.at(), statement.side(), statement.number()));
    statements
        .into_iter()
        .map(|statement| StatementView {
            hash: statement.hash().to_string(),
            side: statement.side().to_string(),
            number: statement.number().into(),
            at: api::time_text(statement.at().0),
            kind: statement.kind().word().to_owned(),
            key: statement.key().to_string(),
            acknowledged: statement.number() <= chains.acknowledged(statement.side()),
            detail: convert::detail(statement),
        })
        .collect()
}
