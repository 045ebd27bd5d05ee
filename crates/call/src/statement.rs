//! A statement: one signed entry of one side's chain, as bytes and as what they mean.

use core::fmt;
use std::sync::Arc;

use crate::body::{Body, Kind};
use crate::cbor::{Malformed, Reader, Writer};
use crate::ids::{CallId, Hash, LineId, PublicKey, SideId, Timestamp};
use crate::key::{self, Signer};
use crate::refusal::Refusal;
use crate::terms::{self, SIDES_MAX};

/// Most bytes of a statement, signature and all.
pub const STATEMENT_BYTES_MAX: usize = 16 * 1024;
/// Most statements in a chain; the first has number 1.
pub const CHAIN_MAX: u16 = 4_096;
/// How many of a chain's last places are for closings only.
pub const CLOSING_PLACES: u16 = 16;
/// What every statement's payload starts with; another format would have another name.
const FORMAT: &str = "visavis statement 1";
/// Bytes around a payload: tag, heads, protected header, signature.
const ENVELOPE_BYTES_MAX: usize = 128;

/// What a chain is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// A call, named by its first offer.
    Call(CallId),
    /// The standing relation of two sides.
    Line(LineId),
}

/// The newest statement of a chain that someone has seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Head {
    /// Whose chain.
    pub side: SideId,
    /// Its number, from 1.
    pub number: u16,
    /// Its hash.
    pub hash: Hash,
}

/// A signed statement. Its bytes are kept as they came and are what is hashed, stored and sent.
#[derive(Clone)]
pub struct Statement {
    bytes: Arc<[u8]>,
    hash: Hash,
    key: PublicKey,
    content: Arc<Unsigned>,
}

/// A statement that wants only its signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsigned {
    pub(crate) subject: Option<Subject>,
    pub(crate) side: SideId,
    pub(crate) number: u16,
    pub(crate) previous: Option<Hash>,
    pub(crate) seen: Vec<Head>,
    pub(crate) at: Timestamp,
    pub(crate) body: Body,
}

impl Unsigned {
    /// Signs with the side's key.
    ///
    /// # Errors
    /// [`Malformed::Signature`] when the signer's signature is not its key's (a broken signer).
    pub fn sign(self, signer: &dyn Signer) -> Result<Statement, Malformed> {
        let mut payload = Writer::default();
        self.encode(&mut payload);
        Statement::parse(&key::sign1(&payload.0, signer))
    }

    /// Whether it fits, envelope included.
    pub(crate) fn fits(&self) -> Result<(), Refusal> {
        let mut payload = Writer::default();
        self.encode(&mut payload);
        let fits = payload.0.len() + ENVELOPE_BYTES_MAX <= STATEMENT_BYTES_MAX;
        if fits { Ok(()) } else { Err(Refusal::StatementTooLarge) }
    }

    /// What it will say.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    fn encode(&self, out: &mut Writer) {
        out.map(9).uint(0).text(FORMAT).uint(1);
        match &self.subject {
            None => out.null(),
            Some(Subject::Call(call)) => out.array(2).uint(1).bytes(&call.0),
            Some(Subject::Line(line)) => out.array(2).uint(2).bytes(&line.0),
        };
        out.uint(2).bytes(&self.side.0).uint(3).uint(self.number.into());
        out.uint(4)
            .maybe(self.previous.as_ref().map(Hash::as_bytes))
            .uint(5)
            .array(self.seen.len());
        for head in &self.seen {
            out.array(3)
                .bytes(&head.side.0)
                .uint(head.number.into())
                .bytes(&head.hash.0);
        }
        out.uint(6)
            .uint(self.at.0.unsigned_abs())
            .uint(7)
            .uint(self.body.kind().number())
            .uint(8);
        self.body.encode(out);
    }

    fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(payload);
        input.map(9)?;
        input.key(0)?;
        if input.text(FORMAT.len())? != FORMAT {
            return Err(Malformed::Unexpected);
        }
        input.key(1)?;
        let subject = decode_subject(&mut input)?;
        input.key(2)?;
        let side = SideId(input.array_of()?);
        input.key(3)?;
        let number = input.u16()?;
        input.key(4)?;
        let previous = input.maybe()?.map(Hash);
        input.key(5)?;
        let len = input.array(SIDES_MAX - 1)?;
        let seen = (0..len)
            .map(|_| decode_head(&mut input))
            .collect::<Result<Vec<_>, _>>()?;
        input.key(6)?;
        let at = terms::timestamp(&mut input)?;
        input.key(7)?;
        let kind = Kind::of_number(input.uint()?).ok_or(Malformed::Value)?;
        input.key(8)?;
        let body = Body::decode(kind, &mut input)?;
        input.end()?;
        let statement = Self {
            subject,
            side,
            number,
            previous,
            seen,
            at,
            body,
        };
        statement.check_shape()?;
        Ok(statement)
    }

    /// What must hold of a statement whatever its chain.
    fn check_shape(&self) -> Result<(), Malformed> {
        let numbered = (1..=CHAIN_MAX).contains(&self.number) && (self.number == 1) == self.previous.is_none();
        let ascending = self.seen.is_sorted_by(|a, b| a.side < b.side);
        let others = self
            .seen
            .iter()
            .all(|head| head.side != self.side && (1..=CHAIN_MAX).contains(&head.number));
        let kind = self.body.kind();
        let subject = match self.subject {
            None => kind == Kind::Offer && self.number == 1 && self.seen.is_empty(),
            Some(Subject::Call(_)) => kind != Kind::Rekey,
            Some(Subject::Line(_)) => kind == Kind::Rekey,
        };
        if numbered && ascending && others && subject {
            Ok(())
        } else {
            Err(Malformed::Value)
        }
    }
}

