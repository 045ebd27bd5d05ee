//! The socket of a seat: refused to other origins, proven by the seat's key, then handed to the shell as two queues.
//!
//! One task owns the connection. It reads strictly, pings, looks now and then whether the seat still has its key, and
//! ends when either side goes; the shell never waits on a browser.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink, SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::door::Held;
use super::{ApiError, Gate, Seat, headers};
use crate::api::{self, FRAME_BYTES_MAX, FromBrowser, ToBrowser};
use crate::signin;

/// Messages that wait for a browser; a shell that finds the queue full gives the seat up.
pub const OUTGOING_MAX: usize = 256;

/// Messages of a browser that wait for the shell; then the browser waits.
pub const INCOMING_MAX: usize = 32;

/// Pings without a sign of life before the socket ends.
const PINGS_UNANSWERED_MAX: u32 = 3;

/// Messages a browser may send at once, and each second after that; more is a fault of the terminal or an attack.
const BURST_MAX: u32 = 200;
const PER_SECOND: u32 = 40;

/// Close codes of RFC 6455, section 7.4.1, and what we say with them.
const CLOSE_GOING: u16 = 1001;
const CLOSE_POLICY: u16 = 1008;

/// A proven socket. Dropping `to` closes it; `from` ends when the browser has gone.
#[derive(Debug)]
pub struct Socket {
    /// To the browser. Never wait for it: use `try_send`, and drop the socket when it is full.
    pub to: mpsc::Sender<ToBrowser>,
    /// From the browser, strictly read; proofs do not arrive here.
    pub from: mpsc::Receiver<FromBrowser>,
}

/// What the shell does with a proven socket.
pub trait SocketHandler: Send + Sync + 'static {
    /// Runs for as long as the socket is wanted. `ready` has been said already. One call for each socket: a seat
    /// opened twice gives two, and what becomes of the first is the shell's to say.
    fn run(&self, seat: Seat, socket: Socket) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

impl<F, R> SocketHandler for F
where
    F: Fn(Seat, Socket) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    fn run(&self, seat: Seat, socket: Socket) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self(seat, socket))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    seat: String,
}

pub(super) async fn upgrade(
    State((gate, handler)): State<(Gate, Arc<dyn SocketHandler>)>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
    held: Option<Extension<Held>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let (Ok(Query(wanted)), Ok(upgrade)) = (wanted, upgrade) else {
        return ApiError::Malformed.into_response();
    };
    if !is_own_origin(&gate, &headers) {
        return ApiError::Forbidden("origin").into_response();
    }
    let seat = match signin::known(&gate, &headers, &wanted.seat).await {
        Ok(seat) => seat,
        Err(error) => return error.into_response(),
    };
    upgrade
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .max_write_buffer_size(4 * FRAME_BYTES_MAX)
        .on_upgrade(move |stream| async move {
            serve(gate, handler, seat, stream).await;
            // The place at the door is kept until here.
            drop(held);
        })
}

/// A page of another site may open a socket to us, cookies included: the browser says whose page it is.
fn is_own_origin(gate: &Gate, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else {
        return false;
    };
    let scheme = if gate.config().secure { "https" } else { "http" };
    let Some(host) = headers::host(headers) else {
        return false;
    };
    origin
        .to_str()
        .is_ok_and(|origin| origin.eq_ignore_ascii_case(&format!("{scheme}://{host}")))
}

async fn serve(gate: Gate, handler: Arc<dyn SocketHandler>, seat: Seat, mut stream: WebSocket) {
    let limit = gate.config().limits.prove;
    match tokio::time::timeout(limit, prove(&gate, &seat, &mut stream)).await {
        Ok(true) => {}
        Ok(false) | Err(_) => return close(&mut stream, CLOSE_POLICY, "unproven").await,
    }
    let (to, outgoing) = mpsc::channel(OUTGOING_MAX);
    let (incoming, from) = mpsc::channel(INCOMING_MAX);
    let running = tokio::spawn(handler.run(seat.clone(), Socket { to, from }));
    let (mut sink, source) = stream.split();
    let silent = AtomicU32::new(0);
    let (code, reason) = tokio::select! {
        ending = read(source, incoming, &silent) => ending,
        ending = write(&mut sink, outgoing, &gate, &seat, &silent) => ending,
    };
    close(&mut sink, code, reason).await;
    // The queues are closed: the handler comes to its end by itself. Waiting shows a panic in it as an error.
    if let Err(error) = running.await {
        tracing::error!(%error, seat = %seat.id, "a socket's handler failed");
    }
}

