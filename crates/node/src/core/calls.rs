//! Calls: loading them, saying our own statements, taking the far side's, and what the clock and a cut make us say.
//!
//! Every statement goes the same way: drafted or parsed by [`call`], put into a copy of the chains, stored, and only then
//! acknowledged, sent and shown.

use std::time::Instant;

use call::{Body, CallId, Chains, Fault, Hash, Kind, Phase, Refusal, SideId, State, Statement, Taken, Timestamp};
use call::{Subject, terms::PersonId};
use link::Command;
use store::{ChainKind, Id, NewStatement, Put, SeatId, StoreError};

use super::{Act, Core, Here, convert, footage::Why};
use crate::{api, books, http::ApiError};

/// Statements of a call that wait for others to come first.
const PENDING_MAX: usize = 256;
/// How long after its planned end an unused agreement, or an unanswered offer, lapses.
const GRACE_MS: i64 = 60 * 60 * 1000;

/// One call as it is held.
pub(super) struct Held {
    chains: Chains,
    /// Always `State::of(&chains)`.
    state: State,
    /// Every statement of the chains, the second ones of forks too, in the order in which they were stored, or in one
    /// that their signers' order allows.
    log: Vec<Statement>,
    pending: Vec<Statement>,
    /// A person pressed End before this node knew how far its own chain had gone: media has stopped, the statement follows.
    ending: bool,
    /// It was running when the node started, so the node was away.
    was_away: bool,
    /// It came to be since the node started: every statement of ours in it is known.
    ours_is_whole: bool,
}

impl Held {
    fn new(chains: Chains) -> Self {
        Self {
            state: State::of(&chains),
            log: super::chain::in_order(&chains),
            chains,
            pending: Vec::new(),
            ending: false,
            was_away: false,
            ours_is_whole: true,
        }
    }

    /// The chains.
    pub(super) fn chains(&self) -> &Chains {
        &self.chains
    }

    /// The state that the chains make.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Whether the call was running when the node started, and the far side has not told yet how far our chain had gone.
    pub(super) fn was_away(&self) -> bool {
        self.was_away
    }

    /// Whether End was pressed and waits to be said.
    pub(super) fn ending(&self) -> bool {
        self.ending
    }

    /// Every statement that is stored, each after those that it has seen.
    pub(super) fn log(&self) -> &[Statement] {
        &self.log
    }

    /// The chains have grown by a statement.
    fn set(&mut self, chains: Chains, by: Statement) {
        self.state = State::of(&chains);
        self.chains = chains;
        self.log.push(by);
    }
}

/// A rule said no.
pub(super) fn refusal(refusal: &Refusal) -> ApiError {
    ApiError::Refusal(api::RefusalBody {
        refusal: refusal.code().to_owned(),
        args: convert::arguments(refusal),
    })
}

/// A rule of the node's own said no.
pub(super) fn node_refusal(code: &str) -> ApiError {
    ApiError::Refusal(api::RefusalBody {
        refusal: code.to_owned(),
        args: api::Args::new(),
    })
}

/// A statement's place in the store, where chains are counted from 0.
fn place(statement: &Statement) -> u32 {
    u32::from(statement.number()) - 1
}

impl Core {
    /// Loads the calls that the store holds.
    pub(super) async fn load_calls(&mut self) -> Result<(), StoreError> {
        for (id, (chains, pending)) in books::load_calls(&self.store, &self.keyring).await? {
            let mut held = Held::new(chains);
            held.was_away = held.state.phase == Phase::InSession;
            held.ours_is_whole = false;
            held.pending = pending;
            self.calls.insert(id, held);
        }
        Ok(())
    }

    async fn put(&self, far: SideId, statement: &Statement) -> Result<Put, StoreError> {
        let (chain, kind) = match statement.subject() {
            Subject::Call(call) => (Id(call.0), ChainKind::Call),
            Subject::Line(line) => (Id(line.0), ChainKind::Line),
        };
        let (line, side) = (Id(far.0), Id(statement.side().0));
        let (number, now_ms) = (place(statement), self.clock.utc_ms());
        let bytes = statement.bytes();
        self.store
            .put(&NewStatement {
                chain,
                kind,
                line,
                side,
                number,
                bytes,
                now_ms,
            })
            .await
    }

