//! What is let through of a browser's SDP offer, and what is changed in the answer.
//!
//! The offer is vetted line by line before any parser of ours or str0m's acts on it: bounds, numbers, media sections. Every
//! candidate is taken out: a node that only answers has no use for an address that nobody has proved.

use crate::{Kind, Mid, OFFER_LINE_MAX, OFFER_MAX, OfferError, SECTIONS_MAX};

/// Longest `a=mid` that str0m keeps apart.
const MID_MAX: usize = 16;
/// Most payload types an m-line may list.
const FORMATS_MAX: usize = 128;
/// Largest value of `ptime` and `maxptime`, in milliseconds (Opus packets end at 120).
const PTIME_MAX: u16 = 240;
/// Most parameters in one `a=fmtp`.
const PARAMETERS_MAX: usize = 32;

/// A media section of the offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub mid: Mid,
    pub kind: Kind,
    /// The browser sends on it.
    pub sends: bool,
    /// The browser receives on it.
    pub receives: bool,
    /// Port 0 and outside the bundle: taken out of use.
    pub stopped: bool,
    /// Opus for sound or VP9 for a picture is among its formats.
    pub codec: bool,
}

/// An offer that passed.
pub(crate) struct Vetted {
    /// The SDP without candidates.
    pub sdp: String,
    /// Its media sections in order.
    pub sections: Vec<Section>,
    /// What makes it the same peer connection as an earlier one: session id and DTLS fingerprints.
    pub identity: String,
}

/// A section while it is read.
struct Draft {
    kind: Kind,
    port_zero: bool,
    mid: Option<Mid>,
    sends: bool,
    receives: bool,
    codec: bool,
}

/// Vets an offer.
pub(crate) fn vet(sdp: &str) -> Result<Vetted, OfferError> {
    if sdp.len() > OFFER_MAX {
        return Err(OfferError::TooLong);
    }
    let mut kept = String::with_capacity(sdp.len());
    let mut drafts: Vec<Draft> = Vec::new();
    let mut bundle = Vec::new();
    let mut identity = String::new();
    for line in sdp.lines() {
        vet_line(line)?;
        if line.starts_with("a=candidate:")
            || line.starts_with("a=end-of-candidates")
            || line.starts_with("a=remote-candidates:")
        {
            continue;
        }
        kept.push_str(line);
        kept.push_str("\r\n");
        if let Some(media) = line.strip_prefix("m=") {
            if drafts.len() == SECTIONS_MAX {
                return Err(OfferError::TooManySections);
            }
            drafts.push(media_line(media)?);
        } else if let Some(origin) = line.strip_prefix("o=") {
            identity.push_str(origin.split(' ').nth(1).unwrap_or_default());
        } else if line.starts_with("a=fingerprint:") && !identity.contains(line) {
            identity.push_str(line);
        } else if let Some(group) = line.strip_prefix("a=group:BUNDLE") {
            bundle = group.split_whitespace().map(str::to_owned).collect();
        } else if let Some(draft) = drafts.last_mut() {
            attribute(draft, line)?;
        }
    }
    let sections = finish(drafts, &bundle)?;
    Ok(Vetted {
        sdp: kept,
        sections,
        identity,
    })
}

fn vet_line(line: &str) -> Result<(), OfferError> {
    if line.len() > OFFER_LINE_MAX {
        return Err(OfferError::TooLong);
    }
    let bytes = line.as_bytes();
    if bytes.len() < 2 || !bytes[0].is_ascii_lowercase() || bytes[1] != b'=' || line.chars().any(char::is_control) {
        return Err(OfferError::Malformed("line"));
    }
    Ok(())
}

