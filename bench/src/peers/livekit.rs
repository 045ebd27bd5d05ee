//! LiveKit, by its WebSocket signalling: a publisher offers, receivers are offered.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use str0m::media::Direction;
use tungstenite::Message;

use super::place::{ADDRESS, Program};
use super::protobuf::{Writer, read, text};
use super::socket::Socket;
use super::{Forwarder, Found, Joined, Member, gather, go, until};
use crate::load::{Client, Plan, Source};

pub(super) const FORWARDER: Forwarder = Forwarder {
    name: "LiveKit",
    differs: "one operating-system thread runs its goroutines; one data channel for each receiver",
    find,
    start,
    join,
};

const MODULE: &str = "github.com/livekit/livekit-server";
/// The newest whose module needs no replaced others, which `go install` refuses.
const VERSION: &str = "v1.11.0";
const PORT: u16 = 7880;
/// Names of the field for a message, in the order of LiveKit's protocol: from it, and to it.
mod from {
    pub const JOIN: u32 = 1;
    pub const ANSWER: u32 = 2;
    pub const OFFER: u32 = 3;
    pub const TRICKLE: u32 = 4;
    pub const TRACK_PUBLISHED: u32 = 6;
    pub const LEAVE: u32 = 8;
}
mod to {
    pub const OFFER: u32 = 1;
    pub const ANSWER: u32 = 2;
    pub const ADD_TRACK: u32 = 4;
}
/// Id of the picture in the publisher's description.
const TRACK: &str = "picture";
/// How long a key to the room lasts.
const KEY_SECONDS: u64 = 600;

fn find() -> anyhow::Result<Found> {
    go::find("livekit-server", MODULE, "/cmd/server", VERSION)
}

fn start(found: &Found, core: usize) -> anyhow::Result<Program> {
    Program::start(&found.program, core, |folder| {
        let settings = json!({
            "port": PORT, "keys": { "devkey": SECRET }, "logging": { "level": "warn" },
            "rtc": { "udp_port": 7882, "tcp_port": 7881, "use_external_ip": false, "node_ip": ADDRESS.to_string() },
        });
        let file = folder.join("settings.yaml");
        std::fs::write(&file, settings.to_string())?;
        Ok(vec!["--config".to_owned(), file.to_string_lossy().into_owned()])
    })
}

const SECRET: &str = "a secret that is none, as long as one has to be";

/// A JSON Web Token (RFC 7519) signed with HS256.
fn token(claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let said = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), said.as_bytes());
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// What a message asks of the load.
#[derive(Debug, PartialEq)]
enum Said {
    Joined,
    Answer(String),
    Offer(String),
    Candidate(String),
    Published,
    Other,
}

fn understand(message: &[u8]) -> anyhow::Result<Said> {
    let fields = read(message).context("not a message")?;
    let Some((field, inner)) = fields.first() else {
        return Ok(Said::Other);
    };
    let sdp = || text(inner, 2).map(str::to_owned).context("a session description");
    Ok(match *field {
        from::JOIN => Said::Joined,
        from::ANSWER => Said::Answer(sdp()?),
        from::OFFER => Said::Offer(sdp()?),
        from::TRICKLE => {
            let candidate: Value = serde_json::from_str(text(inner, 1).context("a candidate")?)?;
            Said::Candidate(candidate["candidate"].as_str().unwrap_or_default().to_owned())
        }
        from::TRACK_PUBLISHED => Said::Published,
        from::LEAVE => bail!("it asked to leave"),
        _ => Said::Other,
    })
}

fn description(kind: &str, sdp: &str) -> Vec<u8> {
    Writer::default().bytes(1, kind).bytes(2, sdp).done()
}

fn enter(name: &str, subscribes: bool) -> anyhow::Result<Member> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let grant = json!({ "roomJoin": true, "room": "bench", "canPublish": !subscribes, "canSubscribe": subscribes });
    let claims = json!({ "iss": "devkey", "sub": name, "nbf": now - 60, "exp": now + KEY_SECONDS, "video": grant });
    let key = token(&claims, SECRET);
    let subscribes = u8::from(subscribes);
    let path = format!("/rtc?access_token={key}&protocol=15&auto_subscribe={subscribes}&sdk=js&version=2.0.0");
    let mut member = Member {
        socket: Socket::open(PORT, &path, None)?,
        client: Client::new(ADDRESS)?,
    };
    until("joining", || {
        Ok(matches!(hear(&mut member)?, Said::Joined).then_some(()))
    })?;
    Ok(member)
}

