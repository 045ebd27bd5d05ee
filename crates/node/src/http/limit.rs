//! How often one place may try what costs us work before it has proven anything.
//!
//! A token bucket for each address (IPv6: each /64), in a bounded table. Pure: time is an argument.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// Addresses remembered at once.
pub const ADDRESSES_MAX: usize = 4_096;

/// How many tries, how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Tries that may come at once.
    pub burst: u32,
    /// Tries a second after that.
    pub per_second: u32,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Thousandths of a try left.
    left_milli: u64,
    at_ms: u64,
}

/// The buckets.
#[derive(Debug)]
pub struct Tries {
    pace: Pace,
    buckets: HashMap<IpAddr, Bucket>,
}

impl Tries {
    /// No tries yet.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            buckets: HashMap::new(),
        }
    }

    /// Takes one try of `address`; false when there is none left. With the table full of addresses that are still
    /// being held back, a stranger is held back too: better than forgetting whom we hold back.
    pub fn take(&mut self, address: IpAddr, now_ms: u64) -> bool {
        let full_milli = u64::from(self.pace.burst) * 1_000;
        let per_ms = u64::from(self.pace.per_second);
        let place = network(address);
        if !self.buckets.contains_key(&place) && self.buckets.len() >= ADDRESSES_MAX {
            self.buckets
                .retain(|_, bucket| refilled(*bucket, now_ms, per_ms, full_milli) < full_milli);
            if self.buckets.len() >= ADDRESSES_MAX {
                return false;
            }
        }
        let bucket = self.buckets.entry(place).or_insert(Bucket {
            left_milli: full_milli,
            at_ms: now_ms,
        });
        bucket.left_milli = refilled(*bucket, now_ms, per_ms, full_milli);
        bucket.at_ms = now_ms;
        let enough = bucket.left_milli >= 1_000;
        if enough {
            bucket.left_milli -= 1_000;
        }
        enough
    }
}

fn refilled(bucket: Bucket, now_ms: u64, per_ms: u64, full_milli: u64) -> u64 {
    let gained = now_ms.saturating_sub(bucket.at_ms).saturating_mul(per_ms);
    bucket.left_milli.saturating_add(gained).min(full_milli)
}

/// One household of IPv6 addresses is one place; an IPv4 address in IPv6 clothes is the IPv4 address.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const PACE: Pace = Pace {
        burst: 3,
        per_second: 2,
    };

    #[test]
    fn a_burst_then_the_pace() {
        let mut tries = Tries::new(PACE);
        let here = "192.0.2.1".parse().unwrap();
        assert_eq!((0..5).filter(|_| tries.take(here, 0)).count(), 3);
        assert!(!tries.take(here, 499));
        assert!(tries.take(here, 500));
        assert!(!tries.take(here, 500));
        assert!(tries.take("192.0.2.2".parse().unwrap(), 500));
        assert!(
            tries.take("::ffff:192.0.2.1".parse().unwrap(), 1_000),
            "refilled by one"
        );
        assert!(
            !tries.take("192.0.2.1".parse().unwrap(), 1_000),
            "and it is the same place"
        );
    }

    #[test]
    fn a_household_is_one_place() {
        let mut tries = Tries::new(PACE);
        let taken = (0..9_u16)
            .filter(|n| tries.take(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, *n).into(), 0))
            .count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn the_table_is_bounded_and_forgets_only_the_rested() {
        let mut tries = Tries::new(PACE);
        for n in 0..u32::try_from(ADDRESSES_MAX).unwrap() + 100 {
            tries.take(IpAddr::V4(n.into()), 0);
        }
        assert_eq!(tries.buckets.len(), ADDRESSES_MAX);
        assert!(
            tries.take(IpAddr::V4(u32::MAX.into()), 10_000),
            "the rested ones made room"
        );
        assert!(tries.buckets.len() < 10);
    }
}
