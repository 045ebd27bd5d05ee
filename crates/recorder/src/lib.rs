//! The press recorder: opens footage frames with the roots that terminals seal to it, writes what they hold as it comes, and
//! makes one final file for each person when footage is closed.
//!
//! Driven by: the node, which hands in envelopes, packets, times and the press of the button, on a thread that may wait for
//! a disk. The usual way round: [`Envelope::open`] gives a [`Root`]; [`Take::begin`], [`Take::root`], [`Take::packet`] for each
//! packet, [`Take::tick`] a few times a second, [`Take::pressed`] and [`Take::close`]; [`recover`] after a crash.
//!
//! Never: is a member of a group, holds anything of the sealed key, reads a clock, draws a random number, decodes, writes
//! outside its take's folder, keeps what was captured after the press.

mod clock;
mod disk;
mod finish;
mod fragment;
mod journal;
mod key;
mod open;
mod opus;
mod person;
mod picture;
mod plan;
mod sound;
mod take;
mod track;
mod vp9;

pub use disk::{Disk, Folder};
pub use finish::{Final, Pictures};
pub use key::{ENVELOPE_BYTES, Envelope, EnvelopeError, NotAKey, Place, RecorderKey, Root};
pub use plan::{Coding, Kind, PERSONS_MAX, Plan, PlanPerson, Rtp, TrackKey};
pub use take::{Made, Room, Space, Status, Take, TakeError, press, recover};
