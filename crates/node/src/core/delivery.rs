//! The node as delivery service of a call's MLS group: key packages, accepted commits and notes between terminals.
//!
//! Nodes are never members and read none of it. A terminal is served when its seat is good and the call gathers or is in
//! session; whose a message is follows from its socket, never from what it says. Which commits are accepted, and where
//! they are kept, is in [`super::order`]; the wire is in docs/protocol.md.

use std::collections::BTreeMap;

use bytes::Bytes;
use call::{CallId, Phase, PublicKey, SideId};

use super::{Core, lines::is_over, pace::Bucket};
use crate::{
    api::{
        Base64, GroupId, KeyPackage, NOTE_BYTES_MAX, PACKAGE_BYTES_MAX, PACKAGES_BYTES_MAX, PACKAGES_MAX, ToBrowser,
    },
    http::Pace,
    signal::{self, Blob, Signal},
};

/// Notes of one seat.
const NOTES: Pace = pace(40, 20);
/// Proposals, packages and questions of one seat, each. A terminal needs a handful in a call.
pub(super) const FEW: Pace = pace(8, 2);
/// Commits that the far node tells in one call, and its questions: whoever was away for long asks for many pages.
pub(super) const FAR_COMMITS: Pace = pace(256, 32);
pub(super) const FAR_QUESTIONS: Pace = pace(64, 8);
/// How often everyone is told all packages that wait; between, they are collected.
const TELLINGS: Pace = pace(16, 4);
/// Bytes of notes a second that a line always takes, and those that it takes at once.
const NOTE_BYTES_LEAST: u32 = 750;
const NOTE_BYTES_AT_ONCE: u32 = 16 * 1024;

const fn pace(burst: u32, per_second: u32) -> Pace {
    Pace { burst, per_second }
}

/// A proposed commit.
pub(super) struct Proposal {
    pub(super) group: GroupId,
    pub(super) epoch: u32,
    pub(super) commit: Bytes,
    pub(super) welcome: Option<Bytes>,
}

/// What one seat may still send.
#[derive(Default)]
pub(super) struct Allowance {
    notes: Bucket,
    packages: Bucket,
    pub(super) proposals: Bucket,
    pub(super) since: Bucket,
}

/// A place in the accepted commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The group, while there is one.
    pub(super) group: Option<GroupId>,
    /// The next epoch.
    pub(super) next: u32,
}

/// What is delivered in one call.
#[derive(Default)]
pub(super) struct Post {
    /// What our terminals have said of themselves, by connection: a package that waits; or, without, that they are
    /// members or want in no longer.
    said: BTreeMap<u64, Option<Bytes>>,
    /// The same of the far side's, as its node says; none before it was heard on this connection of the link.
    far: Option<Vec<signal::Package>>,
    /// What the far node was told of ours.
    told_far: Option<Vec<signal::Package>>,
    /// What each of our terminals was told.
    told: BTreeMap<u64, Vec<KeyPackage>>,
    tellings: Bucket,
    /// There is something to tell that came too soon.
    untold: bool,
    /// The group and how many of its commits are held.
    pub(super) current: Option<(GroupId, u32)>,
    /// When the group was made, by the node's running clock; none for one that is older than this start.
    pub(super) made_ms: Option<u64>,
    /// How far the terminals that asked were told the commits.
    pub(super) asked: BTreeMap<u64, Place>,
    /// Proposals of ours that the far node has not answered.
    pub(super) proposed: BTreeMap<u64, (GroupId, u32)>,
    /// Commits are missing here that the far node holds.
    pub(super) behind: bool,
    /// Commits that the far node may still tell, and questions that it may still ask.
    pub(super) far_commits: Bucket,
    pub(super) far_questions: Bucket,
    allowances: BTreeMap<PublicKey, Allowance>,
}

impl Post {
    /// What a seat may still send.
    pub(super) fn allowance(&mut self, key: PublicKey) -> &mut Allowance {
        self.allowances.entry(key).or_default()
    }