fn media_line(media: &str) -> Result<Draft, OfferError> {
    const BAD: OfferError = OfferError::Malformed("media line");
    let mut words = media.split(' ');
    let kind = match words.next() {
        Some("audio") => Kind::Sound,
        Some("video") => Kind::Picture,
        Some("application") => return Err(OfferError::Unsupported("a data channel")),
        _ => return Err(BAD),
    };
    let port: u16 = words.next().and_then(|port| port.parse().ok()).ok_or(BAD)?;
    if words.next() != Some("UDP/TLS/RTP/SAVPF") {
        return Err(OfferError::Unsupported("a transport other than UDP/TLS/RTP/SAVPF"));
    }
    let formats: Vec<_> = words.collect();
    if formats.is_empty() || formats.len() > FORMATS_MAX || !formats.iter().all(|f| payload_type(f).is_some()) {
        return Err(BAD);
    }
    // Absent a direction, a section runs both ways (RFC 8866, section 6.7).
    Ok(Draft {
        kind,
        port_zero: port == 0,
        mid: None,
        sends: true,
        receives: true,
        codec: false,
    })
}

fn attribute(draft: &mut Draft, line: &str) -> Result<(), OfferError> {
    let Some(text) = line.strip_prefix("a=") else {
        return Ok(());
    };
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    match name {
        "mid" => {
            if value.is_empty() || value.len() > MID_MAX || !value.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(OfferError::Malformed("mid"));
            }
            draft.mid = Some(Mid::from(value));
        }
        "sendrecv" => (draft.sends, draft.receives) = (true, true),
        "sendonly" => (draft.sends, draft.receives) = (true, false),
        "recvonly" => (draft.sends, draft.receives) = (false, true),
        "inactive" => (draft.sends, draft.receives) = (false, false),
        "simulcast" | "rid" => return Err(OfferError::Unsupported("simulcast")),
        "ice-lite" => return Err(OfferError::Unsupported("ICE-lite at both ends")),
        "ptime" | "maxptime" => {
            let valid = value
                .trim()
                .parse::<u16>()
                .is_ok_and(|ms| (1..=PTIME_MAX).contains(&ms));
            return if valid {
                Ok(())
            } else {
                Err(OfferError::Malformed("ptime"))
            };
        }
        "rtpmap" => {
            let name = vet_rtpmap(value)?;
            let wanted = match draft.kind {
                Kind::Sound => "opus",
                Kind::Picture => "VP9",
            };
            draft.codec |= name.eq_ignore_ascii_case(wanted);
        }
        "fmtp" => vet_fmtp(value)?,
        _ => {}
    }
    Ok(())
}

fn payload_type(text: &str) -> Option<u8> {
    text.parse().ok().filter(|pt| *pt < 128)
}

/// Vets a payload type's definition and returns its codec's name.
fn vet_rtpmap(value: &str) -> Result<&str, OfferError> {
    const BAD: OfferError = OfferError::Malformed("rtpmap");
    let (pt, codec) = value.split_once(' ').ok_or(BAD)?;
    let mut parts = codec.trim().split('/');
    let name = parts.next().unwrap_or_default();
    let clock: u32 = parts.next().and_then(|hz| hz.parse().ok()).ok_or(BAD)?;
    let channels = parts.next().map_or(Some(1u8), |n| n.parse().ok());
    let bounded = (1..=1_000_000).contains(&clock) && channels.is_some_and(|n| (1..=24).contains(&n));
    if payload_type(pt).is_none() || name.is_empty() || !bounded || parts.next().is_some() {
        return Err(BAD);
    }
    Ok(name)
}

