//! Makes a node: its folder, configuration, keys and certificate authority.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    ops::Range,
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

/// Where free ports are looked for: below those that Linux lends to connections going out (from 32768), so that
/// none of these sits on a node's port when it starts again.
const FREE: Range<u16> = 10_000..32_768;

/// How many ports are tried before the search is given up.
const TRIES: usize = 64;

fn free_tcp(address: SocketAddr) -> io::Result<SocketAddr> {
    free(address, |address| TcpListener::bind(address)?.local_addr())
}

fn free_udp(address: SocketAddr) -> io::Result<SocketAddr> {
    free(address, |address| UdpSocket::bind(address)?.local_addr())
}

/// A port 0 becomes one of `FREE` that can be bound, any other stays.
fn free(address: SocketAddr, bind: impl Fn(SocketAddr) -> io::Result<SocketAddr>) -> io::Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    let mut found = Err(io::ErrorKind::AddrInUse.into());
    for _ in 0..TRIES {
        let any = u32::try_from(FREE.len()).map_err(io::Error::other)?;
        let offset = u16::try_from(getrandom::u32()? % any).map_err(io::Error::other)?;
        found = bind(SocketAddr::new(address.ip(), FREE.start + offset));
        if !matches!(&found, Err(error) if error.kind() == io::ErrorKind::AddrInUse) {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{FREE, TRIES, free, free_tcp};
    use std::{cell::Cell, io, net::TcpListener};

    #[test]
    fn a_free_port_is_none_that_the_system_lends_out() {
        let any = "127.0.0.1:0".parse().unwrap();
        for _ in 0..100 {
            assert!(FREE.contains(&free_tcp(any).unwrap().port()));
        }
        let named = "127.0.0.1:7443".parse().unwrap();
        assert_eq!(free_tcp(named).unwrap(), named);
    }

    #[test]
    fn a_port_in_use_is_passed_over_and_the_search_ends() {
        let any = "127.0.0.1:0".parse().unwrap();
        let tried = Cell::new(0);
        let taken = |left: usize| {
            let tried = &tried;
            move |address| {
                tried.set(tried.get() + 1);
                if tried.get() < left {
                    return Err(io::ErrorKind::AddrInUse.into());
                }
                TcpListener::bind(address)?.local_addr()
            }
        };
        assert!(free(any, taken(4)).is_ok());
        assert!(tried.replace(0) >= 4);
        let none = free(any, taken(usize::MAX)).unwrap_err();
        assert_eq!((none.kind(), tried.get()), (io::ErrorKind::AddrInUse, TRIES));
    }
}
