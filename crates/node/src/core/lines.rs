//! Lines and their links: what each link reports, and what the core does about it.

use std::collections::BTreeMap;

use call::{CallId, Chains, Hash, Phase, PublicKey, SideId, Timestamp};
use link::{CallHeads, ChainHead, Command, DownReason, Event, LineConfig, LineHandle, Stats};
use store::{ChainKind, Id, Line, StoreError};
use tokio::sync::watch;

use super::{Core, Order};
use crate::{
    api::{self, LineStatus, LineView, SideView, ToBrowser},
    books,
    signal::Signal,
};

/// One line.
pub(crate) struct LineOf {
    /// As stored.
    pub(super) stored: Line,
    /// The line's own chains, for Rekeys.
    pub(super) chains: Chains,
    handle: LineHandle,
    stats: watch::Receiver<Stats>,
    /// Whether both operators have confirmed and the far node answers.
    pub(super) up: bool,
    /// When it came up or went down, milliseconds UTC.
    since_ms: Option<i64>,
    /// The pages that the far node serves, as it last said.
    web: Option<Hash>,
    /// The same as its bundle said at pairing.
    web_paired: Option<Hash>,
    /// Whether this node has heard from the far side, since its start, how far its own chains had gone: before that, a
    /// statement of its own could contradict one that it has lost.
    pub(super) level: bool,
}

impl Core {
    /// Adds lines that the store holds and the core doesn't, and takes over confirmations made by the operator's command.
    pub(super) async fn load_lines(&mut self) -> Result<(), StoreError> {
        for stored in self.store.lines().await? {
            let far = SideId(stored.far.0);
            match self.lines.get_mut(&far) {
                None => self.add_line(far, stored).await?,
                Some(line) if line.stored.confirmed_ms != stored.confirmed_ms => {
                    let confirmed = stored.confirmed_ms.is_some();
                    line.stored = stored;
                    let handle = line.handle.clone();
                    if handle.command(Command::Confirm(confirmed)).await.is_err() {
                        tracing::error!("a line is gone");
                    }
                }
                Some(line) => line.stored = stored,
            }
        }
        Ok(())
    }