fn next(member: &mut Member) -> anyhow::Result<Said> {
    match member.socket.next()? {
        Some(Message::Binary(message)) => understand(&message),
        _ => Ok(Said::Other),
    }
}

fn say(member: &mut Member, field: u32, message: &[u8]) -> anyhow::Result<()> {
    member.socket.send(Writer::default().bytes(field, message).done())
}

/// Takes a message, if there is one, and does what can be done without knowing more.
fn hear(member: &mut Member) -> anyhow::Result<Said> {
    let said = next(member)?;
    match &said {
        Said::Candidate(candidate) => take(&mut member.client, candidate)?,
        Said::Offer(sdp) => {
            let sdp = member.client.answer(sdp)?;
            say(member, to::ANSWER, &description("answer", &sdp))?;
        }
        _ => {}
    }
    Ok(said)
}

/// Takes a candidate that the load can use.
fn take(client: &mut Client, candidate: &str) -> anyhow::Result<()> {
    if candidate.is_empty() || candidate.contains(" tcp ") {
        return Ok(());
    }
    client.candidate(candidate)
}

fn publish(plan: Plan, member: Member) -> anyhow::Result<(Socket, Source)> {
    let mut member = member;
    let offered = member.client.offer(Direction::SendOnly, Some(TRACK))?;
    let mid = offered.mid;
    // A camera (1) with video (1).
    let track = Writer::default()
        .bytes(1, TRACK)
        .bytes(2, TRACK)
        .number(3, 1)
        .number(4, 1280)
        .number(5, 720)
        .number(8, 1);
    say(&mut member, to::ADD_TRACK, &track.done())?;
    until("publishing", || {
        Ok(matches!(next(&mut member)?, Said::Published).then_some(()))
    })?;
    say(&mut member, to::OFFER, &description("offer", &offered.sdp))?;
    let mut early = Vec::new();
    let answer = until("an answer", || {
        Ok(match next(&mut member)? {
            Said::Answer(sdp) => Some(sdp),
            Said::Candidate(candidate) => {
                early.push(candidate);
                None
            }
            _ => None,
        })
    })?;
    member.client.accept(offered, &answer)?;
    early
        .iter()
        .try_for_each(|candidate| take(&mut member.client, candidate))?;
    until("the publisher's connection", || {
        if let Said::Candidate(candidate) = next(&mut member)? {
            take(&mut member.client, &candidate)?;
        }
        member.client.turn(|_| {})?;
        Ok(member.client.connected().then_some(()))
    })?;
    Ok((member.socket, Source::new(plan, member.client, mid)))
}

fn join(plan: Plan) -> anyhow::Result<Joined> {
    let (socket, source) = publish(plan, enter("publisher", false)?)?;
    let members = (0..plan.receivers).map(|number| enter(&format!("receiver{number}"), true));
    let members = members.collect::<anyhow::Result<_>>()?;
    gather(source, socket, members, |member| hear(member).map(|_| ()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_token_is_signed_over_what_it_says() {
        let claims = json!({ "iss": "devkey" });
        let token = token(&claims, "secret");
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts[0], "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9");
        let said: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        assert_eq!(said, claims);
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        let tag = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        assert!(hmac::verify(&key, format!("{}.{}", parts[0], parts[1]).as_bytes(), &tag).is_ok());
    }

    #[test]
    fn messages_are_told_apart() {
        let message = |field, inner: Vec<u8>| Writer::default().bytes(field, inner).done();
        let offer = message(from::OFFER, description("offer", "v=0"));
        assert_eq!(understand(&offer).unwrap(), Said::Offer("v=0".to_owned()));
        let candidate = Writer::default()
            .bytes(1, r#"{"candidate":"candidate:1"}"#)
            .number(2, 1)
            .done();
        let trickle = message(from::TRICKLE, candidate);
        assert_eq!(understand(&trickle).unwrap(), Said::Candidate("candidate:1".to_owned()));
        assert_eq!(understand(&message(from::JOIN, vec![])).unwrap(), Said::Joined);
        assert_eq!(understand(&message(50, vec![])).unwrap(), Said::Other);
        assert!(understand(&message(from::LEAVE, vec![])).is_err());
        assert!(understand(b"\x12\x07v").is_err());
    }
}
