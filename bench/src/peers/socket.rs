//! The WebSocket that all forwarders signal over.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use serde_json::Value;
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::{Error, Message, WebSocket};

use super::place::ADDRESS;

/// How long one read may block: receivers and publisher get their turns in between.
const READ_MAX: Duration = Duration::from_millis(2);
/// How long a forwarder may take from its start to its first handshake.
pub const START_MAX: Duration = Duration::from_secs(15);

/// Connects; waits for a program that is only starting.
///
/// # Errors
/// When it does not listen in time.
pub fn dial(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let start = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => ensure!(start.elapsed() < START_MAX, "it does not listen: {error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A signalling connection.
pub struct Socket(WebSocket<TcpStream>);

impl Socket {
    /// Connects, as [`dial`] does.
    ///
    /// # Errors
    /// When it does not listen in time, or refuses.
    pub fn open(port: u16, path: &str, protocol: Option<&'static str>) -> anyhow::Result<Self> {
        let address = SocketAddr::new(ADDRESS, port);
        let stream = dial(address)?;
        stream.set_read_timeout(Some(START_MAX))?;
        stream.set_write_timeout(Some(START_MAX))?;
        let mut request = format!("ws://{address}{path}").into_client_request()?;
        if let Some(protocol) = protocol {
            let headers = request.headers_mut();
            headers.insert("Sec-WebSocket-Protocol", HeaderValue::from_static(protocol));
        }
        let (socket, _) = tungstenite::client(request, stream).map_err(|e| anyhow!("WebSocket: {e}"))?;
        socket.get_ref().set_read_timeout(Some(READ_MAX))?;
        Ok(Self(socket))
    }

    /// The connection underneath: whoever lets go of it leaves.
    ///
    /// # Errors
    /// As the system says.
    pub fn stream(&self) -> anyhow::Result<TcpStream> {
        Ok(self.0.get_ref().try_clone()?)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn send(&mut self, message: impl Into<Message>) -> anyhow::Result<()> {
        self.0.send(message.into()).context("signalling")
    }

    /// Sends a message of JSON.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn say(&mut self, message: &Value) -> anyhow::Result<()> {
        self.send(message.to_string())
    }

    /// The next message, if one comes at once.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn next(&mut self) -> anyhow::Result<Option<Message>> {
        match self.0.read() {
            Ok(message) => Ok(Some(message)),
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
            Err(error) => Err(error).context("signalling"),
        }
    }

    /// The next message of JSON, if one comes at once.
    ///
    /// # Errors
    /// When the connection is gone, or it is none.
    pub fn hear(&mut self) -> anyhow::Result<Option<Value>> {
        match self.next()? {
            Some(Message::Text(text)) => Ok(Some(serde_json::from_str(&text)?)),
            _ => Ok(None),
        }
    }
}
