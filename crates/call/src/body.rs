//! What statements say: the nineteen kinds and their bytes.

use crate::cbor::{Malformed, Reader, Writer};
use crate::ids::{Hash, LineId, PublicKey, SideId, Timestamp};
use crate::key::Signer;
use crate::refusal::Refusal;
use crate::terms::{self, NAME_BYTES_MAX, Person, PersonId, ROSTER_MAX, Terms, numbered};

numbered!(
    /// The kinds of statements.
    Kind {
        /// Terms, offered.
        Offer = 1 "offer",
        /// Yes to an offer.
        Agree = 2 "agree",
        /// No to an offer.
        Decline = 3 "decline",
        /// A consent taken back.
        Withdraw = 4 "withdraw",
        /// An offer's time ran out.
        Lapse = 5 "lapse",
        /// A side gathers.
        Gather = 6 "gather",
        /// A side's certificate of its seats.
        Preflight = 7 "preflight",
        /// A key is a person's.
        Vouch = 8 "vouch",
        /// One side's half of a name on the roster.
        Admit = 9 "admit",
        /// A name off the roster.
        Strike = 10 "strike",
        /// One side's half of the session's beginning.
        Begin = 11 "begin",
        /// One side's half of footage.
        Open = 12 "open",
        /// Footage closed.
        Close = 13 "close",
        /// Another side is out of reach.
        Lost = 14 "lost",
        /// It is within reach again.
        Back = 15 "back",
        /// The call is over.
        End = 16 "end",
        /// A side's key gives way to another.
        Rekey = 17 "rekey",
        /// One side's word, or half of it, that a clip may be shown.
        Release = 18 "release",
        /// A clip taken back.
        Recall = 19 "recall",
    }
);

impl Kind {
    /// Whether it is a closing: one side is enough, at once, and a chain's last places are kept for it.
    #[must_use]
    pub const fn is_closing(self) -> bool {
        matches!(
            self,
            Self::Decline | Self::Withdraw | Self::Lapse | Self::Strike | Self::Close | Self::End | Self::Recall
        )
    }

    /// Whether it is one side's half of an opening.
    #[must_use]
    pub const fn is_half(self) -> bool {
        matches!(
            self,
            Self::Offer | Self::Agree | Self::Begin | Self::Open | Self::Admit | Self::Release
        )
    }
}

/// How one seat's preflight went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatCheck {
    /// The seat.
    pub seat: PublicKey,
    /// Its microphone was heard at the far end.
    pub heard: bool,
    /// Its camera was seen at the far end.
    pub seen: bool,
    /// Its loudspeaker was heard in the room.
    pub hears: bool,
    /// Round trip in milliseconds.
    pub round_trip_ms: u16,
    /// Packets lost, in thousandths.
    pub loss_permille: u16,
    /// Why it failed or what was overlooked on purpose; `None` where nothing is to be said.
    pub remark: Option<String>,
}

/// What a statement says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// Half of an agreement: these terms, if everyone else agrees.
    Offer(Box<Terms>),
    /// Half of an agreement.
    Agree {
        /// The offer.
        offer: Hash,
    },
    /// Closes an offer of another side's.
    Decline {
        /// The offer.
        offer: Hash,
    },
    /// Closes an offer or agreed terms that the side had consented to.
    Withdraw {
        /// The offer.
        offer: Hash,
    },
    /// Closes an offer or agreed terms because their time is over.
    Lapse {
        /// The offer.
        offer: Hash,
    },
    /// The side gathers its delegation.
    Gather {
        /// The terms in force.
        terms: Hash,
    },
    /// What the side's check of its seats found; the newest counts.
    Preflight {
        /// The terms in force.
        terms: Hash,
        /// Seat by seat, ascending by key.
        seats: Vec<SeatCheck>,
    },
    /// Who sits at a seat, by this side's word; the newest for the seat counts.
    Vouch {
        /// The seat's key, or a recorder's.
        seat: PublicKey,
        /// One of the side's own on the roster, or nobody.
        person: Option<PersonId>,
    },
    /// Half of a name on the roster.
    Admit {
        /// The terms in force.
        terms: Hash,
        /// Exactly whom.
        person: Person,
    },
    /// Takes a name off the roster.
    Strike {
        /// Whose.
        person: PersonId,
    },
    /// Half of the session's beginning.
    Begin {
        /// The terms in force.
        terms: Hash,
    },
    /// Half of footage.
    Open {
        /// The terms in force.
        terms: Hash,
    },
    /// Closes footage.
    Close,
    /// The side cannot reach another.
    Lost {
        /// Whom.
        far: SideId,
        /// Since when, by this side's clock.
        since: Timestamp,
    },
    /// The side reaches it again.
    Back {
        /// Whom.
        far: SideId,
        /// Since when, by this side's clock.
        since: Timestamp,
    },
    /// Closes the call for good.
    End,
    /// From here on the side signs with another key.
    Rekey {
        /// The new key.
        key: PublicKey,
        /// The new key's signature over its introduction: see [`Body::rekey`].
        proof: [u8; 64],
    },
    /// A clip of the footage may be shown: a releaser's word alone, or half of it, as the terms say.
    Release {
        /// The SHA-256 of the signed clip's file.
        clip: Hash,
        /// The released clip whose place it takes, where it corrects one.
        instead: Option<Hash>,
    },
    /// Takes back a release of a clip.
    Recall {
        /// The clip.
        clip: Hash,
    },
}