fn decode_subject(input: &mut Reader<'_>) -> Result<Option<Subject>, Malformed> {
    if input.null() {
        return Ok(None);
    }
    input.array_exact(2)?;
    match input.uint()? {
        1 => Ok(Some(Subject::Call(CallId(input.array_of()?)))),
        2 => Ok(Some(Subject::Line(LineId(input.array_of()?)))),
        _ => Err(Malformed::Value),
    }
}

fn decode_head(input: &mut Reader<'_>) -> Result<Head, Malformed> {
    input.array_exact(3)?;
    Ok(Head {
        side: SideId(input.array_of()?),
        number: input.u16()?,
        hash: Hash(input.array_of()?),
    })
}

impl Statement {
    /// Reads a statement in its one form and checks its signature against the key that it names. Whose key that is
    /// and whether the statement fits its chain is for [`Chains::insert`](crate::Chains::insert).
    ///
    /// # Errors
    /// [`Malformed`]: what is wrong with the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > STATEMENT_BYTES_MAX {
            return Err(Malformed::Bound);
        }
        let (key, payload) = key::open1(bytes, STATEMENT_BYTES_MAX)?;
        let content = Unsigned::decode(payload)?;
        let mut again = Writer::default();
        content.encode(&mut again);
        if again.0 != payload {
            return Err(Malformed::Sloppy);
        }
        Ok(Self {
            hash: Hash::of(bytes),
            bytes: bytes.into(),
            key,
            content: Arc::new(content),
        })
    }

    /// The bytes as they came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The hash of the bytes: what the statement is called.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The key that signed.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// What its chain is about; a first offer is about the call that it starts.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.content.subject.unwrap_or(Subject::Call(self.hash.into()))
    }

    /// Its call, unless it is a line's.
    #[must_use]
    pub fn call(&self) -> Option<CallId> {
        match self.subject() {
            Subject::Call(call) => Some(call),
            Subject::Line(_) => None,
        }
    }

    /// Whether it is a first offer, which starts a call.
    #[must_use]
    pub fn starts_call(&self) -> bool {
        self.content.subject.is_none()
    }

    /// Whose chain.
    #[must_use]
    pub fn side(&self) -> SideId {
        self.content.side
    }

    /// Its number in the chain, from 1.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.content.number
    }

    /// The hash of the statement before it in the chain.
    #[must_use]
    pub fn previous(&self) -> Option<Hash> {
        self.content.previous
    }

    /// The newest heads of the other chains that the signer had seen, ascending by side.
    #[must_use]
    pub fn seen(&self) -> &[Head] {
        &self.content.seen
    }

    /// When, by the signer's clock.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.content.at
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.content.body
    }

    /// The kind of what it says.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.content.body.kind()
    }

    /// Itself as a head.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            side: self.side(),
            number: self.number(),
            hash: self.hash,
        }
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Statement {}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}#{} of {:?} ({:?})",
            self.kind().word(),
            self.number(),
            self.side(),
            self.hash
        )
    }
}
