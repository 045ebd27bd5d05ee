//! Which commits of a call's MLS group are accepted, and the way of those to both sides' terminals.
//!
//! The node of the side that was asked for the call orders: of two commits to one epoch it takes the first. It stores
//! what it takes, then tells it; the other node keeps a copy and asks for what it missed. Nothing is taken while the line
//! is cut, so that neither side's terminals go on alone.

use bytes::Bytes;
use call::{Body, CallId, PublicKey, SideId};
use store::{NewCommit, PutCommit, StoreError};

use super::{
    Core,
    delivery::{FAR_COMMITS, FAR_QUESTIONS, FEW, Place, Proposal},
    lines::is_over,
};
use crate::{
    api::{Base64, COMMIT_BYTES_MAX, GroupId, PROPOSAL_BYTES_MAX, ToBrowser},
    signal::{self, Blob, Group, Signal},
};

/// How long a group that was just made is not replaced: its maker's word that it is a member is on its way.
const MADE_MS: u64 = 3_000;
/// Commits in one answer to a question, and bytes of them from which on no more are added.
const PAGE_MAX: u32 = 8;
const PAGE_BYTES: usize = 512 * 1024;

/// What became of a proposal.
enum Ordered {
    /// Stored and told.
    Taken,
    /// The very same one was taken before.
    Known,
    /// Not taken.
    Late,
    /// It could not be stored.
    Away,
}

impl Core {
    /// Takes over the groups that the store holds; forgets those of calls that are over.
    pub(super) async fn load_commits(&mut self) -> Result<(), StoreError> {
        for head in self.store.commit_heads().await? {
            let id = CallId(head.chain.0);
            match self.calls.get(&id) {
                Some(held) if !is_over(held.state().phase) => {
                    let post = self.delivery.posts.entry(id).or_default();
                    post.current = Some((GroupId(head.group), head.count));
                }
                _ => drop(self.store.forget_commits(head.chain).await?),
            }
        }
        Ok(())
    }

    /// Whether this node orders a call's commits.
    fn orders(&self, id: CallId) -> bool {
        self.calls
            .get(&id)
            .is_some_and(|held| held.state().asked_by != self.own.id)
    }

    fn current(&self, id: CallId) -> Option<(GroupId, u32)> {
        self.delivery.posts.get(&id)?.current
    }

    /// A terminal of ours proposes a commit.
    pub(super) async fn seal_commit(&mut self, connection: u64, call: &str, proposal: Proposal) {
        let Some((id, by)) = self.served(connection, call) else {
            return;
        };
        let (group, epoch) = (proposal.group, proposal.epoch);
        let late = ToBrowser::SealLate {
            call: id.to_string(),
            group,
            epoch,
        };
        let away = ToBrowser::SealAway { call: id.to_string() };
        let welcome = proposal.welcome.as_ref().map_or(0, Bytes::len);
        if proposal.commit.len() + welcome > PROPOSAL_BYTES_MAX {
            let refused = super::views::refused(crate::http::ApiError::TooLarge);
            return self.seats.tell(connection, refused);
        }
        let now_ms = self.clock.elapsed_ms();
        let post = self.delivery.posts.entry(id).or_default();
        if !post.allowance(by).proposals.take(FEW, 1, now_ms) {
            return self.seats.tell(connection, late);
        }
        let Some(far) = self.line_of(id).filter(|far| self.is_up(*far)) else {
            return self.seats.tell(connection, away);
        };
        let commit = signal::Commit {
            group: Group(group),
            epoch,
            commit: Blob(proposal.commit),
            welcome: proposal.welcome.map(Blob),
            by,
        };
        if self.orders(id) {
            match self.order_commit(id, &commit).await {
                Ordered::Taken => self.tell_taken(far, id, commit).await,
                Ordered::Known => {}
                Ordered::Late => self.seats.tell(connection, late),
                Ordered::Away => self.seats.tell(connection, away),
            }
            return;
        }
        if let Some((current, count)) = self.current(id)
            && current == group
            && epoch < count
        {
            // The place is taken, by this very commit perhaps: then it has been told, or is on its way.
            if !self.is_held(id, &commit).await {
                self.seats.tell(connection, late);
            }
            return;
        }
        let post = self.delivery.posts.entry(id).or_default();
        post.proposed.insert(connection, (group, epoch));
        self.signal(far, id, &Signal::Propose(commit)).await;
    }

