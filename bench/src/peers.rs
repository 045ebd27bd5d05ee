//! Other forwarders to be measured on the same work. None is driven yet: each is reported as missing, with the reason,
//! never left out in silence.

/// A forwarder to compare with.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// CPU microseconds per forwarded packet at 1:10, when it was measured.
    pub cpu_1_10_us: Option<f64>,
    /// Why it was not.
    pub missing: Option<&'static str>,
}

/// All that are worth comparing with.
#[must_use]
pub fn all() -> Vec<Peer> {
    ["Janus", "mediasoup", "LiveKit", "Galene"]
        .map(|name| Peer {
            name,
            cpu_1_10_us: None,
            missing: Some("its signalling is not driven yet"),
        })
        .to_vec()
}
