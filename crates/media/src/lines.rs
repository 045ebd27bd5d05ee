//! Lines as the loop sees them, and a packet's two forms: the sfu's and the link's.

use std::{collections::BTreeMap, sync::Arc, task::Poll};

use bytes::Bytes;
use call::SideId;
use link::{LineHandle, MediaPacket};
use sfu::{Packet, TrackId};
use tokio::sync::mpsc;

/// A line's media.
pub(crate) struct LineMedia {
    pub(crate) handle: LineHandle,
    pub(crate) incoming: mpsc::Receiver<MediaPacket>,
    /// Far numbers to local ones.
    pub(crate) tracks: BTreeMap<u16, TrackId>,
    /// The rate last shared out.
    pub(crate) shared_kbps: u32,
}

/// The next packet of any line, or the end of one; waits for ever when there are none.
pub(crate) async fn next(lines: &mut BTreeMap<SideId, LineMedia>) -> (SideId, Option<MediaPacket>) {
    std::future::poll_fn(|context| {
        for (far, line) in lines.iter_mut() {
            if let Poll::Ready(packet) = line.incoming.poll_recv(context) {
                return Poll::Ready((*far, packet));
            }
        }
        Poll::Pending
    })
    .await
}

pub(crate) fn to_wire(track: TrackId, packet: Packet) -> MediaPacket {
    MediaPacket {
        track: track.0,
        kind: match packet.kind {
            sfu::Kind::Sound => link::Kind::Sound,
            sfu::Kind::Picture => link::Kind::Picture,
        },
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        marker: packet.marker,
        layer: packet.layer,
        payload: Bytes::from_owner(packet.payload),
    }
}

pub(crate) fn from_wire(packet: &MediaPacket) -> Packet {
    Packet {
        kind: match packet.kind {
            link::Kind::Sound => sfu::Kind::Sound,
            link::Kind::Picture => sfu::Kind::Picture,
        },
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        marker: packet.marker,
        layer: packet.layer,
        payload: Arc::from(&packet.payload[..]),
    }
}
