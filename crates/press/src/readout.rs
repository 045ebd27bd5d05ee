//! A readout: written, approved by a second person, published, corrected, withdrawn.

use crate::acts::{ACTS_MAX, Act, Acted, Mark, No, Seat};
use crate::edition::{Facts, Id};
use crate::text::{Texts, check};

/// A version of a readout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// Its words.
    pub texts: Texts,
    /// The facts told with it.
    pub facts: Facts,
    /// Who wrote it.
    pub drafted: Mark,
    /// The second person.
    pub approved: Option<Mark>,
    /// Who published it.
    pub published: Option<Mark>,
}

/// A readout, as its acts make it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadoutState {
    /// All versions, oldest first.
    pub versions: Vec<Version>,
    /// Who took it back.
    pub withdrawn: Option<Mark>,
    acts: usize,
}

/// A readout that is on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicReadout {
    /// Its address.
    pub id: Id,
    /// The versions that were published, oldest first, with the time of each; never empty.
    pub versions: Vec<(i64, Texts, Facts)>,
}

impl ReadoutState {
    /// The state that acts make; one that does not hold changes nothing.
    #[must_use]
    pub fn of(acts: &[Acted]) -> Self {
        let mut state = Self::default();
        for acted in acts {
            if state.may(&acted.what, acted.seat()).is_ok() {
                state.take(acted);
            }
        }
        state
    }

    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// Whether a version was ever published.
    #[must_use]
    pub fn was_published(&self) -> bool {
        self.versions.iter().any(|version| version.published.is_some())
    }

    /// Whether an act of that seat follows those before it.
    ///
    /// # Errors
    /// [`No`]
    pub fn may(&self, act: &Act, seat: Seat<'_>) -> Result<(), No> {
        if self.withdrawn.is_some() {
            return Err(No::Withdrawn);
        }
        // What closes is let in where nothing else is any more.
        if self.acts >= ACTS_MAX && !matches!(act, Act::Withdraw {}) {
            return Err(No::Full);
        }
        match act {
            Act::Draft { texts, .. } => {
                check(texts)?;
                let corrects = self.was_published();
                let noted = |text: &crate::Text| text.note.is_some() == corrects;
                if texts.values().all(noted) {
                    Ok(())
                } else {
                    Err(No::Note)
                }
            }
            Act::Approve { version } => {
                let newest = self.newest_is(*version)?;
                if newest.approved.is_some() {
                    Err(No::Approved)
                } else if newest.drafted.is(seat) {
                    Err(No::OwnDraft)
                } else if !newest.facts.is_over() {
                    Err(No::NotOver)
                } else {
                    Ok(())
                }
            }
            Act::Publish { version } => {
                let newest = self.newest_is(*version)?;
                if newest.published.is_some() {
                    Err(No::Published)
                } else if newest.approved.is_none() {
                    Err(No::Unapproved)
                } else {
                    Ok(())
                }
            }
            Act::Withdraw {} if self.versions.is_empty() => Err(No::Nothing),
            Act::Withdraw {} => Ok(()),
            Act::State { .. } | Act::Hide {} => Err(No::Foreign),
        }
    }

    fn newest_is(&self, number: u32) -> Result<&Version, No> {
        self.newest().filter(|newest| newest.number == number).ok_or(No::Newer)
    }

    fn take(&mut self, acted: &Acted) {
        self.acts += 1;
        let by = acted.by.clone();
        match &acted.what {
            Act::Draft { texts, facts } => self.versions.push(Version {
                number: u32::try_from(self.versions.len()).unwrap_or(u32::MAX).saturating_add(1),
                texts: texts.clone(),
                facts: facts.clone(),
                drafted: by,
                approved: None,
                published: None,
            }),
            Act::Approve { .. } => {
                if let Some(newest) = self.versions.last_mut() {
                    newest.approved = Some(by);
                }
            }
            Act::Publish { .. } => {
                if let Some(newest) = self.versions.last_mut() {
                    newest.published = Some(by);
                }
            }
            _ => self.withdrawn = Some(by),
        }
    }

    /// As the public sees it; none before it is published and after it was withdrawn.
    #[must_use]
    pub fn public(&self, id: Id) -> Option<PublicReadout> {
        if self.withdrawn.is_some() {
            return None;
        }
        let published = self.versions.iter().filter_map(|version| {
            let mark = version.published.as_ref()?;
            Some((mark.at, version.texts.clone(), version.facts.clone()))
        });
        let versions: Vec<_> = published.collect();
        (!versions.is_empty()).then_some(PublicReadout { id, versions })
    }
}

impl PublicReadout {
    /// When it was first published.
    #[must_use]
    pub fn published(&self) -> i64 {
        self.versions.first().map_or(0, |(at, ..)| *at)
    }

    /// When it last changed.
    #[must_use]
    pub fn updated(&self) -> i64 {
        self.versions.last().map_or(0, |(at, ..)| *at)
    }

    /// What it says now.
    #[must_use]
    pub fn now(&self) -> Option<(&Texts, &Facts)> {
        self.versions.last().map(|(_, texts, facts)| (texts, facts))
    }
}