    /// Whether a terminal other than `but` says that it is a member; `good` tells a far seat that may be believed.
    pub(super) fn has_member(&self, but: PublicKey, own: &BTreeMap<u64, PublicKey>, good: &[PublicKey]) -> bool {
        let ours = self
            .said
            .iter()
            .any(|(connection, package)| package.is_none() && own.get(connection).is_some_and(|key| *key != but));
        let mut far = self.far.iter().flatten();
        ours || far.any(|package| package.bytes.is_none() && package.key != but && good.contains(&package.key))
    }

    /// Whether the far node has said, on this connection of the link, what its terminals say.
    pub(super) fn far_is_heard(&self) -> bool {
        self.far.is_some()
    }
}

/// All that is delivered.
#[derive(Default)]
pub(super) struct Delivery {
    pub(super) posts: BTreeMap<CallId, Post>,
    /// Notes that each line still takes, in bytes.
    lines: BTreeMap<SideId, Bucket>,
}

impl Delivery {
    /// A connection is gone.
    pub(super) fn forget(&mut self, connection: u64) {
        for post in self.posts.values_mut() {
            post.said.remove(&connection);
            post.told.remove(&connection);
            post.asked.remove(&connection);
            post.proposed.remove(&connection);
        }
    }
}

impl Core {
    /// The keys of a side's seats that may take part, in a call whose terminals are served; else none.
    pub(super) fn sealing_seats(&self, id: CallId, side: SideId) -> Vec<PublicKey> {
        let Some(held) = self.calls.get(&id) else {
            return Vec::new();
        };
        let state = held.state();
        if !matches!(state.phase, Phase::Gathering | Phase::InSession) || held.ending() {
            return Vec::new();
        }
        let good = state.seats.iter().filter(|seat| seat.good && seat.side == side);
        good.map(|seat| seat.key).collect()
    }

    /// Our connected terminals that are served in a call.
    pub(super) fn terminals(&self, id: CallId) -> BTreeMap<u64, PublicKey> {
        let good = self.sealing_seats(id, self.own.id);
        let sockets = self.seats.iter().map(|(connection, socket)| (connection, socket.key));
        sockets.filter(|(_, key)| good.contains(key)).collect()
    }

    /// The call that a terminal names and the key of its seat, if it is served there.
    pub(super) fn served(&self, connection: u64, call: &str) -> Option<(CallId, PublicKey)> {
        let id = self.call_id(call).ok()?;
        let key = self.terminals(id).get(&connection).copied();
        if key.is_none() {
            tracing::debug!("a terminal that may not take part sent something about media keys: ignored");
        }
        Some((id, key?))
    }

    /// A terminal leaves a key package, or says that it needs none.
    pub(super) async fn seal_package(&mut self, connection: u64, call: &str, bytes: Option<Bytes>) {
        let Some((id, key)) = self.served(connection, call) else {
            return;
        };
        let now_ms = self.clock.elapsed_ms();
        let post = self.delivery.posts.entry(id).or_default();
        if !post.allowance(key).packages.take(FEW, 1, now_ms) {
            return tracing::warn!("a terminal changes its key package too often: ignored");
        }
        post.said.insert(connection, bytes);
        self.arrange_delivery(id).await;
    }

    /// What our terminals have said in a call, as the far node is told it.
    fn packages_said(&self, id: CallId, terminals: &BTreeMap<u64, PublicKey>) -> Vec<signal::Package> {
        let Some(post) = self.delivery.posts.get(&id) else {
            return Vec::new();
        };
        let said = terminals.iter().filter_map(|(connection, key)| {
            let bytes = post.said.get(connection)?.clone().map(Blob);
            Some(signal::Package { key: *key, bytes })
        });
        let mut said: Vec<_> = said.collect();
        said.sort_by_key(|package| package.key);
        let mut bytes = 0;
        let mut fitting = Vec::new();
        for package in said {
            bytes += package.bytes.as_ref().map_or(0, |bytes| bytes.0.len());
            if bytes > PACKAGES_BYTES_MAX || fitting.len() == PACKAGES_MAX {
                tracing::warn!("more key packages wait than may: the others wait longer");
                break;
            }
            fitting.push(package);
        }
        fitting
    }