    async fn send(&mut self, far: SideId, statement: &Statement) {
        let call = match statement.subject() {
            Subject::Call(call) => call,
            Subject::Line(line) => CallId(line.0),
        };
        let bytes = statement.bytes().to_vec().into();
        self.command(
            far,
            Command::Statement {
                call,
                side: statement.side(),
                number: statement.number().into(),
                bytes,
            },
        )
        .await;
    }

    /// Asks the far side of a line for a call.
    pub(super) async fn request(&mut self, line: &str, terms: &api::Terms) -> Result<String, ApiError> {
        let far = convert::side(line).map_err(|_| ApiError::NotFound)?;
        let line = self.lines.get(&far);
        if line.is_none_or(|line| line.stored.confirmed_ms.is_none()) {
            return Err(node_refusal("line_unconfirmed"));
        }
        let terms = convert::terms(terms).map_err(|error| refusal(&error))?;
        let mut sides: Vec<SideId> = vec![self.own.id, far];
        sides.sort_unstable();
        if !terms.sides().eq(sides) {
            return Err(refusal(&Refusal::OtherParties));
        }
        let now = Timestamp(self.clock.utc_ms());
        let draft = call::ask(self.own.id, terms, now).map_err(|error| refusal(&error))?;
        let statement = draft.sign(&*self.own.key).map_err(|_| ApiError::Internal)?;
        let chains = Chains::start(&self.keyring, statement.clone()).map_err(|_| ApiError::Internal)?;
        let id = statement.call().ok_or(ApiError::Internal)?;
        if self.calls.contains_key(&id) {
            return Ok(id.to_string());
        }
        self.put(far, &statement).await?;
        self.calls.insert(id, Held::new(chains));
        self.send(far, &statement).await;
        self.change(id);
        Ok(id.to_string())
    }

    /// Says a statement of our own, if the rules allow it.
    pub(super) async fn say(&mut self, id: CallId, body: Body) -> Result<(), ApiError> {
        let now = Timestamp(self.clock.utc_ms());
        self.say_at(id, body, now).await
    }

    /// The same, dated so.
    pub(super) async fn say_at(&mut self, id: CallId, body: Body, at: Timestamp) -> Result<(), ApiError> {
        let far = self.line_of(id).ok_or(ApiError::NotFound)?;
        let held = self.calls.get(&id).ok_or(ApiError::NotFound)?;
        let draft = call::propose(&held.chains, self.own.id, body, at).map_err(|error| refusal(&error))?;
        let statement = draft.sign(&*self.own.key).map_err(|_| ApiError::Internal)?;
        let mut chains = held.chains.clone();
        chains
            .insert(&self.keyring, statement.clone())
            .map_err(|_| ApiError::Internal)?;
        self.put(far, &statement).await?;
        if let Some(held) = self.calls.get_mut(&id) {
            held.set(chains, statement.clone());
        }
        self.send(far, &statement).await;
        self.change(id);
        Ok(())
    }

    /// Does what a person asked about a call.
    pub(super) async fn act(&mut self, id: &str, act: &Act) -> Result<CallId, ApiError> {
        let id = self.call_id(id)?;
        if let Act::Here(here) = act {
            return self.act_here(id, here).await.map(|()| id);
        }
        match act {
            Act::Close { pressed } => return self.close_footage(id, pressed.as_deref()).await.map(|()| id),
            Act::End => self.shut_footage(id, Instant::now(), Why::Pressed),
            _ => {}
        }
        if !self.may_speak(id) {
            if matches!(act, Act::End) {
                return self.end_later(id);
            }
            return Err(node_refusal("own_head_unknown"));
        }
        if matches!(act, Act::Open) {
            self.vouch_for_recorder(id).await;
        }
        let body = self.body(id, act).await?;
        if let Act::Begin { anyway } = act {
            self.before_begin(id, &body, *anyway).await?;
        }
        let gathers = body.kind() == Kind::Gather;
        self.say(id, body).await?;
        if gathers {
            self.vouch_for_seats(id).await;
        }
        Ok(id)
    }