fn vet_fmtp(value: &str) -> Result<(), OfferError> {
    const BAD: OfferError = OfferError::Malformed("fmtp");
    let (pt, parameters) = value.split_once(' ').ok_or(BAD)?;
    if payload_type(pt).is_none() || parameters.trim().is_empty() {
        return Err(BAD);
    }
    let mut count = 0;
    for parameter in parameters.split(';') {
        count += 1;
        let (name, value) = parameter
            .split_once('=')
            .map_or((parameter.trim(), None), |(n, v)| (n.trim(), Some(v.trim())));
        let numeric = matches!(
            name,
            "apt"
                | "minptime"
                | "maxptime"
                | "ptime"
                | "maxplaybackrate"
                | "sprop-maxcapturerate"
                | "maxaveragebitrate"
                | "stereo"
                | "sprop-stereo"
                | "cbr"
                | "useinbandfec"
                | "usedtx"
                | "profile-id"
                | "max-fs"
                | "max-fr"
                | "rtx-time"
        );
        let bad_number =
            numeric && !value.is_some_and(|v| !v.is_empty() && v.len() <= 10 && v.bytes().all(|b| b.is_ascii_digit()));
        let bad_apt = name == "apt" && value.and_then(payload_type).is_none();
        // `ptime` values must be possible durations, wherever they are said.
        let bad_time = name.ends_with("ptime")
            && !value
                .and_then(|v| v.parse().ok())
                .is_some_and(|ms: u16| (1..=PTIME_MAX).contains(&ms));
        if count > PARAMETERS_MAX || bad_number || bad_apt || bad_time {
            return Err(BAD);
        }
    }
    Ok(())
}

fn finish(drafts: Vec<Draft>, bundle: &[String]) -> Result<Vec<Section>, OfferError> {
    let mut sections: Vec<Section> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mid = draft.mid.ok_or(OfferError::Malformed("mid"))?;
        if sections.iter().any(|s| s.mid == mid) {
            return Err(OfferError::Malformed("mid"));
        }
        let stopped = draft.port_zero && !bundle.iter().any(|name| **name == *mid);
        if !stopped && !bundle.iter().any(|name| **name == *mid) {
            return Err(OfferError::Unsupported("media outside the bundle"));
        }
        sections.push(Section {
            mid,
            kind: draft.kind,
            sends: draft.sends,
            receives: draft.receives,
            stopped,
            codec: draft.codec,
        });
    }
    if sections.is_empty() {
        return Err(OfferError::Malformed("media line"));
    }
    Ok(sections)
}

/// Finishes an answer: Opus at constant bit rate without silence suppression, so that packet sizes say nothing of what is
/// said (RFC 7587, section 6.1); RED only in the sections for which `redundant` says so.
pub(crate) fn finish_answer(sdp: &str, redundant: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(sdp.len() + 64);
    let mut rest = sdp;
    while !rest.is_empty() {
        let end = rest.find("\nm=").map_or(rest.len(), |at| at + 1);
        let (section, after) = rest.split_at(end);
        let mid = section.lines().find_map(|line| line.strip_prefix("a=mid:"));
        finish_section(section, mid.is_none_or(&redundant), &mut out);
        rest = after;
    }
    out
}

fn finish_section(section: &str, redundant: bool, out: &mut String) {
    let opus = payload_types(section, "opus/48000");
    let refused = if redundant {
        Vec::new()
    } else {
        payload_types(section, "red/48000")
    };
    for line in section.lines() {
        let pt = line
            .strip_prefix("a=fmtp:")
            .or_else(|| line.strip_prefix("a=rtpmap:"))
            .or_else(|| line.strip_prefix("a=rtcp-fb:"))
            .and_then(|rest| rest.split(' ').next());
        if pt.is_some_and(|pt| refused.contains(&pt)) {
            continue;
        }
        if line.starts_with("m=audio ") {
            let words = line.split(' ').enumerate();
            let kept: Vec<&str> = words
                .filter(|(at, word)| *at < 3 || !refused.contains(word))
                .map(|(_, word)| word)
                .collect();
            out.push_str(&kept.join(" "));
        } else {
            out.push_str(line);
        }
        if line.starts_with("a=fmtp:") && pt.is_some_and(|pt| opus.contains(&pt)) {
            out.push_str(";cbr=1;usedtx=0");
        }
        out.push_str("\r\n");
    }
}

fn payload_types<'a>(sdp: &'a str, codec: &str) -> Vec<&'a str> {
    sdp.lines()
        .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' '))
        .filter(|(_, name)| {
            name.get(..codec.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(codec))
        })
        .map(|(pt, _)| pt)
        .collect()
}
