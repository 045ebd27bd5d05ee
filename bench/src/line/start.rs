//! From an offer to the first packet of media and the first whole key frame, counted in round trips.
//!
//! The terminal that receives stands behind a network of its own with this round trip; its offer and the answer take one of
//! them, as over a socket that is open. The terminal at the other side sends already, over a link that has the same round
//! trip, or next to none.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use media::Order;
use str0m::media::Direction;
use tokio::sync::oneshot::error::TryRecvError;

use super::call::{Call, RECEIVER, Setup, delayed};
use super::publisher::{PICTURE_MOST_KBPS, SPEECH};
use super::terminal::Terminal;
use super::wire::Wire;

/// One way between browser and node.
const ONE_WAY: Duration = Duration::from_millis(50);
/// Longest time to a picture.
const PICTURE_MAX: Duration = Duration::from_secs(10);

/// One start, in round trips.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Start {
    /// The node had no connection of a receiver before.
    pub cold: bool,
    /// From the offer to the answer.
    pub answer_rtt: f64,
    /// From the offer until connected, keys and all.
    pub connected_rtt: f64,
    /// From the offer to the first packet of media.
    pub media_rtt: f64,
    /// From there to the first whole key frame.
    pub frame_extra_rtt: f64,
}

/// A cold start and then others, over a link with this delay.
///
/// # Errors
/// When a call does not stand, or no picture comes.
pub fn run(link_one_way: Duration, again: usize, seed: u64) -> anyhow::Result<Vec<Start>> {
    let setup = Setup {
        one_way: link_one_way,
        speech: SPEECH,
        most_kbps: PICTURE_MOST_KBPS,
        two_way: false,
        seed,
        wire: (!link_one_way.is_zero()).then(|| delayed(link_one_way)),
    };
    let mut call = Call::begin(setup)?;
    // The rate climbs while somebody sends.
    call.run(Duration::from_secs(2))?;
    let mut starts = Vec::new();
    for number in 0..=again {
        starts.push(once(&mut call, number == 0, seed + number as u64)?);
        call.far.order(Order::Remove(RECEIVER));
        call.receiver = None;
        // Somewhere between two frames, another place each time.
        call.run(Duration::from_millis(300 + 7 * number as u64))?;
    }
    Ok(starts)
}

fn once(call: &mut Call, cold: bool, seed: u64) -> anyhow::Result<Start> {
    let node = call.far.media_address();
    let access = Wire::start(node, delayed(ONE_WAY), seed)?;
    let mut receiver = Terminal::new(Direction::RecvOnly)?;
    let began = Instant::now();
    let offered = receiver.offer()?;
    call.run(ONE_WAY)?;
    let mut reply = call.far.offer(&offered, RECEIVER, false);
    call.far.give(&[RECEIVER]);
    let answer = loop {
        match reply.try_recv() {
            Ok(answer) => break answer?,
            Err(TryRecvError::Empty) => call.turn(Instant::now() + Duration::from_millis(1))?,
            Err(TryRecvError::Closed) => anyhow::bail!("the media loop has ended"),
        }
    };
    call.run(ONE_WAY)?;
    let answered = Instant::now();
    receiver.accept(offered, &answer.sdp, Some((node, access.address)))?;
    call.firsts = (None, None);
    call.receiver = Some(receiver);
    let mut connected = None;
    while call.firsts.1.is_none() {
        ensure!(began.elapsed() < PICTURE_MAX, "no picture within {PICTURE_MAX:?}");
        call.turn(Instant::now() + Duration::from_millis(5))?;
        if connected.is_none() && call.receiver.as_ref().is_some_and(Terminal::connected) {
            connected = Some(Instant::now());
        }
    }
    let (first, whole) = (call.firsts.0.context("no media")?, call.firsts.1.context("no picture")?);
    let rtt =
        |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() / (2.0 * ONE_WAY.as_secs_f64());
    Ok(Start {
        cold,
        answer_rtt: rtt(began, answered),
        connected_rtt: rtt(began, connected.unwrap_or(first)),
        media_rtt: rtt(began, first),
        frame_extra_rtt: rtt(first, whole),
    })
}
