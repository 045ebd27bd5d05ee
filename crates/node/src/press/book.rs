//! The acts of all items, as the store holds them: read at the start, added to one at a time, each stored before it counts.

use std::collections::BTreeMap;

use call::CallId;
use press::{Acted, Id, NoticeState, PublicNotice, PublicReadout, ReadoutState};
use store::{NewPressAct, PressKind, PutPressAct, Store, StoreError};

/// An item with its acts.
pub(super) struct Item {
    pub(super) kind: PressKind,
    pub(super) call: CallId,
    pub(super) acts: Vec<Acted>,
}

impl Item {
    /// The notice that the acts make.
    pub(super) fn notice(&self) -> NoticeState {
        NoticeState::of(&self.acts)
    }

    /// The readout that the acts make.
    pub(super) fn readout(&self) -> ReadoutState {
        ReadoutState::of(&self.acts)
    }
}

/// All items, in the order in which they were made.
pub(super) struct Book {
    store: Store,
    items: Vec<(Id, Item)>,
    by_id: BTreeMap<Id, usize>,
}

impl Book {
    /// Reads the store.
    pub(super) async fn open(store: Store) -> Result<Self, StoreError> {
        let mut book = Self {
            items: Vec::new(),
            by_id: BTreeMap::new(),
            store,
        };
        for item in book.store.press_items().await? {
            let acts: Option<Vec<Acted>> = item.acts.iter().map(|bytes| Acted::from_bytes(bytes)).collect();
            // With an act that cannot be read nobody knows what holds, so nothing of the item is shown or goes on. The
            // line does not wait for that.
            let Some(acts) = acts else {
                tracing::error!(item = ?Id(item.item), "an act of the public page is damaged: the item is left out");
                continue;
            };
            book.by_id.insert(Id(item.item), book.items.len());
            let kept = Item {
                kind: item.kind,
                call: CallId(item.chain.0),
                acts,
            };
            book.items.push((Id(item.item), kept));
        }
        Ok(book)
    }

    /// All items.
    pub(super) fn items(&self) -> impl Iterator<Item = &(Id, Item)> {
        self.items.iter()
    }

    /// A readout.
    pub(super) fn readout(&self, id: Id) -> Option<&Item> {
        let (_, item) = self.items.get(*self.by_id.get(&id)?)?;
        (item.kind == PressKind::Readout).then_some(item)
    }

    /// The notice of a call, on the page or not.
    pub(super) fn notice(&self, call: CallId) -> Option<(Id, &Item)> {
        let notice = |(_, item): &&(Id, Item)| item.kind == PressKind::Notice && item.call == call;
        self.items.iter().find(notice).map(|(id, item)| (*id, item))
    }

    /// Stores an act and takes it in. False when the store has another in its place.
    pub(super) async fn add(
        &mut self,
        id: Id,
        kind: PressKind,
        call: CallId,
        acted: Acted,
    ) -> Result<bool, StoreError> {
        let at = self.by_id.get(&id).copied();
        let held = at
            .and_then(|at| self.items.get(at))
            .map_or(0, |(_, item)| item.acts.len());
        let put = NewPressAct {
            item: id.0,
            kind,
            chain: store::Id(call.0),
            number: u32::try_from(held).unwrap_or(u32::MAX),
            bytes: &acted.to_bytes(),
            now_ms: acted.by.at,
        };
        if self.store.put_press_act(&put).await? != PutPressAct::New {
            return Ok(false);
        }
        match at.and_then(|at| self.items.get_mut(at)) {
            Some((_, item)) => item.acts.push(acted),
            None => {
                self.by_id.insert(id, self.items.len());
                let acts = vec![acted];
                self.items.push((id, Item { kind, call, acts }));
            }
        }
        Ok(true)
    }

    /// The notices that are on the page.
    pub(super) fn notices(&self) -> Vec<(String, PublicNotice)> {
        let notices = self.items.iter().filter(|(_, item)| item.kind == PressKind::Notice);
        notices
            .filter_map(|(id, item)| Some((item.call.to_string(), item.notice().public(*id)?)))
            .collect()
    }

    /// The readouts that are on the page.
    pub(super) fn readouts(&self) -> Vec<(String, PublicReadout)> {
        let readouts = self.items.iter().filter(|(_, item)| item.kind == PressKind::Readout);
        readouts
            .filter_map(|(id, item)| Some((item.call.to_string(), item.readout().public(*id)?)))
            .collect()
    }
}