    async fn add_line(&mut self, far: SideId, stored: Line) -> Result<(), StoreError> {
        let chains = books::load_line(&self.store, &mut self.keyring, self.own.id, &stored).await?;
        let added = self.endpoint.add_line(LineConfig {
            far,
            far_key: PublicKey(stored.link_key.0),
            addresses: stored.addresses.clone(),
            confirmed: stored.confirmed_ms.is_some(),
        });
        let link::Line {
            handle,
            mut events,
            media: incoming,
            stats,
        } = match added {
            Ok(line) => line,
            Err(error) => {
                tracing::error!(%error, "a line could not be opened");
                return Ok(());
            }
        };
        self.media
            .order(media::Order::AddLine {
                far,
                handle: handle.clone(),
                incoming,
            })
            .await;
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if !inbox.order(Order::Link { far, event }).await {
                    return;
                }
            }
        });
        let line = LineOf {
            web_paired: web_paired(&stored),
            stored,
            chains,
            handle,
            stats,
            up: false,
            since_ms: None,
            web: None,
            level: false,
        };
        self.lines.insert(far, line);
        Ok(())
    }

    /// A link reports.
    pub(super) async fn link_event(&mut self, far: SideId, event: Event) {
        match event {
            Event::Up { hello } => {
                if let Some(line) = self.lines.get_mut(&far) {
                    line.web = (hello.web.0 != [0; 32]).then_some(hello.web);
                }
                if hello.confirmed {
                    self.far_confirmed(far).await;
                }
            }
            Event::FarConfirmed => self.far_confirmed(far).await,
            Event::FarHeld { .. } => {}
            Event::HeadsWanted => self.open_line(far).await,
            Event::FarHeads { calls, .. } => self.compare_heads(far, calls).await,
            Event::Statement { bytes, .. } => self.take_statement(far, &bytes).await,
            Event::Want {
                call,
                side,
                after,
                limit,
            } => self.supply(far, call, side, after, limit).await,
            Event::Level => self.level(far).await,
            Event::Signal(signal) => self.far_signal(far, signal).await,
            Event::Down {
                reason: DownReason::Replaced,
            } => {}
            Event::Down { reason } => self.line_down(far, reason).await,
        }
        self.show_lines();
    }

    async fn far_confirmed(&mut self, far: SideId) {
        let now_ms = self.clock.utc_ms();
        match self.store.confirm_line_far(Id(far.0), now_ms).await {
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the far side's confirmation could not be stored"),
        }
    }

    async fn open_line(&mut self, far: SideId) {
        let now_ms = self.clock.utc_ms();
        if let Some(line) = self.lines.get_mut(&far)
            && !line.up
        {
            line.up = true;
            line.since_ms = Some(now_ms);
        }
        let heads = match self.heads(far).await {
            Ok(heads) => heads,
            Err(error) => return tracing::error!(%error, "the chains could not be read"),
        };
        self.command(far, Command::Heads(heads)).await;
        let ids: Vec<CallId> = self.open_calls().filter(|id| self.line_of(*id) == Some(far)).collect();
        for id in ids {
            self.rooms.forget_told(id);
            self.change(id);
        }
        self.link_renewed(far).await;
    }

    async fn heads(&self, far: SideId) -> Result<Vec<CallHeads>, StoreError> {
        let mut all = Vec::new();
        for kind in [ChainKind::Line, ChainKind::Call] {
            for entry in self.store.chains(kind, i64::MAX, books::CALLS_MAX).await? {
                if entry.line != Id(far.0) {
                    continue;
                }
                let heads = self.store.heads(entry.chain).await?;
                let heads = heads.into_iter().map(|head| ChainHead {
                    side: SideId(head.side.0),
                    count: head.number + 1,
                    newest: Hash(head.hash.0),
                });
                all.push(CallHeads {
                    call: CallId(entry.chain.0),
                    heads: heads.collect(),
                });
            }
        }
        Ok(all)
    }

    /// A far head that is not on our chain is a fork by somebody: both statements must reach both sides.
    async fn compare_heads(&mut self, far: SideId, calls: Vec<CallHeads>) {
        for call in calls {
            let Ok(stored) = self.store.statements(Id(call.call.0)).await else {
                return;
            };
            for head in call.heads {
                let ours = stored
                    .iter()
                    .filter(|ours| ours.side == Id(head.side.0) && ours.number + 1 == head.count);
                let hashes: Vec<Id> = ours.map(|ours| ours.hash).collect();
                if !hashes.is_empty() && !hashes.contains(&Id(head.newest.0)) {
                    self.command(
                        far,
                        Command::Again {
                            call: call.call,
                            side: head.side,
                        },
                    )
                    .await;
                }
            }
        }
    }

    async fn supply(&mut self, far: SideId, call: CallId, side: SideId, after: u32, limit: u32) {
        // The store counts from 0: the number of the last one not missing is the place of the first one that is.
        let statements = match self.store.statements_from(Id(call.0), Id(side.0), after, limit).await {
            Ok(stored) => stored
                .into_iter()
                .filter(|one| !one.fork)
                .map(|one| one.bytes.into())
                .collect(),
            Err(error) => {
                tracing::error!(%error, "statements could not be read");
                Vec::new()
            }
        };
        self.command(
            far,
            Command::Statements {
                call,
                side,
                after,
                statements,
            },
        )
        .await;
    }

    async fn level(&mut self, far: SideId) {
        let Some(line) = self.lines.get_mut(&far) else { return };
        let first = !std::mem::replace(&mut line.level, true);
        self.resume_calls(far, first).await;
        if first {
            self.clips_may_be_spoken_of(far).await;
        }
    }

    async fn far_signal(&mut self, far: SideId, signal: link::Signal) {
        let id = CallId::from(signal.call);
        if self.line_of(id) != Some(far) {
            return;
        }
        match Signal::decode(&signal.payload) {
            Some(Signal::Presence(presence)) => {
                self.rooms.far_presence(id, far, presence);
                self.change(id);
            }
            Some(Signal::KeyFrame(track)) => self.media.order(media::Order::KeyFrame(sfu::TrackId(track))).await,
            Some(Signal::Envelope(envelope)) => self.far_envelope(far, id, envelope),
            Some(sealed) => self.far_sealed(far, id, sealed).await,
            None => tracing::warn!("a signal of the far node was malformed and is ignored"),
        }
    }

    async fn line_down(&mut self, far: SideId, reason: DownReason) {
        let now_ms = self.clock.utc_ms();
        tracing::info!(line = ?far, %reason, "the link is down");
        let Some(line) = self.lines.get_mut(&far) else { return };
        if !std::mem::replace(&mut line.up, false) {
            return;
        }
        line.since_ms = Some(now_ms);
        self.link_lost(far);
        self.rooms.far_is_lost(far);
        self.lose_calls(far, Timestamp(now_ms)).await;
    }

    /// Tells the far node something about a call that is not signed; lost when the link is down.
    pub(super) async fn signal(&mut self, far: SideId, id: CallId, signal: &Signal) {
        let signal = link::Signal {
            call: id.into(),
            payload: signal.encode().into(),
        };
        self.command(far, Command::Signal(signal)).await;
    }

    /// Hands a command to a line's link: all that a node ever says to another one.
    pub(super) async fn command(&mut self, far: SideId, command: Command) {
        #[cfg(test)]
        self.tapped
            .as_ref()
            .inspect(|tapped| drop(tapped.send(command.clone())));
        if let Some(line) = self.lines.get(&far)
            && line.handle.command(command).await.is_err()
        {
            tracing::error!("a line is gone");
        }
    }

    /// The far side of a call's line.
    pub(super) fn line_of(&self, id: CallId) -> Option<SideId> {
        let sides = self.calls.get(&id)?.chains().sides();
        sides.iter().copied().find(|side| self.lines.contains_key(side))
    }

    /// Whether the far side of a line can be told anything.
    pub(super) fn is_up(&self, far: SideId) -> bool {
        self.lines.get(&far).is_some_and(|line| line.up)
    }

    /// What the link to a far side bears, kilobits a second, once it is known.
    pub(super) fn rate_kbps(&self, far: SideId) -> Option<u32> {
        self.lines.get(&far)?.stats.borrow().rate_kbps
    }

    /// The clock at the far side of a line less ours, in milliseconds, once it is known.
    pub(super) fn skew_ms(&self, far: SideId) -> Option<i64> {
        self.lines.get(&far)?.stats.borrow().skew_ms
    }

    /// Calls that are not over.
    pub(super) fn open_calls(&self) -> impl Iterator<Item = CallId> + '_ {
        self.calls
            .iter()
            .filter(|(_, held)| !is_over(held.state().phase))
            .map(|(id, _)| *id)
    }

    /// All lines for a browser.
    pub(super) fn line_views(&self) -> Vec<LineView> {
        self.lines.values().map(LineOf::view).collect()
    }

    /// Shows the lines to every browser.
    pub(super) fn show_lines(&mut self) {
        let lines = self.line_views();
        if self.rooms.lines_told != lines {
            self.rooms.lines_told.clone_from(&lines);
            self.seats.tell_all(&ToBrowser::Lines { lines });
        }
    }

    /// What the timeline and the record call the sides.
    pub(super) fn names(&self) -> BTreeMap<SideId, String> {
        let far = self.lines.iter().map(|(side, line)| (*side, line.stored.name.clone()));
        far.chain([(self.own.id, self.own.name.clone())]).collect()
    }
}

