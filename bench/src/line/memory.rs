//! Memory of one participant more: what the whole process grows by, the load's own end of the connection included.

use std::time::{Duration, Instant};

use anyhow::Context;
use sfu::ParticipantId;
use str0m::media::Direction;

use super::call::{Call, RECEIVER, Setup};
use super::machine::resident_kb;
use super::publisher::{PICTURE_MOST_KBPS, SPEECH};
use super::terminal::Terminal;

/// Participants more.
const MORE: u64 = 20;
/// Media before and after they join: what is kept for repairs is full by then.
const MEDIA: Duration = Duration::from_secs(5);

/// What came of it.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Measured {
    /// Participants more, each of whom receives sound and picture.
    pub participants: u64,
    /// Resident memory before, in kilobytes.
    pub before_kb: u64,
    /// With them.
    pub after_kb: u64,
    /// Megabytes of each, the load's own connection included.
    pub each_mb: f64,
}

/// Runs it.
///
/// # Errors
/// When the call does not stand, or the system does not tell.
pub fn run() -> anyhow::Result<Measured> {
    let mut call = Call::begin(Setup {
        one_way: Duration::ZERO,
        speech: SPEECH,
        most_kbps: PICTURE_MOST_KBPS,
        two_way: false,
        wire: None,
        seed: 0,
    })?;
    call.join()?;
    call.run(MEDIA)?;
    let before_kb = resident_kb().context("resident memory")?;
    let ids: Vec<ParticipantId> = (0..=MORE).map(|more| ParticipantId(RECEIVER.0 + more)).collect();
    let mut more = Vec::new();
    for id in &ids[1..] {
        let mut receiver = Terminal::new(Direction::RecvOnly)?;
        let offered = receiver.offer()?;
        let answer = call.far.offer(&offered, *id, false).blocking_recv()??;
        receiver.accept(offered, &answer.sdp, None)?;
        more.push(receiver);
    }
    call.far.give(&ids);
    let end = Instant::now() + MEDIA * 2;
    while Instant::now() < end {
        call.turn(Instant::now() + Duration::from_millis(2))?;
        more.iter_mut().try_for_each(|receiver| receiver.turn(|_| {}))?;
    }
    let after_kb = resident_kb().context("resident memory")?;
    Ok(Measured {
        participants: MORE,
        before_kb,
        after_kb,
        each_mb: after_kb.saturating_sub(before_kb) as f64 / 1024.0 / MORE as f64,
    })
}