async fn prove(gate: &Gate, seat: &Seat, stream: &mut WebSocket) -> bool {
    let mut nonce = [0; 32];
    if getrandom::fill(&mut nonce).is_err() {
        return false;
    }
    let nonce = hex::encode(nonce);
    if send(stream, &ToBrowser::Challenge { nonce: nonce.clone() })
        .await
        .is_err()
    {
        return false;
    }
    let Some(Ok(Message::Text(text))) = stream.recv().await else {
        return false;
    };
    let Ok(FromBrowser::Prove { signature }) = api::parse(text.as_bytes()) else {
        return false;
    };
    signin::holds(&seat.key, format!("visavis socket\n{nonce}").as_bytes(), &signature)
        && send(
            stream,
            &ToBrowser::Ready {
                me: gate.me(seat.view()),
            },
        )
        .await
        .is_ok()
}

/// How a socket ends: a close code and a word.
type Ending = (u16, &'static str);

const GONE: Ending = (CLOSE_GOING, "gone");
const MALFORMED: Ending = (CLOSE_POLICY, "malformed");

/// Hears the browser until it goes or errs.
async fn read(mut source: SplitStream<WebSocket>, incoming: mpsc::Sender<FromBrowser>, silent: &AtomicU32) -> Ending {
    let mut allowance = Allowance::new();
    loop {
        // Nothing more is read while the shell is behind: a place in its queue comes first.
        let Ok(place) = incoming.reserve().await else {
            return (CLOSE_GOING, "going");
        };
        let heard = source.next().await;
        silent.store(0, Ordering::Relaxed);
        if !allowance.take() {
            return (CLOSE_POLICY, "too many");
        }
        match heard {
            Some(Ok(Message::Text(text))) => match api::parse(text.as_bytes()) {
                Ok(FromBrowser::Prove { .. }) | Err(_) => return MALFORMED,
                Ok(message) => place.send(message),
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return MALFORMED,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return GONE,
        }
    }
}

/// Tells the browser what the shell says, and pings it.
async fn write(
    sink: &mut SplitSink<WebSocket, Message>,
    mut outgoing: mpsc::Receiver<ToBrowser>,
    gate: &Gate,
    seat: &Seat,
    silent: &AtomicU32,
) -> Ending {
    let every = gate.config().limits.ping;
    let mut ticks = tokio::time::interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let sent = tokio::select! {
            message = outgoing.recv() => match message {
                Some(message) => send(sink, &message).await,
                None => return (CLOSE_GOING, "going"),
            },
            _ = ticks.tick() => {
                if silent.fetch_add(1, Ordering::Relaxed) >= PINGS_UNANSWERED_MAX {
                    return (CLOSE_GOING, "silent");
                }
                if !signin::still_holds(gate, seat).await {
                    return (CLOSE_POLICY, "unproven");
                }
                sink.send(Message::Ping(bytes::Bytes::new())).await
            }
        };
        if sent.is_err() {
            return GONE;
        }
    }
}

async fn send<S: Sink<Message, Error = axum::Error> + Unpin>(
    sink: &mut S,
    message: &ToBrowser,
) -> Result<(), axum::Error> {
    let text = serde_json::to_string(message).map_err(axum::Error::new)?;
    sink.send(Message::Text(text.into())).await
}

async fn close<S: Sink<Message> + Unpin>(sink: &mut S, code: u16, reason: &'static str) {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), sink.send(Message::Close(Some(frame)))).await;
}

/// How many messages a browser may still send.
struct Allowance {
    left: u32,
    at: Instant,
}

impl Allowance {
    fn new() -> Self {
        Self {
            left: BURST_MAX,
            at: Instant::now(),
        }
    }

    fn take(&mut self) -> bool {
        let seconds = u32::try_from(self.at.elapsed().as_secs()).unwrap_or(u32::MAX);
        if seconds > 0 {
            self.left = self
                .left
                .saturating_add(seconds.saturating_mul(PER_SECOND))
                .min(BURST_MAX);
            self.at += Duration::from_secs(seconds.into());
        }
        self.left.checked_sub(1).map(|left| self.left = left).is_some()
    }
}