    /// Brings the far node and our terminals in line with what waits in a call; forgets it all when the call is over.
    pub(super) async fn arrange_delivery(&mut self, id: CallId) {
        let Some(held) = self.calls.get(&id) else { return };
        if is_over(held.state().phase) {
            return self.end_delivery(id).await;
        }
        let (Some(line), true) = (self.line_of(id), self.is_sealing(id)) else {
            return;
        };
        let (ours, far) = (self.sealing_seats(id, self.own.id), self.sealing_seats(id, line));
        let terminals = self.terminals(id);
        let said = self.packages_said(id, &terminals);
        let (now_ms, is_up) = (self.clock.elapsed_ms(), self.is_up(line));
        let post = self.delivery.posts.entry(id).or_default();
        post.allowances.retain(|key, _| far.contains(key) || ours.contains(key));
        let mut packages: Vec<KeyPackage> = said
            .iter()
            .chain(post.far.iter().flatten().filter(|package| far.contains(&package.key)))
            .filter_map(key_package)
            .collect();
        packages.sort_by(|one, other| one.key.cmp(&other.key));
        packages.dedup_by(|one, other| one.key == other.key);
        let to_far = is_up && post.told_far.as_ref() != Some(&said);
        // A terminal that was told nothing yet is told, too, that nothing waits.
        let differs = |connection: &u64| post.told.get(connection) != Some(&packages);
        let to_ours: Vec<u64> = terminals.keys().copied().filter(differs).collect();
        let any = to_far || !to_ours.is_empty();
        post.untold = any && !post.tellings.take(TELLINGS, 1, now_ms);
        if any && !post.untold {
            post.told.extend(to_ours.iter().map(|at| (*at, packages.clone())));
            if to_far {
                post.told_far = Some(said.clone());
            }
            for connection in to_ours {
                let message = ToBrowser::SealPackages {
                    call: id.to_string(),
                    packages: packages.clone(),
                };
                self.seats.tell(connection, message);
            }
            if to_far {
                self.signal(line, id, &Signal::Packages(said)).await;
            }
        }
        for connection in terminals.into_keys() {
            self.pages(connection).await;
        }
    }

    /// Whether a call's terminals are served.
    pub(super) fn is_sealing(&self, id: CallId) -> bool {
        self.calls
            .get(&id)
            .is_some_and(|held| matches!(held.state().phase, Phase::Gathering | Phase::InSession) && !held.ending())
    }

    async fn end_delivery(&mut self, id: CallId) {
        if self.delivery.posts.remove(&id).is_some()
            && let Err(error) = self.store.forget_commits(store::Id(id.0)).await
        {
            tracing::error!(%error, "the commits of a call that is over could not be deleted; the next start tries again");
        }
    }

    /// A terminal sends a note to all others.
    pub(super) async fn seal_note(&mut self, connection: u64, call: &str, bytes: Bytes) {
        let Some((id, from)) = self.served(connection, call) else {
            return;
        };
        if !self.note_is_allowed(id, from) {
            return;
        }
        self.hand_on_note(id, from, Some(connection), &bytes);
        let Some(far) = self.line_of(id).filter(|far| self.is_up(*far)) else {
            return;
        };
        // Notes ride in the stream with the statements, which has a share of the line's rate; they may use half of it.
        let kbps = self.rate_kbps(far).unwrap_or(0);
        let pace = Pace {
            burst: NOTE_BYTES_AT_ONCE.max(kbps.saturating_mul(16)),
            per_second: NOTE_BYTES_LEAST.max(kbps.saturating_mul(16)),
        };
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let now_ms = self.clock.elapsed_ms();
        if self.delivery.lines.entry(far).or_default().take(pace, length, now_ms) {
            let bytes = Blob(bytes);
            self.signal(far, id, &Signal::Note(signal::Note { from, bytes })).await;
        }
    }