    async fn is_held(&self, id: CallId, commit: &signal::Commit) -> bool {
        let held = self.store.commits(store::Id(id.0), commit.epoch, 1).await;
        held.is_ok_and(|held| held.first().is_some_and(|held| signal_of(held) == *commit))
    }

    async fn put_commit(&mut self, id: CallId, commit: &signal::Commit) -> Result<PutCommit, StoreError> {
        let new = NewCommit {
            chain: store::Id(id.0),
            group: commit.group.0.0,
            epoch: commit.epoch,
            seat: store::Id(commit.by.0),
            message: &commit.commit.0,
            welcome: commit.welcome.as_ref().map(|welcome| &*welcome.0),
            now_ms: self.clock.utc_ms(),
        };
        let put = self.store.put_commit(&new).await?;
        if put == PutCommit::New {
            let now_ms = self.clock.elapsed_ms();
            let post = self.delivery.posts.entry(id).or_default();
            post.current = Some((commit.group.0, commit.epoch + 1));
            if commit.epoch == 0 {
                post.made_ms = Some(now_ms);
            }
        }
        Ok(put)
    }

    /// Takes a proposal or not. What is taken is stored.
    async fn order_commit(&mut self, id: CallId, commit: &signal::Commit) -> Ordered {
        match self.current(id) {
            Some((group, count)) if group == commit.group.0 => {
                if commit.epoch > count {
                    return Ordered::Late;
                }
            }
            _ if commit.epoch == 0 && self.may_make_a_group(id, commit.by) => {}
            _ => return Ordered::Late,
        }
        match self.put_commit(id, commit).await {
            Ok(PutCommit::New) => Ordered::Taken,
            Ok(PutCommit::Known) => Ordered::Known,
            Ok(PutCommit::Other) => Ordered::Late,
            Err(error) => {
                tracing::error!(%error, "a commit of a call's media keys could not be stored and is not taken");
                Ordered::Away
            }
        }
    }

    /// A group is replaced when none of the connected terminals says that it is a member of one.
    fn may_make_a_group(&self, id: CallId, by: PublicKey) -> bool {
        let (Some(post), Some(far)) = (self.delivery.posts.get(&id), self.line_of(id)) else {
            return false;
        };
        let now_ms = self.clock.elapsed_ms();
        let rested = post
            .made_ms
            .is_none_or(|made_ms| now_ms.saturating_sub(made_ms) >= MADE_MS);
        rested && post.far_is_heard() && !post.has_member(by, &self.terminals(id), &self.sealing_seats(id, far))
    }

    async fn tell_taken(&mut self, far: SideId, id: CallId, commit: signal::Commit) {
        self.tell_ours(id).await;
        self.signal(far, id, &Signal::Accepted(commit, false)).await;
    }

    async fn tell_ours(&mut self, id: CallId) {
        for connection in self.terminals(id).into_keys() {
            self.pages(connection).await;
        }
    }

    /// The far side's terminal proposes a commit.
    pub(super) async fn far_proposal(&mut self, far: SideId, id: CallId, commit: signal::Commit) {
        let now_ms = self.clock.elapsed_ms();
        if !self.orders(id) || !self.sealing_seats(id, far).contains(&commit.by) {
            // Its Vouch may be on its way behind this: it is proposed again while it is needed.
            return self.answer_late(far, id, &commit, false).await;
        }
        let post = self.delivery.posts.entry(id).or_default();
        if !post.allowance(commit.by).proposals.take(FEW, 1, now_ms) {
            return self.answer_late(far, id, &commit, false).await;
        }
        match self.order_commit(id, &commit).await {
            Ordered::Taken => self.tell_taken(far, id, commit).await,
            Ordered::Known => self.signal(far, id, &Signal::Accepted(commit, false)).await,
            Ordered::Late => self.answer_late(far, id, &commit, false).await,
            Ordered::Away => self.answer_late(far, id, &commit, true).await,
        }
    }

