//! Copies of pictures that try whether the path carries more than is published.

use std::collections::VecDeque;

use crate::Micros;
use crate::datagram::Entry;

/// Packets that are repeated in turn, and how old they may be.
const PACKETS_MAX: usize = 16;
const OLD_US: Micros = 1_000_000;

/// Packets of pictures sent last: to go again, of use where the first is lost, of none elsewhere.
#[derive(Debug, Default)]
pub(super) struct Fill {
    on: bool,
    packets: VecDeque<(Micros, Entry)>,
}

impl Fill {
    pub(super) fn set(&mut self, on: bool) {
        self.on = on;
    }

    pub(super) fn is_on(&self) -> bool {
        self.on && !self.packets.is_empty()
    }

    pub(super) fn remember(&mut self, now: Micros, entry: &Entry) {
        if self.packets.len() >= PACKETS_MAX {
            self.packets.pop_front();
        }
        let copy = Entry {
            copy: true,
            ..entry.clone()
        };
        self.packets.push_back((now, copy));
    }

    pub(super) fn next(&mut self, now: Micros) -> Option<Entry> {
        while self.packets.front().is_some_and(|(at, _)| at + OLD_US < now) {
            self.packets.pop_front();
        }
        if !self.on {
            return None;
        }
        let (at, entry) = self.packets.pop_front()?;
        self.packets.push_back((at, entry.clone()));
        Some(entry)
    }
}
