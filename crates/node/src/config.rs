//! What one side writes down about its node: `visavis.toml` in the data folder.
//!
//! Unknown keys are refused, so that a misspelt one is found at the start and not on a bad day.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// The file's name inside the data folder.
pub const FILE: &str = "visavis.toml";

/// A node's configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The side's name as the other side will see it.
    pub name: String,
    /// The capital whose clock stands for this side.
    pub place: String,
    /// That capital's IANA time zone.
    pub zone: String,
    /// Pages and signalling for the side's own browsers.
    pub http: Http,
    /// The one UDP port that browsers send sound and picture to.
    pub media: Media,
    /// The UDP port of the link to other nodes.
    pub link: Link,
    /// What to do besides ringing at the desk.
    #[serde(default)]
    pub ring: Ring,
    /// What this side allows at all of its seats.
    #[serde(default)]
    pub seats: Seats,
    /// The public page; none: it is not served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub press: Option<Press>,
    /// Clips of footage.
    #[serde(default)]
    pub clips: Clips,
}

/// Pages and signalling.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// The URL that people type, when it differs from the listening address (a name, another port).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<String>,
    /// How browsers reach the node.
    pub tls: Tls,
}

/// How the HTTP port is protected.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "mode")]
pub enum Tls {
    /// The side's own authority, made by `init`, signed a certificate for this node.
    Own,
    /// Certificate and key files in PEM that somebody else renews.
    Files {
        /// Certificate chain.
        cert: PathBuf,
        /// Private key.
        key: PathBuf,
    },
    /// None: refused anywhere but on a loopback address.
    Off,
}

/// Sound and picture from and to the side's own browsers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// UDP address to listen on.
    pub listen: SocketAddr,
    /// Addresses told to browsers; the listening address when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<SocketAddr>,
}

/// The link to other nodes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// UDP address to listen on.
    pub listen: SocketAddr,
    /// `host:port` told to the other side in the bundle; the listening address when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
}

/// The public page, on a port of its own.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Press {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// The URL that people type, when it differs from the listening address (a name, another port, a proxy before it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<String>,
    /// How readers reach it. None is for a proxy on this machine: refused anywhere but on a loopback address.
    #[serde(default = "Tls::off")]
    pub tls: Tls,
}

/// Clips of footage.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Clips {
    /// The URL of a time stamp authority (RFC 3161) that is asked about each clip, by its hash alone; none: nobody is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_stamps: Option<String>,
}

impl Clips {
    fn check(&self) -> Result<(), ConfigError> {
        match &self.time_stamps {
            Some(url) if url.len() > URL_BYTES_MAX || !is_url(url) => Err(ConfigError::Value(format!(
                "clips.time_stamps: {url:?} is not a URL like https://stamps.example.org/tsr"
            ))),
            _ => Ok(()),
        }
    }
}

/// Longest URL.
const URL_BYTES_MAX: usize = 200;

/// Whether a text is a URL that may stand in a page.
fn is_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>?#".contains(&b))
    })
}

impl Tls {
    fn off() -> Self {
        Self::Off
    }
}

impl Press {
    /// The URL that people type, with the port that was really opened and without a slash at the end.
    #[must_use]
    pub fn url(&self, listening: SocketAddr) -> String {
        let scheme = if matches!(self.tls, Tls::Off) { "http" } else { "https" };
        self.public.clone().map_or_else(
            || format!("{scheme}://{listening}"),
            |url| url.trim_end_matches('/').to_owned(),
        )
    }
}

/// What an incoming request does besides ringing at the desk.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// Program and arguments, started once for each incoming request; empty: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
}

/// What a side allows at all of its seats.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seats {
    /// A microphone's device may stay open in its own browser while it is off, so that whoever speaks into it is warned.
    /// Nothing of it leaves the browser. `false`: the device is closed whenever the microphone is off, and nobody is warned.
    pub microphone_stays_open: bool,
}