    /// Answers a far proposal that was not taken.
    pub(super) async fn answer_late(&mut self, far: SideId, id: CallId, commit: &signal::Commit, away: bool) {
        let late = signal::Late {
            by: commit.by,
            group: commit.group,
            epoch: commit.epoch,
            away,
        };
        self.signal(far, id, &Signal::Late(late)).await;
    }

    /// The ordering node did not take a proposal of one of our terminals.
    pub(super) fn far_late(&mut self, id: CallId, late: &signal::Late) {
        let terminals = self.terminals(id);
        let Some(post) = self.delivery.posts.get_mut(&id) else {
            return;
        };
        let proposal = (late.group.0, late.epoch);
        let whose = post
            .proposed
            .iter()
            .find(|(connection, at)| **at == proposal && terminals.get(connection) == Some(&late.by));
        let Some(connection) = whose.map(|(connection, _)| *connection) else {
            return;
        };
        post.proposed.remove(&connection);
        let call = id.to_string();
        let message = if late.away {
            ToBrowser::SealAway { call }
        } else {
            ToBrowser::SealLate {
                call,
                group: late.group.0,
                epoch: late.epoch,
            }
        };
        self.seats.tell(connection, message);
    }

    /// The ordering node took a commit: it is kept here too, then told.
    pub(super) async fn far_accepted(&mut self, far: SideId, id: CallId, commit: signal::Commit, more: bool) {
        if self.orders(id) {
            return tracing::warn!(line = ?far, "the far node orders commits that are ours to order: ignored");
        }
        let current = self.current(id);
        let held = current.filter(|(group, _)| *group == commit.group.0);
        let follows = commit.epoch == 0 || held.is_some_and(|(_, count)| commit.epoch <= count);
        // A commit of long ago may be by a seat that has been struck since; one that nobody vouched for is none of ours.
        let fits = follows && self.was_vouched_for(id, commit.by);
        let now_ms = self.clock.elapsed_ms();
        let post = self.delivery.posts.entry(id).or_default();
        if !fits || !post.far_commits.take(FAR_COMMITS, 1, now_ms) {
            post.behind = true;
            return;
        }
        let put = match self.put_commit(id, &commit).await {
            Ok(put) => put,
            Err(error) => {
                tracing::error!(%error, "a commit of a call's media keys could not be stored");
                self.delivery.posts.entry(id).or_default().behind = true;
                return;
            }
        };
        if put == PutCommit::Other {
            return tracing::warn!(line = ?far, "the far node took two commits to one epoch: the second is ignored");
        }
        let by = (commit.group.0, commit.epoch);
        let terminals = self.terminals(id);
        let post = self.delivery.posts.entry(id).or_default();
        post.behind = more;
        post.proposed
            .retain(|connection, at| *at != by || terminals.get(connection) != Some(&commit.by));
        self.tell_ours(id).await;
        if more {
            self.ask_since(id).await;
        }
    }

    fn was_vouched_for(&self, id: CallId, key: PublicKey) -> bool {
        let Some(held) = self.calls.get(&id) else { return false };
        let vouches = |statement: &call::Statement| match statement.body() {
            Body::Vouch { seat, .. } => *seat == key,
            _ => false,
        };
        held.chains().statements().any(vouches)
    }

    /// Asks the ordering node, unless it is this one, for the commits that are not held here.
    pub(super) async fn ask_since(&mut self, id: CallId) {
        let Some(far) = self.line_of(id) else { return };
        if self.orders(id) || !self.is_sealing(id) || !self.is_up(far) {
            return;
        }
        let (group, epoch) = self
            .current(id)
            .map_or((None, 0), |(group, count)| (Some(Group(group)), count));
        self.signal(far, id, &Signal::Since(group, epoch)).await;
    }

