//! What people do with a readout or a notice, who did it, and when it is refused. An item is its acts, in order: nothing
//! is ever changed in place, so that its history is there by itself.

use serde::{Deserialize, Serialize};

use crate::edition::{Facts, Id, PublicNotice, Took, Whose};
use crate::text::{Fault, Texts};

/// Most acts of one item.
pub const ACTS_MAX: usize = 256;

/// A seat at the moment of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its public key in hex: the same hands under another name are the same hands.
    pub key: &'a str,
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The seat's id.
    pub seat: String,
    /// The seat's name at that time.
    pub name: String,
    /// The seat's key at that time, in hex.
    pub key: String,
    /// Milliseconds UTC.
    pub at: i64,
}

impl Mark {
    /// Whether a seat's hands made this mark.
    #[must_use]
    pub fn is(&self, seat: Seat<'_>) -> bool {
        self.seat == seat.id || self.key == seat.key
    }

    fn seat(&self) -> Seat<'_> {
        Seat {
            id: &self.seat,
            key: &self.key,
        }
    }
}

/// What a notice says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// It will take place.
    Announced,
    /// It took place.
    Held,
    /// What was announced will not take place.
    Off,
}

/// Something that a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Wrote a readout, or wrote it anew: the next version.
    Draft {
        /// Its words.
        texts: Texts,
        /// The record's facts as they are told with it.
        facts: Facts,
    },
    /// Approved the newest version.
    Approve {
        /// Its number, from 1.
        version: u32,
    },
    /// Published an approved version.
    Publish {
        /// Its number, from 1.
        version: u32,
    },
    /// Took a readout back, for good.
    Withdraw {},
    /// Put a notice of a call on the page, or changed it.
    State {
        /// What it says.
        kind: NoticeKind,
        /// Of what.
        facts: Facts,
    },
    /// Took the notice off the page.
    Hide {},
}

/// An act with its mark: what is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acted {
    /// Who, and when.
    pub by: Mark,
    /// What.
    pub what: Act,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// A text is not one that can be shown.
    #[error(transparent)]
    Text(#[from] Fault),
    /// The act does not belong to this kind of item.
    #[error("not an act of this item")]
    Foreign,
    /// It was withdrawn.
    #[error("it was withdrawn")]
    Withdrawn,
    /// There is a newer version, or none of that number.
    #[error("there is a newer version")]
    Newer,
    /// Whoever wrote a version does not approve it.
    #[error("a second person approves")]
    OwnDraft,
    /// It was approved before.
    #[error("it is approved")]
    Approved,
    /// It was not approved.
    #[error("it is not approved")]
    Unapproved,
    /// It was published before.
    #[error("it is published")]
    Published,
    /// A correction says in every language what it changed; a first version has nothing to correct.
    #[error("a correction says what it changed")]
    Note,
    /// The call is not over, or its facts were taken before it was.
    #[error("the call is not over, or was not when this was written")]
    NotOver,
    /// The terms of the call do not let a side say this beforehand.
    #[error("the terms do not allow it")]
    Terms,
    /// The call does not stand where this could be said of it.
    #[error("not at this time")]
    Phase,
    /// There is nothing on the page to take off.
    #[error("nothing to take off")]
    Nothing,
    /// There are too many.
    #[error("too many")]
    Full,
}

impl No {
    /// The word that a browser translates.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Text(Fault::TooLong { .. }) => "press_too_long",
            Self::Text(_) => "press_text",
            Self::Foreign => "press_foreign",
            Self::Withdrawn => "press_withdrawn",
            Self::Newer => "press_newer",
            Self::OwnDraft => "press_own_draft",
            Self::Approved => "press_approved",
            Self::Unapproved => "press_unapproved",
            Self::Published => "press_published",
            Self::Note => "press_note",
            Self::NotOver => "press_not_over",
            Self::Terms => "press_terms",
            Self::Phase => "press_phase",
            Self::Nothing => "press_nothing",
            Self::Full => "press_full",
        }
    }
}

/// What of a call a side wants to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Show {
    /// When it began and ended; without it the day alone.
    pub times: bool,
    /// How long it was.
    pub length: bool,
    /// Who asked for it.
    pub asked: bool,
    /// The topics.
    pub topics: bool,
}

/// What the terms let a side say before a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// Nothing.
    Nothing,
    /// That it takes place, and when.
    Call,
    /// Who asked and the topics as well.
    Topics,
}

/// Where a call stands, for what may be said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    /// Asked for, not agreed.
    Proposed,
    /// Agreed, not begun.
    Agreed,
    /// Begun, not ended.
    Running,
    /// Begun and ended.
    Over,
    /// It will not take place.
    Off,
}

