//! What a terminal finds about its own seat, and what desks are shown of it: its lights, its checks, the Preflights.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::seal::present;

/// Whether something is proven to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// The microphone is off.
    Off,
    /// Nobody is there to hear: no call is running, or no far terminal is connected.
    None,
    /// Not proven yet.
    NotYet,
    /// Proven.
    Good,
    /// It fails; the fault names it.
    Bad,
}

/// Why a light is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The device gives digital zero.
    Dead,
    /// The device is unplugged.
    Gone,
    /// The browser may not use it.
    Refused,
    /// Muted in hardware or by the system.
    Muted,
    /// Encoder or seal send nothing.
    NotLeaving,
    /// The far terminal decodes nothing of it.
    NotArriving,
    /// The far terminal decodes it, and hears silence while this person speaks.
    Silent,
    /// Keys are missing.
    Unsealed,
}

/// What the terminal thinks of the camera's picture: a note, never a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraHint {
    /// Nearly nothing can be seen.
    Covered,
    /// Too dark.
    Dark,
    /// The light is behind the person.
    Backlit,
    /// The picture does not change.
    Frozen,
}

/// What a terminal says of itself to its own side's desks; no node passes it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatState {
    /// The microphone at its device.
    pub captured: Light,
    /// The microphone as it leaves the encoder.
    pub sent: Light,
    /// The microphone at the far terminal's decoder.
    pub heard: Light,
    /// The picture at the far terminal's decoder.
    pub seen: Light,
    /// The first fault that stands.
    #[serde(deserialize_with = "present")]
    pub fault: Option<Fault>,
    /// Somebody speaks into a microphone that is off.
    pub talking_off: bool,
    /// A note about the camera's picture.
    #[serde(deserialize_with = "present")]
    pub camera: Option<CameraHint>,
    /// Receipts prove sound and picture both ways.
    pub connected: bool,
    /// An interpreter whom the call needs has been silent while the floor spoke: words get lost at one end of the call.
    pub uninterpreted: bool,
}

/// Why a seat failed its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckFault {
    /// There is no microphone, or it may not be used.
    NoMicrophone,
    /// The microphone gives silence.
    SilentMicrophone,
    /// Sound did not leave the terminal.
    NotSent,
    /// The far terminal decoded no sound.
    NotHeard,
    /// The far terminal decoded silence.
    HeardSilent,
    /// There is no camera, or it may not be used.
    NoCamera,
    /// The far terminal decoded no picture.
    NotSeen,
    /// The loudspeaker was not heard.
    NoLoudspeaker,
    /// No far terminal was there.
    NobodyThere,
    /// The check was stopped before its end.
    Stopped,
}

impl CheckFault {
    /// Its word, as it stands in JSON and as a remark in a Preflight.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoMicrophone => "no_microphone",
            Self::SilentMicrophone => "silent_microphone",
            Self::NotSent => "not_sent",
            Self::NotHeard => "not_heard",
            Self::HeardSilent => "heard_silent",
            Self::NoCamera => "no_camera",
            Self::NotSeen => "not_seen",
            Self::NoLoudspeaker => "no_loudspeaker",
            Self::NobodyThere => "nobody_there",
            Self::Stopped => "stopped",
        }
    }
}

/// The most thousandths that can be lost.
const PERMILLE_MAX: u16 = 1_000;

fn permille<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<u16, D::Error> {
    let value = u16::deserialize(reader)?;
    if value > PERMILLE_MAX {
        return Err(serde::de::Error::custom("more than all"));
    }
    Ok(value)
}

/// What a terminal found about its seat when it was asked to check itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// Its sound was decoded at the far end.
    pub heard: bool,
    /// Its picture was decoded at the far end.
    pub seen: bool,
    /// Its loudspeaker was heard.
    pub hears: bool,
    /// Round trip in milliseconds.
    pub round_trip_ms: u16,
    /// Loss in thousandths, at most 1,000.
    #[serde(deserialize_with = "permille")]
    pub loss_permille: u16,
    /// What failed first.
    #[serde(deserialize_with = "present")]
    pub fault: Option<CheckFault>,
}