fn introduction(line: &LineId, side: &SideId, key: &PublicKey) -> Vec<u8> {
    let mut message = b"visavis rekey".to_vec();
    message.extend_from_slice(&line.0);
    message.extend_from_slice(&side.0);
    message.extend_from_slice(&key.0);
    message
}

impl Body {
    /// A Rekey of `side` on `line` to the key of `new`, which signs `"visavis rekey"`, line id, side id and its own
    /// bytes: who holds it wants it so. The statement itself is then signed with the old key.
    #[must_use]
    pub fn rekey(line: &LineId, side: &SideId, new: &dyn Signer) -> Self {
        let key = new.key();
        Self::Rekey {
            key,
            proof: new.sign(&introduction(line, side, &key)),
        }
    }

    pub(crate) fn rekey_proven(line: &LineId, side: &SideId, key: &PublicKey, proof: &[u8; 64]) -> bool {
        key.verifies(&introduction(line, side, key), proof)
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Offer(_) => Kind::Offer,
            Self::Agree { .. } => Kind::Agree,
            Self::Decline { .. } => Kind::Decline,
            Self::Withdraw { .. } => Kind::Withdraw,
            Self::Lapse { .. } => Kind::Lapse,
            Self::Gather { .. } => Kind::Gather,
            Self::Preflight { .. } => Kind::Preflight,
            Self::Vouch { .. } => Kind::Vouch,
            Self::Admit { .. } => Kind::Admit,
            Self::Strike { .. } => Kind::Strike,
            Self::Begin { .. } => Kind::Begin,
            Self::Open { .. } => Kind::Open,
            Self::Close => Kind::Close,
            Self::Lost { .. } => Kind::Lost,
            Self::Back { .. } => Kind::Back,
            Self::End => Kind::End,
            Self::Rekey { .. } => Kind::Rekey,
            Self::Release { .. } => Kind::Release,
            Self::Recall { .. } => Kind::Recall,
        }
    }

    /// Whether it is well formed by itself: texts, bounds, orders.
    ///
    /// # Errors
    /// The [`Refusal`] that names the field.
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Offer(terms) => terms.check(),
            Self::Admit { person, .. } => person.check(),
            Self::Preflight { seats, .. } => check_seats(seats),
            Self::Lost { since, .. } | Self::Back { since, .. } if !since.in_bounds() => {
                Err(Refusal::Text { field: "since" })
            }
            Self::Release { clip, instead } if *instead == Some(*clip) => Err(Refusal::Text { field: "instead" }),
            _ => Ok(()),
        }
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        match self {
            Self::Offer(terms) => terms.encode(out),
            Self::Agree { offer: hash }
            | Self::Decline { offer: hash }
            | Self::Withdraw { offer: hash }
            | Self::Lapse { offer: hash }
            | Self::Gather { terms: hash }
            | Self::Begin { terms: hash }
            | Self::Open { terms: hash }
            | Self::Recall { clip: hash } => {
                out.map(1).uint(1).bytes(&hash.0);
            }
            Self::Preflight { terms, seats } => {
                out.map(2).uint(1).bytes(&terms.0).uint(2).array(seats.len());
                seats.iter().for_each(|seat| seat.encode(out));
            }
            Self::Vouch { seat, person } => {
                out.map(2).uint(1).bytes(&seat.0).uint(2);
                match person {
                    Some(person) => out.uint(person.0.into()),
                    None => out.null(),
                };
            }
            Self::Admit { terms, person } => {
                out.map(2).uint(1).bytes(&terms.0).uint(2);
                person.encode(out);
            }
            Self::Strike { person } => {
                out.map(1).uint(1).uint(person.0.into());
            }
            Self::Lost { far, since } | Self::Back { far, since } => {
                out.map(2).uint(1).bytes(&far.0).uint(2).uint(since.0.unsigned_abs());
            }
            Self::Close | Self::End => {
                out.map(0);
            }
            Self::Rekey { key, proof } => {
                out.map(2).uint(1).bytes(&key.0).uint(2).bytes(proof);
            }
            Self::Release { clip, instead } => {
                out.map(2).uint(1).bytes(&clip.0).uint(2);
                out.maybe(instead.as_ref().map(Hash::as_bytes));
            }
        }
    }

    pub(crate) fn decode(kind: Kind, input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let body = match kind {
            Kind::Offer => Self::Offer(Box::new(Terms::decode(input)?)),
            Kind::Agree => Self::Agree {
                offer: one_hash(input)?,
            },
            Kind::Decline => Self::Decline {
                offer: one_hash(input)?,
            },
            Kind::Withdraw => Self::Withdraw {
                offer: one_hash(input)?,
            },
            Kind::Lapse => Self::Lapse {
                offer: one_hash(input)?,
            },
            Kind::Gather => Self::Gather {
                terms: one_hash(input)?,
            },
            Kind::Begin => Self::Begin {
                terms: one_hash(input)?,
            },
            Kind::Open => Self::Open {
                terms: one_hash(input)?,
            },
            Kind::Close | Kind::End => {
                input.map(0)?;
                if kind == Kind::Close { Self::Close } else { Self::End }
            }
            Kind::Lost | Kind::Back => {
                let far = SideId(first(input, 2)?.array_of()?);
                let since = terms::timestamp(second(input)?)?;
                if kind == Kind::Lost {
                    Self::Lost { far, since }
                } else {
                    Self::Back { far, since }
                }
            }
            Kind::Preflight => {
                let terms = Hash(first(input, 2)?.array_of()?);
                let len = second(input)?.array(ROSTER_MAX)?;
                let seats = (0..len).map(|_| SeatCheck::decode(input)).collect::<Result<_, _>>()?;
                Self::Preflight { terms, seats }
            }
            Kind::Vouch => {
                let seat = PublicKey(first(input, 2)?.array_of()?);
                let input = second(input)?;
                let person = if input.null() {
                    None
                } else {
                    Some(PersonId(input.u16()?))
                };
                Self::Vouch { seat, person }
            }
            Kind::Admit => {
                let terms = Hash(first(input, 2)?.array_of()?);
                Self::Admit {
                    terms,
                    person: Person::decode(second(input)?)?,
                }
            }
            Kind::Strike => Self::Strike {
                person: PersonId(first(input, 1)?.u16()?),
            },
            Kind::Rekey => {
                let key = PublicKey(first(input, 2)?.array_of()?);
                Self::Rekey {
                    key,
                    proof: second(input)?.array_of()?,
                }
            }
            Kind::Release => {
                let clip = Hash(first(input, 2)?.array_of()?);
                let instead = second(input)?.maybe()?.map(Hash);
                Self::Release { clip, instead }
            }
            Kind::Recall => Self::Recall { clip: one_hash(input)? },
        };
        body.check().map_err(|_| Malformed::Value)?;
        Ok(body)
    }
}