impl Default for Seats {
    fn default() -> Self {
        Self {
            microphone_stays_open: true,
        }
    }
}

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not a configuration.
    #[error("{path}: {message}")]
    Text {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with the line.
        message: String,
    },
    /// A value makes no sense.
    #[error("{0}")]
    Value(String),
}

impl Config {
    /// Reads `visavis.toml` from a data folder.
    pub fn load(dir: &Path) -> Result<Self, ConfigError> {
        let path = dir.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::File {
            path: path.clone(),
            source,
        })?;
        let config: Self = toml::from_str(&text).map_err(|e| ConfigError::Text {
            path,
            message: e.to_string(),
        })?;
        config.check()?;
        Ok(config)
    }

    /// Writes `visavis.toml` into a data folder.
    pub fn save(&self, dir: &Path) -> Result<(), ConfigError> {
        self.check()?;
        let path = dir.join(FILE);
        let text = toml::to_string_pretty(self).map_err(|e| ConfigError::Text {
            path: path.clone(),
            message: e.to_string(),
        })?;
        std::fs::write(&path, text).map_err(|source| ConfigError::File { path, source })
    }

    /// The URL that people type, with the port that was really opened.
    #[must_use]
    pub fn url(&self, http: SocketAddr) -> String {
        let scheme = if matches!(self.http.tls, Tls::Off) {
            "http"
        } else {
            "https"
        };
        self.http.public.clone().map_or_else(
            || format!("{scheme}://{http}"),
            |url| url.trim_end_matches('/').to_owned(),
        )
    }

    /// `host:port` at which the other side reaches this node's link.
    #[must_use]
    pub fn link_addresses(&self) -> Vec<String> {
        if self.link.addresses.is_empty() {
            vec![self.link.listen.to_string()]
        } else {
            self.link.addresses.clone()
        }
    }

    /// Names and addresses that requests may ask for, without ports; empty when only the listening address is known.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let Some(public) = &self.http.public else {
            return Vec::new();
        };
        let after = public.split_once("://").map_or(public.as_str(), |(_, rest)| rest);
        let authority = after.split('/').next().unwrap_or(after);
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        vec![
            host,
            self.http.listen.ip().to_string(),
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
        ]
    }

    /// Whether every value makes sense.
    ///
    /// # Errors
    /// [`ConfigError::Value`]: which does not, and what to write instead.
    pub fn check(&self) -> Result<(), ConfigError> {
        let value = |text: String| Err(ConfigError::Value(text));
        for (what, text) in [("name", &self.name), ("place", &self.place)] {
            if text.trim().is_empty() || text.len() > 120 || text.chars().any(char::is_control) {
                return value(format!("{what}: between 1 and 120 characters, no control characters"));
            }
        }
        if jiff::tz::TimeZone::get(&self.zone).is_err() {
            return value(format!(
                "zone: {:?} is not an IANA time zone; write one like Europe/Moscow or America/New_York",
                self.zone
            ));
        }
        if matches!(self.http.tls, Tls::Off) && !self.http.listen.ip().is_loopback() {
            return value(format!(
                "http.tls: plain HTTP is for loopback addresses only, and {} is not one; browsers would not open a camera there",
                self.http.listen.ip()
            ));
        }
        if let Some(press) = &self.press {
            press.check()?;
        }
        self.clips.check()
    }
}

impl Press {
    fn check(&self) -> Result<(), ConfigError> {
        let value = |text: String| Err(ConfigError::Value(text));
        if matches!(self.tls, Tls::Off) && !self.listen.ip().is_loopback() {
            return value(format!(
                "press.tls: plain HTTP is for a proxy on this machine, at a loopback address, and {} is not one; write \
                 mode = \"files\" with a certificate that readers trust",
                self.listen.ip()
            ));
        }
        match &self.public {
            Some(url) if url.len() > URL_BYTES_MAX || !is_url(url) => value(format!(
                "press.public: {url:?} is not a URL like https://press.example.org"
            )),
            _ => Ok(()),
        }
    }
}
