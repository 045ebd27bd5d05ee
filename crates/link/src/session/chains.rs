//! How far each chain is held on either side, and what is still to be sent.
//!
//! Driven by [`super::Session`]; knows numbers only, never a statement.

use std::collections::{BTreeMap, VecDeque};

use call::{CallId, Hash, SideId};

use super::{CALLS_MAX, CallHeads};
use crate::wire::{CHAIN_MAX, Fault, HEADS_SIDES_MAX};

/// Chains known on one connection.
const CHAINS_MAX: usize = CALLS_MAX * 2;

type Key = (CallId, SideId);

/// One chain as both sides hold it.
#[derive(Debug, Clone, Copy, Default)]
struct Chain {
    /// Held here: stored, or delivered to the node.
    here: u32,
    /// The hash of the newest that the node named in its heads, with its count.
    newest: Option<(u32, Hash)>,
    /// Held there, or on its way.
    there: u32,
    /// In the queue of chains of which something is missing there.
    waits: bool,
}

/// All chains of a connection.
#[derive(Debug, Default)]
pub(super) struct Chains {
    chains: BTreeMap<Key, Chain>,
    calls: BTreeMap<CallId, usize>,
    ours_known: bool,
    far_known: bool,
    planned: bool,
    level_said: bool,
    /// Chains planned at the start whose statements are not all on their way.
    behind: VecDeque<Key>,
    asked: bool,
}

impl Chains {
    /// The chain, made when it is new.
    fn entry(&mut self, key: Key) -> Result<&mut Chain, Fault> {
        if !self.chains.contains_key(&key) {
            if self.chains.len() >= CHAINS_MAX {
                return Err(Fault::TooMany);
            }
            let sides = self.calls.entry(key.0).or_default();
            if *sides >= HEADS_SIDES_MAX {
                return Err(Fault::TooMany);
            }
            *sides += 1;
        }
        Ok(self.chains.entry(key).or_default())
    }

    /// The node's own heads.
    pub(super) fn ours(&mut self, calls: &[CallHeads]) -> Result<(), Fault> {
        if self.ours_known {
            return Err(Fault::OutOfTurn);
        }
        for call in calls {
            for head in &call.heads {
                let chain = self.entry((call.call, head.side))?;
                chain.here = head.count.min(CHAIN_MAX);
                chain.newest = Some((head.count, head.newest));
            }
        }
        self.ours_known = true;
        Ok(())
    }

    /// A page of the far side's heads.
    pub(super) fn far(&mut self, calls: &[CallHeads], last: bool) -> Result<(), Fault> {
        if self.far_known {
            return Err(Fault::OutOfTurn);
        }
        for call in calls {
            for head in &call.heads {
                let chain = self.entry((call.call, head.side))?;
                chain.there = head.count;
                // Equal length and another end: a fork. The other branch goes there whole; the rules judge it.
                if chain
                    .newest
                    .is_some_and(|(count, newest)| count == head.count && newest != head.newest)
                {
                    chain.there = 0;
                }
            }
        }
        self.far_known = last;
        Ok(())
    }

    /// Queues what is missing there, once, when both sides' heads are known. True when it did so.
    pub(super) fn plan(&mut self) -> bool {
        if self.planned || !self.ours_known || !self.far_known {
            return false;
        }
        self.planned = true;
        for (key, chain) in &mut self.chains {
            if chain.here > chain.there {
                chain.waits = true;
                self.behind.push_back(*key);
            }
        }
        true
    }

    /// The next page to ask the node for; one at a time.
    pub(super) fn want(&mut self) -> Option<(CallId, SideId, u32)> {
        if self.asked || !self.planned {
            return None;
        }
        while let Some(key) = self.behind.front().copied() {
            match self.chains.get_mut(&key) {
                Some(chain) if chain.here > chain.there => {
                    self.asked = true;
                    return Some((key.0, key.1, chain.there));
                }
                Some(chain) => chain.waits = false,
                None => {}
            }
            self.behind.pop_front();
        }
        None
    }

    /// The node's page: how many of it may be sent.
    pub(super) fn page(&mut self, call: CallId, side: SideId, after: u32, statements: usize) -> usize {
        let key = (call, side);
        if !self.asked || self.behind.front() != Some(&key) {
            return 0;
        }
        self.asked = false;
        let Some(chain) = self.chains.get_mut(&key) else {
            return 0;
        };
        if chain.there != after {
            return 0;
        }
        let room = usize::try_from(CHAIN_MAX.saturating_sub(after)).unwrap_or(0);
        let sendable = statements.min(room);
        chain.there += u32::try_from(sendable).unwrap_or(0);
        if sendable == 0 || chain.there >= chain.here {
            // The node has no more: what it stores later is told by `stored`.
            chain.here = chain.there;
            chain.waits = false;
            self.behind.pop_front();
        }
        sendable
    }

    /// Whether to say Level, once: all that was planned is on its way.
    pub(super) fn is_level(&mut self) -> bool {
        let level = self.planned && !self.level_said && !self.asked && self.behind.is_empty();
        self.level_said |= level;
        level
    }

    /// The node stored a statement. True when it is to be sent at once.
    pub(super) fn stored(&mut self, call: CallId, side: SideId, number: u32, room: bool) -> Result<bool, Fault> {
        let planned = self.planned;
        let ours_known = self.ours_known;
        if !ours_known {
            // The heads that the node is about to give include it.
            return Ok(false);
        }
        let key = (call, side);
        let chain = self.entry(key)?;
        chain.here = chain.here.max(number);
        if !planned || chain.waits || chain.there >= number {
            return Ok(false);
        }
        if chain.there + 1 == number && room {
            chain.there = number;
            return Ok(true);
        }
        chain.waits = true;
        self.behind.push_back(key);
        Ok(false)
    }

    /// A statement came. `Ok(true)` when its place was filled already.
    pub(super) fn received(&mut self, call: CallId, side: SideId, number: u32) -> Result<bool, Fault> {
        if !self.ours_known {
            return Err(Fault::OutOfTurn);
        }
        let chain = self.entry((call, side))?;
        if number > chain.here + 1 {
            return Err(Fault::OutOfTurn);
        }
        if number <= chain.here {
            return Ok(true);
        }
        chain.there = chain.there.max(number);
        chain.here = number;
        Ok(false)
    }

    /// Sends a chain from its start again.
    pub(super) fn again(&mut self, call: CallId, side: SideId) {
        let planned = self.planned;
        let key = (call, side);
        let Some(chain) = self.chains.get_mut(&key) else {
            return;
        };
        if chain.here == 0 || !planned {
            return;
        }
        chain.there = 0;
        if !chain.waits {
            chain.waits = true;
            self.behind.push_back(key);
        }
    }
}
