//! The one UDP port: datagrams in and out, as many at once as the system takes.
//!
//! What arrives together is read together (`recvmmsg`, and UDP GRO). Datagrams that leave one after the other for the
//! same place leave in one call (UDP GSO) where the system can.

use std::{
    array,
    io::{self, IoSliceMut},
    net::SocketAddr,
};

use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use tokio::{io::Interest, net::UdpSocket};

/// Reads of one call; each may hold many datagrams of one sender.
const READS: usize = 8;
/// The longest read: the longest that UDP has.
const READ_BYTES: usize = 65_536;
/// Bytes that may leave in one call, below what UDP over IPv6 takes.
const RUN_BYTES_MAX: usize = 60_000;
/// What the socket may hold in each direction while this thread is busy elsewhere. The system may give less.
const SOCKET_BYTES: usize = 2 * 1024 * 1024;

/// The port, opened.
pub(crate) struct Port {
    /// Where it is.
    pub(crate) address: SocketAddr,
    socket: UdpSocket,
    state: UdpSocketState,
    reads: Vec<u8>,
    run: Run,
}

/// Datagrams for one place that have not left yet: all of one length, but the last may be shorter.
#[derive(Default)]
struct Run {
    to: Option<SocketAddr>,
    bytes: Vec<u8>,
    each: usize,
    count: usize,
    /// One that is shorter ended it.
    ended: bool,
}

impl Run {
    fn takes(&self, to: SocketAddr, bytes: usize, most: usize) -> bool {
        self.to == Some(to)
            && !self.ended
            && bytes <= self.each
            && self.count < most
            && self.bytes.len() + bytes <= RUN_BYTES_MAX
    }

    fn add(&mut self, to: SocketAddr, bytes: &[u8]) {
        if self.count == 0 {
            (self.to, self.each) = (Some(to), bytes.len());
        }
        self.ended = bytes.len() < self.each;
        self.count += 1;
        self.bytes.extend_from_slice(bytes);
    }

    fn clear(&mut self) {
        self.bytes.clear();
        (self.to, self.each, self.count, self.ended) = (None, 0, 0, false);
    }
}

impl Port {
    /// Takes a bound socket over; inside a runtime.
    pub(crate) fn new(socket: std::net::UdpSocket, address: SocketAddr) -> io::Result<Self> {
        let state = UdpSocketState::new((&socket).into())?;
        // Less than this costs packets in a burst, no more.
        let _ = state.set_recv_buffer_size((&socket).into(), SOCKET_BYTES);
        let _ = state.set_send_buffer_size((&socket).into(), SOCKET_BYTES);
        Ok(Self {
            address,
            socket: UdpSocket::from_std(socket)?,
            state,
            reads: vec![0; READS * READ_BYTES],
            run: Run::default(),
        })
    }

    /// Waits until something has arrived, and gives `each` of it, at most some hundreds of datagrams.
    ///
    /// Dropped before it is done, it has taken nothing.
    pub(crate) async fn take(&mut self, mut each: impl FnMut(SocketAddr, &[u8])) -> io::Result<()> {
        self.socket.readable().await?;
        let mut metas = [RecvMeta::default(); READS];
        let mut chunks = self.reads.chunks_exact_mut(READ_BYTES);
        let mut slices: [IoSliceMut<'_>; READS] =
            array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
        let mut count = 0;
        // What fills only part of the places was all there is: said here, the socket need not be asked again to know that.
        // Another error is the refusal of an earlier datagram by its receiver.
        let _ = self.socket.try_io(Interest::READABLE, || {
            count = self.state.recv((&self.socket).into(), &mut slices, &mut metas)?;
            if count < READS {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(())
        });
        for (meta, bytes) in metas.iter().zip(&slices).take(count) {
            for datagram in bytes[..meta.len].chunks(meta.stride.max(1)) {
                each(meta.addr, datagram);
            }
        }
        Ok(())
    }

    /// Sends a datagram, at the latest with the next [`Self::flush`].
    pub(crate) fn send(&mut self, to: SocketAddr, bytes: &[u8]) {
        if !self.run.takes(to, bytes.len(), self.state.max_gso_segments()) {
            self.flush();
        }
        self.run.add(to, bytes);
    }

    /// Sends what waits. A full socket buffer loses it as a full network would.
    pub(crate) fn flush(&mut self) {
        let Some(to) = self.run.to else { return };
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents: &self.run.bytes,
            segment_size: (self.run.count > 1).then_some(self.run.each),
            src_ip: None,
        };
        let _ = self.state.try_send((&self.socket).into(), &transmit);
        self.run.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn datagrams_arrive_as_they_were_sent_whatever_their_lengths_and_places() {
        let open = || {
            let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            let address = socket.local_addr().unwrap();
            Port::new(socket, address).unwrap()
        };
        let (mut from, mut ports) = (open(), [open(), open()]);
        let lengths = [1100, 1100, 1100, 400, 400, 1100, 7, 1100, 1100];
        let mut sent = [Vec::new(), Vec::new()];
        for (number, length) in lengths.into_iter().cycle().take(400).enumerate() {
            let at = number / 5 % 2;
            let bytes = vec![number as u8; length];
            from.send(ports[at].address, &bytes);
            sent[at].push(bytes);
        }
        from.flush();
        let source = from.address;
        for (port, sent) in ports.iter_mut().zip(sent) {
            let mut arrived = Vec::new();
            while arrived.len() < sent.len() {
                let keep = |who, bytes: &[u8]| {
                    assert_eq!(who, source);
                    arrived.push(bytes.to_vec());
                };
                port.take(keep).await.unwrap();
            }
            assert_eq!(arrived, sent);
        }
    }

    #[test]
    fn a_run_has_one_place_one_length_and_one_shorter_end() {
        let (a, b) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        let mut run = Run::default();
        assert!(!run.takes(a, 10, 64));
        run.add(a, &[0; 10]);
        assert!(run.takes(a, 10, 64) && run.takes(a, 3, 64));
        assert!(!run.takes(b, 10, 64) && !run.takes(a, 11, 64) && !run.takes(a, 10, 1));
        run.add(a, &[0; 3]);
        assert!(!run.takes(a, 3, 64));
        run.clear();
        run.add(a, &[0; RUN_BYTES_MAX - 10]);
        assert!(run.takes(a, 10, 64) && !run.takes(a, 11, 64));
    }
}
