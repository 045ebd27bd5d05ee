//! The browsers that are connected: one socket a seat, what it is told, what its person has switched.

use std::collections::BTreeMap;

use call::{CallId, Hash, PublicKey};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::{Core, chain::Told};
use crate::{
    api::{Base64, FromBrowser, Role, SeatState, SeatView, ToBrowser},
    http::Seat,
};

/// One seat's browser.
pub(super) struct Socket {
    /// The seat.
    pub(super) seat: SeatView,
    /// The seat's key.
    pub(super) key: PublicKey,
    /// Whether its microphone is on, once it has said so.
    pub(super) mic: Option<bool>,
    /// How it does, once it has said so.
    pub(super) state: Option<SeatState>,
    /// How much of which call's chains it was told.
    pub(super) chains: BTreeMap<CallId, Told>,
    to: mpsc::Sender<ToBrowser>,
}

impl Socket {
    /// Messages that wait for it.
    pub(super) fn waiting(&self) -> usize {
        self.to.max_capacity() - self.to.capacity()
    }
}

/// All connected seats, by the number of their connection.
#[derive(Default)]
pub(super) struct Seats {
    last: u64,
    sockets: BTreeMap<u64, Socket>,
}

impl Seats {
    /// Every connection and its socket.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Socket)> {
        self.sockets.iter().map(|(connection, socket)| (*connection, socket))
    }

    /// One connection's socket.
    pub(super) fn get(&self, connection: u64) -> Option<&Socket> {
        self.sockets.get(&connection)
    }

    /// One connection's socket, to be changed.
    pub(super) fn get_mut(&mut self, connection: u64) -> Option<&mut Socket> {
        self.sockets.get_mut(&connection)
    }

    /// The roles that are connected, each once.
    pub(super) fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = self.sockets.values().map(|socket| socket.seat.role).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// Tells one connection. A browser that has stopped reading is let go: it comes back to a fresh state.
    pub(super) fn tell(&mut self, connection: u64, message: ToBrowser) {
        let Some(socket) = self.sockets.get(&connection) else {
            return;
        };
        match socket.to.try_send(message) {
            Ok(()) => {}
            // It has gone; the socket's task says so in its own order.
            Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(_)) => {
                tracing::warn!(seat = %socket.seat.id, "a browser reads too slowly and is disconnected");
                self.sockets.remove(&connection);
            }
        }
    }

    fn tell_where(&mut self, which: impl Fn(&Socket) -> bool, message: &ToBrowser) {
        let connections: Vec<u64> = self
            .iter()
            .filter(|(_, socket)| which(socket))
            .map(|(at, _)| at)
            .collect();
        for connection in connections {
            self.tell(connection, message.clone());
        }
    }

    /// Tells everyone.
    pub(super) fn tell_all(&mut self, message: &ToBrowser) {
        self.tell_where(|_| true, message);
    }

    /// Tells everyone of one role.
    pub(super) fn tell_role(&mut self, role: Role, message: &ToBrowser) {
        self.tell_where(|socket| socket.seat.role == role, message);
    }
}

impl Core {
    /// A seat's browser has proven itself: it takes the place of another one at the same seat and gets the whole picture.
    pub(super) async fn opened(&mut self, seat: Seat, to: mpsc::Sender<ToBrowser>, reply: oneshot::Sender<u64>) {
        let key = PublicKey(seat.key);
        let seat = seat.view();
        let before: Vec<u64> = self
            .seats
            .iter()
            .filter(|(_, socket)| socket.seat.id == seat.id)
            .map(|(at, _)| at)
            .collect();
        for connection in before {
            self.seats.tell(connection, ToBrowser::Replaced {});
            self.closed(connection).await;
        }
        self.seats.last += 1;
        let connection = self.seats.last;
        if reply.send(connection).is_err() {
            return;
        }
        let role = seat.role;
        self.seats.sockets.insert(
            connection,
            Socket {
                seat,
                key,
                mic: None,
                state: None,
                chains: BTreeMap::new(),
                to,
            },
        );
        self.seats.tell(
            connection,
            ToBrowser::Lines {
                lines: self.line_views(),
            },
        );
        self.seats.tell(
            connection,
            ToBrowser::Calls {
                calls: self.summaries(),
            },
        );
        let open: Vec<_> = self.open_calls().collect();
        for id in open {
            if let Some(view) = self.call_view(id, role) {
                self.seats.tell(connection, ToBrowser::Call { call: Box::new(view) });
            }
            self.change(id);
        }
        self.open_asides(connection, role);
    }