/// A finding as desks are shown it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// Its sound was decoded at the far end.
    pub heard: bool,
    /// Its picture was decoded at the far end.
    pub seen: bool,
    /// Its loudspeaker was heard.
    pub hears: bool,
    /// Round trip in milliseconds.
    pub round_trip_ms: u16,
    /// Loss in thousandths.
    pub loss_permille: u16,
    /// What failed first.
    pub fault: Option<CheckFault>,
    /// When the terminal said so, on the node's clock.
    pub at: String,
}

/// Whose halves of a check before Begin stand. With both, sound and picture pass while the call gathers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckingView {
    /// Own side's.
    pub own: bool,
    /// The far side's, as its node says.
    pub far: bool,
}

/// One seat in a Preflight.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeatCheckView {
    /// The seat's key, 64 hex digits.
    pub key: String,
    /// Roster number of who is vouched for there.
    pub person: Option<u16>,
    /// Its sound was decoded at the other side.
    pub heard: bool,
    /// Its picture was decoded at the other side.
    pub seen: bool,
    /// Its loudspeaker was heard.
    pub hears: bool,
    /// Round trip in milliseconds.
    pub round_trip_ms: u16,
    /// Loss in thousandths.
    pub loss_permille: u16,
    /// `not_checked`, the word of a [`CheckFault`], or what another node wrote.
    pub remark: Option<String>,
}

/// A side's newest Preflight under the terms in force, as it signed it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreflightView {
    /// Side id.
    pub side: String,
    /// When, on the signer's clock.
    pub at: String,
    /// Seat by seat.
    pub seats: Vec<SeatCheckView>,
}

/// Which topic is being talked about, as the own side's operator says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicView {
    /// Its place among the topics of the terms in force, from 0.
    pub index: u16,
    /// Since when, on the node's clock.
    pub since: String,
}

/// What an operator does to a seat of the own side. There is nothing that switches a microphone on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatDo {
    /// Its microphone is to be switched off.
    Mute,
    /// Its person is asked to speak.
    Ask,
}

/// What a terminal is asked by its own side's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Switch the microphone off.
    Mute,
    /// Show that its person is asked to speak.
    Speak,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::api::{FromBrowser, parse};

    const STATE: &str = r#""captured":"good","sent":"not_yet","heard":"none","seen":"off","fault":null,"talking_off":true,"camera":"backlit","connected":false,"uninterpreted":true"#;
    const RESULT: &str =
        r#""heard":true,"seen":false,"hears":true,"round_trip_ms":65535,"loss_permille":1000,"fault":"not_seen""#;

    fn state(fields: &str) -> Option<FromBrowser> {
        parse(format!(r#"{{"t":"state","state":{{{fields}}}}}"#).as_bytes()).ok()
    }

    fn checked(fields: &str) -> Option<FromBrowser> {
        parse(format!(r#"{{"t":"checked","call":"c","result":{{{fields}}}}}"#).as_bytes()).ok()
    }

    #[test]
    fn a_state_is_read_whole_or_not_at_all() {
        assert!(state(STATE).is_some());
        for (from, to) in [
            ("\"good\"", "\"Good\""),
            ("\"good\"", "\"green\""),
            ("\"fault\":null,", ""),
            ("\"camera\":\"backlit\",", ""),
            ("\"fault\":null", "\"fault\":\"dead \""),
            ("true", "1"),
            ("\"connected\":false", "\"connected\":false,\"more\":1"),
            ("\"connected\":false", "\"connected\":false,\"connected\":false"),
        ] {
            assert!(state(&STATE.replacen(from, to, 1)).is_none(), "{from} as {to}");
        }
    }

    #[test]
    fn a_finding_has_bounds() {
        assert!(checked(RESULT).is_some());
        for (from, to) in [
            ("65535", "65536"),
            ("1000", "1001"),
            ("1000", "-1"),
            ("1000", "1.5"),
            (",\"fault\":\"not_seen\"", ""),
            ("not_seen", "not_smelt"),
        ] {
            assert!(checked(&RESULT.replacen(from, to, 1)).is_none(), "{from} as {to}");
        }
    }

    #[test]
    fn a_fault_has_one_word() {
        use CheckFault::*;
        let all = [
            NoMicrophone,
            SilentMicrophone,
            NotSent,
            NotHeard,
            HeardSilent,
            NoCamera,
            NotSeen,
            NoLoudspeaker,
            NobodyThere,
            Stopped,
        ];
        for fault in all {
            assert_eq!(serde_json::to_string(&fault).unwrap(), format!("\"{}\"", fault.word()));
        }
    }
}