    /// What says nothing to the other side by itself.
    async fn act_here(&mut self, id: CallId, here: &Here) -> Result<(), ApiError> {
        match here {
            Here::Check(on) => self.switch_check(id, *on),
            Here::CheckSeat(seat) => self.check_seat(id, seat).await,
            Here::Seat(seat, what) => self.ask_seat(id, seat, *what).await,
            Here::Topic(topic) => self.set_topic(id, *topic),
        }
    }

    /// Whether this node knows how far its own chain of a call has gone.
    pub(super) fn may_speak(&self, id: CallId) -> bool {
        let line = self.line_of(id).and_then(|far| self.lines.get(&far));
        let level = line.is_some_and(|line| line.level);
        level || self.calls.get(&id).is_some_and(|held| held.ours_is_whole)
    }

    fn end_later(&mut self, id: CallId) -> Result<CallId, ApiError> {
        let held = self.calls.get_mut(&id).ok_or(ApiError::NotFound)?;
        held.ending = true;
        self.change(id);
        Ok(id)
    }

    async fn body(&self, id: CallId, act: &Act) -> Result<Body, ApiError> {
        let state = &self.calls.get(&id).ok_or(ApiError::NotFound)?.state;
        let in_force = || {
            state
                .in_force
                .first()
                .copied()
                .ok_or_else(|| refusal(&Refusal::NotAgreed))
        };
        let offer = |text: &str| convert::hash(text, "offer").map_err(|error| refusal(&error));
        Ok(match act {
            Act::Agree(hash) => Body::Agree { offer: offer(hash)? },
            Act::Decline(hash) => Body::Decline { offer: offer(hash)? },
            Act::Withdraw(hash) => Body::Withdraw { offer: offer(hash)? },
            Act::Counter(terms) => {
                let mut terms = convert::terms(terms).map_err(|error| refusal(&error))?;
                if terms.replaces.is_none() {
                    // What is countered: the terms in force, else the newest offer that waits.
                    let open = || {
                        state
                            .offers
                            .iter()
                            .rev()
                            .find(|offer| offer.standing == call::Standing::Open)
                    };
                    terms.replaces = state.terms().or_else(open).map(|offer| offer.hash);
                }
                Body::Offer(Box::new(terms))
            }
            Act::Gather => Body::Gather { terms: in_force()? },
            Act::Preflight => self.proven_preflight(id)?,
            Act::Begin { .. } => Body::Begin { terms: in_force()? },
            Act::End => Body::End,
            Act::Open => Body::Open { terms: in_force()? },
            Act::Release { clip, instead } => self.release(id, *clip, *instead)?,
            Act::Recall { clip } => Body::Recall { clip: *clip },
            // Done before it comes to a statement.
            Act::Here(_) | Act::Close { .. } => return Err(ApiError::Internal),
            Act::Vouch { seat, person } => {
                let seat: SeatId = seat.parse().map_err(|_| ApiError::NotFound)?;
                let key = self
                    .store
                    .seat(&seat)
                    .await?
                    .and_then(|seat| seat.key)
                    .ok_or(ApiError::NotFound)?;
                Body::Vouch {
                    seat: call::PublicKey(key.0),
                    person: Some(PersonId(*person)),
                }
            }
            Act::Admit(person) => {
                let person = convert::person(person).map_err(|error| refusal(&error))?;
                Body::Admit {
                    terms: in_force()?,
                    person,
                }
            }
            Act::Strike(person) => Body::Strike {
                person: PersonId(*person),
            },
        })
    }

    /// A statement arrived from the far side.
    pub(super) async fn take_statement(&mut self, far: SideId, bytes: &[u8]) {
        let statement = match Statement::parse(bytes) {
            Ok(statement) => statement,
            Err(error) => {
                return tracing::warn!(line = ?far, %error, "the far side sent something that is no statement");
            }
        };
        match statement.subject() {
            Subject::Line(_) => self.take_line_statement(far, statement).await,
            Subject::Call(id) => {
                self.take_call_statement(far, id, statement).await;
                self.take_pending(far, id).await;
            }
        }
    }