impl Facts {
    /// As much of the record's facts as is told of a call that is over (or of one that is only announced).
    #[must_use]
    pub fn told(&self, show: Show) -> Self {
        let mut told = self.clone();
        if told.took.is_some() {
            // What was planned was told when it was announced, or not at all.
            told.planned = None;
        }
        if !show.times
            && let Some(Took::Times { begun, ended }) = told.took
        {
            told.took = ended.map(|_| Took::Day {
                ours: crate::when::civil_day(begun, &self.ours.zone),
                far: crate::when::civil_day(begun, &self.far.zone),
            });
        }
        told.minutes = told.minutes.filter(|_| show.length);
        told.asked = told.asked.filter(|_| show.asked);
        if !show.topics {
            told.topics.clear();
        }
        told
    }

    /// Whether they are of a call that is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.took, Some(Took::Day { .. } | Took::Times { ended: Some(_), .. }))
    }
}

/// A notice, as its acts make it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeState {
    /// What is on the page: first said, last changed, what.
    on: Option<(i64, i64, NoticeKind, Facts)>,
    announced: Vec<i64>,
    acts: usize,
}

impl NoticeState {
    /// The state that acts make; one that does not hold changes nothing.
    #[must_use]
    pub fn of(acts: &[Acted]) -> Self {
        let mut state = Self::default();
        for acted in acts {
            if state.may(&acted.what).is_ok() {
                state.take(acted);
            }
        }
        state
    }

    /// What is on the page.
    #[must_use]
    pub fn on(&self) -> Option<(NoticeKind, &Facts)> {
        self.on.as_ref().map(|(_, _, kind, facts)| (*kind, facts))
    }

    /// Whether the terms and the standing of the call let this side say that of it.
    ///
    /// # Errors
    /// [`No::Terms`], [`No::Phase`]
    pub fn allows(kind: NoticeKind, show: Show, terms: Notice, stated: Stated) -> Result<(), No> {
        match (kind, stated) {
            (NoticeKind::Announced, Stated::Agreed) | (NoticeKind::Off, Stated::Off) => {
                let least = if show.asked || show.topics {
                    Notice::Topics
                } else if kind == NoticeKind::Off {
                    // That it was announced is known: calling it off says nothing more.
                    Notice::Nothing
                } else {
                    Notice::Call
                };
                if terms >= least { Ok(()) } else { Err(No::Terms) }
            }
            (NoticeKind::Held, Stated::Over) => Ok(()),
            _ => Err(No::Phase),
        }
    }

    /// Whether an act follows those before it.
    ///
    /// # Errors
    /// [`No`]
    pub fn may(&self, act: &Act) -> Result<(), No> {
        match act {
            // What closes is let in where nothing else is any more.
            _ if self.acts >= ACTS_MAX && !matches!(act, Act::Hide {}) => Err(No::Full),
            // Only what was announced can be called off.
            Act::State {
                kind: NoticeKind::Off, ..
            } if self.on.is_none() => Err(No::Nothing),
            Act::State { .. } => Ok(()),
            Act::Hide {} if self.on.is_none() => Err(No::Nothing),
            Act::Hide {} => Ok(()),
            _ => Err(No::Foreign),
        }
    }

    fn take(&mut self, acted: &Acted) {
        self.acts += 1;
        let at = acted.by.at;
        match &acted.what {
            Act::State { kind, facts } => {
                let first = self.on.as_ref().map_or(at, |(first, ..)| *first);
                if *kind == NoticeKind::Announced
                    && let Some(planned) = facts.planned
                    && self.announced.last() != Some(&planned)
                {
                    self.announced.push(planned);
                }
                self.on = Some((first, at, *kind, facts.clone()));
            }
            _ => {
                self.on = None;
                self.announced.clear();
            }
        }
    }

    /// As the public sees it; none while it is not on the page.
    #[must_use]
    pub fn public(&self, id: Id) -> Option<PublicNotice> {
        let (published, updated, kind, facts) = self.on.clone()?;
        let announced = self.announced.clone();
        Some(PublicNotice {
            id,
            kind,
            facts,
            announced,
            published,
            updated,
        })
    }
}

impl Act {
    /// The facts that an act carries.
    #[must_use]
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Draft { facts, .. } | Self::State { facts, .. } => Some(facts),
            _ => None,
        }
    }
}

impl Acted {
    /// Whose hands.
    #[must_use]
    pub fn seat(&self) -> Seat<'_> {
        self.by.seat()
    }

    /// As it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what was stored.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

impl Whose {
    /// The party that it names.
    #[must_use]
    pub fn of(self, facts: &Facts) -> &crate::Party {
        match self {
            Self::Ours => &facts.ours,
            Self::Far => &facts.far,
        }
    }
}