    /// A socket is gone, and its media with it.
    pub(super) async fn closed(&mut self, connection: u64) {
        self.seats.sockets.remove(&connection);
        self.delivery.forget(connection);
        if let Some(call) = self.stop_media(connection).await {
            self.change(call);
        }
        let open: Vec<_> = self.open_calls().collect();
        for id in open {
            self.change(id);
        }
    }

    /// A browser said something. Who it is follows from the connection alone.
    pub(super) async fn said(&mut self, connection: u64, message: FromBrowser) {
        let Some(role) = self.seats.get(connection).map(|socket| socket.seat.role) else {
            return;
        };
        match message {
            FromBrowser::Prove { .. } => {}
            FromBrowser::MediaOffer {
                id,
                call,
                sdp,
                send,
                recv,
            } => {
                self.media_offer(
                    connection,
                    super::offers::Offer {
                        id,
                        call,
                        sdp,
                        send,
                        recv,
                    },
                )
                .await;
            }
            FromBrowser::MediaStop {} => {
                if let Some(call) = self.stop_media(connection).await {
                    self.change(call);
                }
            }
            FromBrowser::Mic { on } => {
                if let Some(socket) = self.seats.sockets.get_mut(&connection) {
                    socket.mic = Some(on);
                }
                let open: Vec<_> = self.open_calls().collect();
                for id in open {
                    self.change(id);
                }
            }
            FromBrowser::End { call } => self.pressed(connection, role, &call, &super::Act::End).await,
            FromBrowser::SealPackage { call, bytes } => {
                let bytes = bytes.map(Base64::into_bytes);
                self.seal_package(connection, &call, bytes).await;
            }
            FromBrowser::SealCommit {
                call,
                group,
                epoch,
                commit,
                welcome,
            } => {
                let proposal = super::delivery::Proposal {
                    group,
                    epoch,
                    commit: commit.into_bytes(),
                    welcome: welcome.map(Base64::into_bytes),
                };
                self.seal_commit(connection, &call, proposal).await;
            }
            FromBrowser::SealSince { call, group, epoch } => self.seal_since(connection, &call, group, epoch).await,
            FromBrowser::SealNote { call, bytes } => self.seal_note(connection, &call, bytes.into_bytes()).await,
            FromBrowser::FootageRoot {
                call,
                group,
                epoch,
                context,
                recorder,
                envelope,
            } => {
                let handed = super::envelopes::Handed {
                    group,
                    epoch,
                    context: Hash(context.0),
                    recorder: PublicKey(recorder.0),
                    bytes: envelope.into_bytes(),
                };
                self.footage_root(connection, &call, handed).await;
            }
            FromBrowser::FootageClosed { call, why } => self.footage_closed(connection, &call, why).await,
            FromBrowser::FootageClose { call, pressed } => {
                self.pressed(connection, role, &call, &super::Act::Close { pressed })
                    .await;
            }
            FromBrowser::State { state } => self.seat_state(connection, state),
            FromBrowser::Checked { call, result } => self.checked(connection, &call, result),
            FromBrowser::Aside { call, to, text } => self.aside(connection, &call, to, text),
            FromBrowser::AsideSeen { call, id } => self.aside_seen(connection, &call, id),
        }
    }

    /// Something was pressed that whoever runs the desk or speaks for the side may end with.
    async fn pressed(&mut self, connection: u64, role: Role, call: &str, act: &super::Act) {
        let refused = match role {
            Role::Operator | Role::Principal => self.act(call, act).await.err(),
            _ => Some(crate::http::ApiError::Role),
        };
        if let Some(error) = refused {
            self.seats.tell(connection, super::views::refused(error));
        }
    }
}