    async fn take_line_statement(&mut self, far: SideId, statement: Statement) {
        let Some(line) = self.lines.get(&far) else { return };
        let mut chains = line.chains.clone();
        match chains.insert(&self.keyring, statement.clone()) {
            Ok(Taken::New | Taken::Fork) => {}
            Ok(Taken::Known | Taken::Missing(_)) => return,
            Err(error) => return tracing::warn!(line = ?far, %error, "a statement of the line was refused"),
        }
        if let Err(error) = self.put(far, &statement).await {
            return tracing::error!(%error, "a statement could not be stored");
        }
        if let Err(error) = self.keyring.learn(&statement) {
            tracing::warn!(%error, "a Rekey was refused");
        }
        if let Some(line) = self.lines.get_mut(&far) {
            line.chains = chains;
        }
        self.rekeyed(far).await;
        self.held_up_to(far, &statement).await;
    }

    /// Tells the far node that a statement is on disk here.
    async fn held_up_to(&mut self, far: SideId, statement: &Statement) {
        let call = match statement.subject() {
            Subject::Call(call) => call,
            Subject::Line(line) => CallId(line.0),
        };
        let count = u32::from(statement.number());
        self.command(
            far,
            Command::Held {
                call,
                side: statement.side(),
                count,
            },
        )
        .await;
    }

    async fn take_call_statement(&mut self, far: SideId, id: CallId, statement: Statement) {
        let taken = match self.calls.get(&id) {
            Some(held) => {
                let mut chains = held.chains.clone();
                chains
                    .insert(&self.keyring, statement.clone())
                    .map(|taken| (chains, taken))
            }
            None if statement.starts_call() => self.start_call(far, &statement).map(|chains| (chains, Taken::New)),
            None => Err(Fault::Foreign),
        };
        let (chains, taken) = match taken {
            Ok(taken) => taken,
            Err(error) => return tracing::warn!(line = ?far, call = ?id, ?statement, %error, "a statement was refused"),
        };
        match taken {
            Taken::New | Taken::Fork => {}
            Taken::Known => return self.held_up_to(far, &statement).await,
            Taken::Missing(_) => return self.keep_pending(id, statement),
        }
        self.far_closes_footage(far, id, &chains, &statement);
        if let Err(error) = self.put(far, &statement).await {
            return tracing::error!(%error, "a statement could not be stored");
        }
        match self.calls.get_mut(&id) {
            Some(held) => held.set(chains, statement.clone()),
            None => {
                let mut held = Held::new(chains);
                held.ours_is_whole = self.lines.get(&far).is_some_and(|line| line.level);
                self.calls.insert(id, held);
            }
        }
        self.held_up_to(far, &statement).await;
        if statement.kind() == Kind::Offer && statement.side() == far {
            self.ring_for(far, id);
        }
        self.change(id);
    }

    /// A first offer must be the far side's own, to us and to nobody else we don't know.
    fn start_call(&self, far: SideId, statement: &Statement) -> Result<Chains, Fault> {
        let chains = Chains::start(&self.keyring, statement.clone())?;
        let mut sides: Vec<SideId> = vec![self.own.id, far];
        sides.sort_unstable();
        if chains.sides() == sides {
            Ok(chains)
        } else {
            Err(Fault::NotAParty)
        }
    }

    fn keep_pending(&mut self, id: CallId, statement: Statement) {
        if let Some(held) = self.calls.get_mut(&id)
            && held.pending.len() < PENDING_MAX
            && !held.pending.contains(&statement)
        {
            held.pending.push(statement);
        }
    }

    async fn take_pending(&mut self, far: SideId, id: CallId) {
        loop {
            let Some(held) = self.calls.get_mut(&id) else { return };
            let pending = std::mem::take(&mut held.pending);
            let before = pending.len();
            for statement in pending {
                self.take_call_statement(far, id, statement).await;
            }
            let after = self.calls.get(&id).map_or(0, |held| held.pending.len());
            if after == 0 || after == before {
                return;
            }
        }
    }

    fn ring_for(&mut self, far: SideId, id: CallId) {
        let name = self
            .lines
            .get(&far)
            .map(|line| line.stored.name.clone())
            .unwrap_or_default();
        self.ring.ring(&name, &id.to_string());
        self.seats
            .tell_role(api::Role::Operator, &api::ToBrowser::Ring { call: id.to_string() });
    }

