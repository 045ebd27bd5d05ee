//! Makes a node: its folder, configuration, keys and certificate authority.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use call::{PublicKey, Signer as _};

use crate::{
    config::{Config, ConfigError, FILE, Tls},
    http::Clock,
    keys::{self, Key, KeyError},
    tls::{Authority, TlsError},
};

/// Why a node was not made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The folder holds a node already.
    #[error("{0}: there is a node here already; nothing was changed")]
    Exists(PathBuf),
    /// A value makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The certificate could not be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The folder could not be made, or a port not be found.
    #[error("{what}: {source}")]
    Io {
        /// What.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Browsers would not know where to send to.
    #[error("the node listens on all addresses: say with --host by which address or name browsers reach it")]
    NoHost,
}

/// Makes the folder and everything in it, and returns the side's first key. A port 0 becomes a free port.
pub fn init(dir: &Path, mut config: Config, hosts: &[String]) -> Result<PublicKey, SetupError> {
    if dir.join(FILE).exists() || dir.join(keys::SIDE).exists() {
        return Err(SetupError::Exists(dir.to_owned()));
    }
    config.check()?;
    let io = |what: &str| {
        let what = what.to_owned();
        move |source| SetupError::Io { what, source }
    };
    config.http.listen = free_tcp(config.http.listen).map_err(io("http port"))?;
    if let Some(press) = &mut config.press {
        press.listen = free_tcp(press.listen).map_err(io("press port"))?;
    }
    config.media.listen = free_udp(config.media.listen).map_err(io("media port"))?;
    config.link.listen = free_udp(config.link.listen).map_err(io("link port"))?;
    name_addresses(&mut config, hosts)?;
    let display = dir.display().to_string();
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(io(&display))?;
    let side = Key::generate()?;
    side.store(dir, keys::SIDE)?;
    Key::generate()?.store(dir, keys::LINK)?;
    if matches!(config.http.tls, Tls::Own) {
        let now_ms = Clock::system().utc_ms();
        Authority::create(dir, &config.name, &names(&config, hosts), now_ms)?;
    }
    config.save(dir)?;
    Ok(side.key())
}

/// Names and addresses for the certificate.
fn names(config: &Config, hosts: &[String]) -> Vec<String> {
    if hosts.is_empty() {
        vec![config.http.listen.ip().to_string()]
    } else {
        hosts.to_vec()
    }
}

/// Writes down where browsers and the other side reach what listens on all addresses.
fn name_addresses(config: &mut Config, hosts: &[String]) -> Result<(), SetupError> {
    let first = hosts.first();
    if config.http.public.is_none()
        && let Some(host) = first
    {
        let scheme = if matches!(config.http.tls, Tls::Off) {
            "http"
        } else {
            "https"
        };
        let host = if host.parse::<std::net::Ipv6Addr>().is_ok() {
            format!("[{host}]")
        } else {
            host.clone()
        };
        config.http.public = Some(format!("{scheme}://{host}:{}", config.http.listen.port()));
    }
    if config.http.public.is_none() && config.http.listen.ip().is_unspecified() {
        return Err(SetupError::NoHost);
    }
    if config.media.listen.ip().is_unspecified() && config.media.addresses.is_empty() {
        let port = config.media.listen.port();
        let addresses = hosts.iter().filter_map(|host| host.parse::<IpAddr>().ok());
        config.media.addresses = addresses.map(|ip| SocketAddr::new(ip, port)).collect();
        if config.media.addresses.is_empty() {
            return Err(SetupError::NoHost);
        }
    }
    if config.link.listen.ip().is_unspecified()
        && config.link.addresses.is_empty()
        && let Some(host) = first
    {
        config.link.addresses = vec![format!("{host}:{}", config.link.listen.port())];
    }
    Ok(())
}

fn free_tcp(address: SocketAddr) -> io::Result<SocketAddr> {
    if address.port() == 0 {
        TcpListener::bind(address)?.local_addr()
    } else {
        Ok(address)
    }
}

fn free_udp(address: SocketAddr) -> io::Result<SocketAddr> {
    if address.port() == 0 {
        UdpSocket::bind(address)?.local_addr()
    } else {
        Ok(address)
    }
}