/// Enters a map of `len` entries up to the value of key 1.
fn first<'r, 'a>(input: &'r mut Reader<'a>, len: usize) -> Result<&'r mut Reader<'a>, Malformed> {
    input.map(len)?;
    input.key(1)?;
    Ok(input)
}

/// Goes on to the value of key 2.
fn second<'r, 'a>(input: &'r mut Reader<'a>) -> Result<&'r mut Reader<'a>, Malformed> {
    input.key(2)?;
    Ok(input)
}

fn one_hash(input: &mut Reader<'_>) -> Result<Hash, Malformed> {
    first(input, 1)?.array_of().map(Hash)
}

fn check_seats(seats: &[SeatCheck]) -> Result<(), Refusal> {
    if seats.is_empty() || seats.len() > ROSTER_MAX {
        return Err(Refusal::Count {
            field: "seats",
            most: ROSTER_MAX,
        });
    }
    if !seats.iter().is_sorted_by(|a, b| a.seat < b.seat) {
        return Err(Refusal::Order { field: "seats" });
    }
    seats
        .iter()
        .filter_map(|seat| seat.remark.as_deref())
        .try_for_each(|remark| terms::line(remark, NAME_BYTES_MAX, "remark"))
}

impl SeatCheck {
    fn encode(&self, out: &mut Writer) {
        let flags = u64::from(self.heard) | u64::from(self.seen) << 1 | u64::from(self.hears) << 2;
        out.map(5).uint(1).bytes(&self.seat.0).uint(2).uint(flags);
        out.uint(3)
            .uint(self.round_trip_ms.into())
            .uint(4)
            .uint(self.loss_permille.into())
            .uint(5);
        match &self.remark {
            Some(remark) => out.text(remark),
            None => out.null(),
        };
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let seat = PublicKey(first(input, 5)?.array_of()?);
        let flags = second(input)?.uint_max(7)?;
        input.key(3)?;
        let round_trip_ms = input.u16()?;
        input.key(4)?;
        let loss_permille = u16::try_from(input.uint_max(1_000)?).map_err(|_| Malformed::Bound)?;
        input.key(5)?;
        let remark = if input.null() {
            None
        } else {
            Some(input.text(NAME_BYTES_MAX)?.to_owned())
        };
        let (heard, seen, hears) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0);
        Ok(Self {
            seat,
            heard,
            seen,
            hears,
            round_trip_ms,
            loss_permille,
            remark,
        })
    }
}