    /// The far side has told how far our own chains had gone: say what waited, and that we are back.
    pub(super) async fn resume_calls(&mut self, far: SideId, first: bool) {
        let now = Timestamp(self.clock.utc_ms());
        let ids: Vec<CallId> = self.open_calls().filter(|id| self.line_of(*id) == Some(far)).collect();
        for id in ids {
            let Some(held) = self.calls.get(&id) else { continue };
            let was_away = first && held.was_away;
            if was_away {
                self.close_after_absence(id).await;
            }
            let Some(held) = self.calls.get_mut(&id) else { continue };
            held.was_away &= !first;
            if std::mem::replace(&mut held.ending, false) {
                self.say_or_log(id, Body::End).await;
                continue;
            }
            let Some(held) = self.calls.get(&id) else { continue };
            if held.state.phase != Phase::InSession {
                continue;
            }
            let lost = held
                .state
                .gaps
                .iter()
                .any(|gap| gap.side == self.own.id && gap.far == far && gap.to.is_none());
            if was_away && !lost {
                self.say_or_log(
                    id,
                    Body::Lost {
                        far,
                        since: self.started,
                    },
                )
                .await;
            }
            if lost || was_away {
                self.say_or_log(id, Body::Back { far, since: now }).await;
            }
        }
    }

    /// A link went down: say so in every call that was running over it.
    pub(super) async fn lose_calls(&mut self, far: SideId, since: Timestamp) {
        self.lose_footage(far).await;
        let level = self.lines.get(&far).is_some_and(|line| line.level);
        let ids: Vec<CallId> = self.open_calls().filter(|id| self.line_of(*id) == Some(far)).collect();
        for id in ids {
            let running = self
                .calls
                .get(&id)
                .is_some_and(|held| held.state.phase == Phase::InSession);
            if running && level {
                self.say_or_log(id, Body::Lost { far, since }).await;
            }
            self.change(id);
        }
    }

    async fn say_or_log(&mut self, id: CallId, body: Body) {
        let kind = body.kind();
        match self.say(id, body).await {
            Ok(()) | Err(ApiError::Refusal(_)) => {}
            Err(error) => tracing::error!(?error, ?kind, "a statement could not be said"),
        }
    }

    /// Says Lapse for what nobody answered or used in time.
    pub(super) async fn lapse_what_is_over(&mut self) {
        let now_ms = self.clock.utc_ms();
        let mut over: Vec<(CallId, Hash)> = Vec::new();
        for id in self.open_calls() {
            let Some(held) = self.calls.get(&id) else { continue };
            let level = self
                .line_of(id)
                .and_then(|far| self.lines.get(&far))
                .is_some_and(|line| line.level);
            if held.state.phase == Phase::InSession || !level {
                continue;
            }
            let late = held.state.offers.iter().filter(|offer| {
                let standing = matches!(offer.standing, call::Standing::Open | call::Standing::Agreed);
                let end_ms = offer.terms.start.0 + i64::from(offer.terms.minutes) * 60_000;
                standing && now_ms > end_ms.saturating_add(GRACE_MS) && now_ms > offer.at.0.saturating_add(GRACE_MS)
            });
            over.extend(late.map(|offer| (id, offer.hash)));
        }
        for (id, offer) in over {
            self.say_or_log(id, Body::Lapse { offer }).await;
        }
    }

    /// The signed record of a call.
    pub(super) async fn record(&self, id: &str) -> Result<Vec<u8>, ApiError> {
        let id = self.call_id(id)?;
        let held = self.calls.get(&id).ok_or(ApiError::NotFound)?;
        let line_chains: Vec<&Chains> = self.lines.values().map(|line| &line.chains).collect();
        let names = self.names();
        let record = books::record(
            &held.chains,
            &self.keyring,
            &line_chains,
            &names,
            (self.own.id, &*self.own.key),
        );
        record.map_err(|error| {
            tracing::error!(%error, "a record could not be written");
            ApiError::Internal
        })
    }
}