/// Whether nothing can happen any more in a call that stands so.
pub(super) fn is_over(phase: Phase) -> bool {
    matches!(phase, Phase::Ended | Phase::Declined | Phase::Withdrawn | Phase::Lapsed)
}

fn web_paired(line: &Line) -> Option<Hash> {
    let text = std::str::from_utf8(&line.bundle).ok()?;
    let signed = link::pairing::SignedBundle::from_text(text).ok()?;
    Some(signed.bundle().web)
}

impl LineOf {
    fn view(&self) -> LineView {
        let stats = self.stats.borrow();
        let stats = self.up.then_some(&*stats);
        LineView {
            far: SideView {
                id: SideId(self.stored.far.0).to_string(),
                name: self.stored.name.clone(),
                place: self.stored.place.clone(),
                zone: self.stored.zone.clone(),
            },
            status: match (self.stored.confirmed_ms, self.up) {
                (_, true) => LineStatus::Up,
                (None, _) => LineStatus::Unconfirmed,
                (Some(_), false) => LineStatus::Down,
            },
            since: self.since_ms.map(api::time_text),
            web: self.web.map(|web| web.to_string()),
            web_paired: self.web_paired.map(|web| web.to_string()),
            rtt_ms: stats.and_then(|stats| stats.rtt_ms),
            loss: stats.and_then(|stats| stats.loss_in),
            jitter_ms: stats.and_then(|stats| stats.jitter_ms),
            skew_ms: stats.and_then(|stats| stats.skew_ms).map(|skew| skew as f64),
            rate_kbps: stats.and_then(|stats| stats.rate_kbps),
        }
    }
}
