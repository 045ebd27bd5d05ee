//! The program under test: the node's own media loop, on a core of its own.

use std::net::SocketAddr;

use anyhow::Context;
use media::{Media, News, Order};
use sfu::Counters;
use tokio::sync::{mpsc, oneshot};

use crate::measure::{Watched, pin};

/// A running media loop; ends when dropped.
pub struct Server {
    /// Its media port.
    pub address: SocketAddr,
    /// Its thread.
    pub watched: Watched,
    media: Media,
    /// The loop tells what happens as long as somebody listens; it never waits for them.
    _news: mpsc::Receiver<News>,
    runtime: tokio::runtime::Runtime,
}

impl Server {
    /// Starts it on a core.
    ///
    /// # Errors
    /// When the port or the thread cannot be had.
    pub fn start(core: usize) -> anyhow::Result<Self> {
        let (tell, told) = std::sync::mpsc::channel();
        let pinned = move || {
            let _ = tell.send(pin(core));
        };
        let (media, news) = Media::start_with(([127, 0, 0, 1], 0).into(), &[], pinned)?;
        Ok(Self {
            address: media.address,
            watched: told.recv().context("the media thread")?,
            media,
            _news: news,
            runtime: tokio::runtime::Builder::new_current_thread().build()?,
        })
    }

    /// Gives an order.
    pub fn order(&self, order: Order) {
        self.runtime.block_on(self.media.order(order));
    }

    /// Its counters.
    ///
    /// # Errors
    /// When the loop has ended.
    pub fn counters(&self) -> anyhow::Result<Counters> {
        let (tell, told) = oneshot::channel();
        self.order(Order::Counters(tell));
        Ok(told.blocking_recv()?)
    }
}