    /// The far node asks for what it missed.
    pub(super) async fn far_since(&mut self, far: SideId, id: CallId, group: Option<Group>, epoch: u32) {
        let Some((current, count)) = self.current(id).filter(|_| self.orders(id)) else {
            return;
        };
        let now_ms = self.clock.elapsed_ms();
        let post = self.delivery.posts.entry(id).or_default();
        if !post.far_questions.take(FAR_QUESTIONS, 1, now_ms) {
            return;
        }
        let from = if group == Some(Group(current)) { epoch } else { 0 };
        let held = match self.store.commits(store::Id(id.0), from, PAGE_MAX).await {
            Ok(held) => held,
            Err(error) => return tracing::error!(%error, "the commits of a call could not be read"),
        };
        let (mut bytes, mut page) = (0, Vec::new());
        for commit in &held {
            bytes += commit.message.len() + commit.welcome.as_ref().map_or(0, Vec::len);
            if bytes > PAGE_BYTES && !page.is_empty() {
                break;
            }
            page.push(signal_of(commit));
        }
        let last = page.last().map(|commit| commit.epoch);
        for commit in page {
            let more = Some(commit.epoch) == last && commit.epoch + 1 < count;
            self.signal(far, id, &Signal::Accepted(commit, more)).await;
        }
    }

    /// A terminal asks for the commits from some place on, and for those that follow.
    pub(super) async fn seal_since(&mut self, connection: u64, call: &str, group: Option<GroupId>, epoch: u32) {
        let Some((id, key)) = self.served(connection, call) else {
            return;
        };
        let now_ms = self.clock.elapsed_ms();
        let post = self.delivery.posts.entry(id).or_default();
        if !post.allowance(key).since.take(FEW, 1, now_ms) {
            return tracing::warn!("a terminal asks for commits too often: ignored");
        }
        post.asked.insert(connection, Place { group, next: epoch });
        self.pages(connection).await;
    }

    /// Sends a terminal the next commit that it has not been told, if there is one.
    pub(super) async fn commit_page(&mut self, connection: u64) -> bool {
        let waits = self.delivery.posts.iter().find_map(|(id, post)| {
            let (group, count) = post.current?;
            let asked = post.asked.get(&connection)?;
            let next = if asked.group == Some(group) { asked.next } else { 0 };
            let served = next < count && self.terminals(*id).contains_key(&connection);
            served.then_some((*id, group, next))
        });
        let Some((id, group, next)) = waits else { return false };
        let held = match self.store.commits(store::Id(id.0), next, 1).await {
            Ok(held) => held,
            Err(error) => {
                tracing::error!(%error, "the commits of a call could not be read");
                return false;
            }
        };
        let Some(message) = held.first().and_then(|held| told(id, held)) else {
            return false;
        };
        let post = self.delivery.posts.entry(id).or_default();
        let place = Place {
            group: Some(group),
            next: next + 1,
        };
        post.asked.insert(connection, place);
        self.seats.tell(connection, message);
        true
    }
}

fn signal_of(held: &store::Commit) -> signal::Commit {
    signal::Commit {
        group: Group(GroupId(held.group)),
        epoch: held.epoch,
        commit: Blob(Bytes::copy_from_slice(&held.message)),
        welcome: held
            .welcome
            .as_ref()
            .map(|welcome| Blob(Bytes::copy_from_slice(welcome))),
        by: PublicKey(held.seat.0),
    }
}

fn told(id: CallId, held: &store::Commit) -> Option<ToBrowser> {
    let bytes = |bytes: &[u8]| Base64::<COMMIT_BYTES_MAX>::new(Bytes::copy_from_slice(bytes));
    Some(ToBrowser::SealCommit {
        call: id.to_string(),
        group: GroupId(held.group),
        epoch: held.epoch,
        commit: bytes(&held.message)?,
        welcome: held.welcome.as_deref().and_then(bytes),
        by: PublicKey(held.seat.0).to_string(),
    })
}