    fn note_is_allowed(&mut self, id: CallId, from: PublicKey) -> bool {
        let now_ms = self.clock.elapsed_ms();
        let post = self.delivery.posts.entry(id).or_default();
        post.allowance(from).notes.take(NOTES, 1, now_ms)
    }

    /// Hands a note to our terminals; one that is behind with reading misses it.
    fn hand_on_note(&mut self, id: CallId, from: PublicKey, but: Option<u64>, bytes: &Bytes) {
        let Some(bytes) = Base64::<NOTE_BYTES_MAX>::new(bytes.clone()) else {
            return;
        };
        for connection in self.terminals(id).into_keys().filter(|at| Some(*at) != but) {
            if self.seats.get(connection).is_none_or(|socket| !socket.has_room()) {
                continue;
            }
            let message = ToBrowser::SealNote {
                call: id.to_string(),
                from: from.to_string(),
                bytes: bytes.clone(),
            };
            self.seats.tell(connection, message);
        }
    }

    /// The far node says something about a call's group. What it says of its seats is believed of those alone that are
    /// good in our own state of the call.
    pub(super) async fn far_sealed(&mut self, far: SideId, id: CallId, sealed: Signal) {
        if !self.is_sealing(id) {
            // A state that is ahead of ours: a proposal is answered, so that it is made again; the rest comes again.
            if let Signal::Propose(commit) = sealed {
                self.answer_late(far, id, &commit, false).await;
            }
            return;
        }
        match sealed {
            Signal::Packages(packages) => {
                self.delivery.posts.entry(id).or_default().far = Some(packages);
                self.arrange_delivery(id).await;
            }
            Signal::Propose(commit) => self.far_proposal(far, id, commit).await,
            Signal::Accepted(commit, more) => self.far_accepted(far, id, commit, more).await,
            Signal::Late(late) => self.far_late(id, &late),
            Signal::Since(group, epoch) => self.far_since(far, id, group, epoch).await,
            Signal::Note(note) => {
                if self.sealing_seats(id, far).contains(&note.from) && self.note_is_allowed(id, note.from) {
                    self.hand_on_note(id, note.from, None, &note.bytes.0);
                }
            }
            Signal::Presence(_) | Signal::KeyFrame(_) | Signal::Envelope(_) => {}
        }
    }

    /// What comes again each second: packages that came too soon to be told, commits that are missing.
    pub(super) async fn tick_delivery(&mut self) {
        let ids: Vec<(CallId, bool)> = self
            .delivery
            .posts
            .iter()
            .filter(|(_, post)| post.untold || post.behind)
            .map(|(id, post)| (*id, post.behind))
            .collect();
        for (id, behind) in ids {
            self.arrange_delivery(id).await;
            if behind {
                self.ask_since(id).await;
            }
        }
    }

    /// The line of these calls is cut: what the far node has not answered it may never have heard.
    pub(super) fn link_lost(&mut self, far: SideId) {
        let all = self.delivery.posts.keys().copied();
        let ids: Vec<CallId> = all.filter(|id| self.line_of(*id) == Some(far)).collect();
        for id in ids {
            let Some(post) = self.delivery.posts.get_mut(&id) else {
                continue;
            };
            post.far = None;
            post.told_far = None;
            for connection in std::mem::take(&mut post.proposed).into_keys() {
                self.seats
                    .tell(connection, ToBrowser::SealAway { call: id.to_string() });
            }
        }
    }

    /// A fresh connection of the link, on which nothing was said yet.
    pub(super) async fn link_renewed(&mut self, far: SideId) {
        self.link_lost(far);
        let ids: Vec<CallId> = self.open_calls().filter(|id| self.line_of(*id) == Some(far)).collect();
        for id in ids {
            self.ask_since(id).await;
        }
    }
}

fn key_package(package: &signal::Package) -> Option<KeyPackage> {
    let bytes = package.bytes.as_ref()?.0.clone();
    Some(KeyPackage {
        key: package.key.to_string(),
        bytes: Base64::<PACKAGE_BYTES_MAX>::new(bytes)?,
    })
}
