//! How often a lost packet of pictures goes again.

use crate::Micros;

/// A picture should be whole this long after it was sent, and a round trip.
const PICTURE_US: Micros = 300_000;
/// The chance that one packet does not arrive in time, which repair aims at.
const MISS: f64 = 0.0005;
/// Times that a packet goes at one try.
const TRIES_AT_ONCE_MAX: u32 = 6;

/// How often to send a lost packet of pictures at this try, `age` after it was first sent and `sent` times already.
///
/// As long as a further try could follow in time, once is enough (twice on a bad path). The last try that can be in
/// time is made so often that all of it being lost is as rare as [`MISS`], what was sent before included.
pub(super) fn tries(age: Micros, round_trip: Micros, loss: f64, sent: u32) -> u32 {
    let loss = loss.clamp(0.01, 0.6);
    let deadline = PICTURE_US + round_trip;
    let here = age + round_trip / 2;
    if here > deadline {
        return 1;
    }
    let next = here + round_trip + 30_000;
    if next <= deadline {
        return if loss > 0.25 { 2 } else { 1 };
    }
    let needed = (MISS.ln() / loss.ln()).ceil() as u32;
    needed.saturating_sub(sent).clamp(1, TRIES_AT_ONCE_MAX)
}
