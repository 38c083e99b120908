//! The real address of a request's client.
//!
//! Owns: the networks of trusted proxies, and the reading of the headers that they add.
//! Promises: a header counts only if a trusted proxy sent it, and only the part that trusted proxies wrote. For any
//! other sender the address is that of the TCP connection.
//! Not here: what an address may do.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The client's own address: that of the TCP connection, or what trusted proxies say of it.
    pub address: IpAddr,
    /// Whether the client came by https, as a trusted proxy or the setting says.
    pub is_https: bool,
}

/// An address range, as `10.0.0.0/8` or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

/// What is no address range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network; write it like 127.0.0.1/32, 10.0.0.0/8 or fd00::/8")]
pub struct InvalidNetwork(String);

/// The proxies whose word on a client's address is taken. None by default.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<Network>);

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| invalid())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.trim().parse().map_err(|_| invalid())?,
            None => bits,
        };
        if prefix > bits {
            return Err(invalid());
        }
        Ok(Self { address, prefix })
    }
}

impl Network {
    /// Whether the address is in this range. An IPv4 address is the same in its IPv6 form.
    fn contains(&self, address: IpAddr) -> bool {
        let differ = |one: u128, other: u128, bits: u8| {
            (one ^ other).checked_shr(u32::from(bits - self.prefix))
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let (own, other) = (own.to_bits().into(), other.to_bits().into());
                differ(own, other, 32).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                differ(own.to_bits(), other.to_bits(), 128).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl TrustedProxies {
    /// Checks and collects ranges such as `127.0.0.1/32`.
    pub fn new<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidNetwork> {
        let networks = networks.into_iter().map(str::parse);
        Ok(Self(networks.collect::<Result<_, _>>()?))
    }

    /// Whether this is the address of a trusted proxy.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Where a request came from that this peer sent with these headers.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        if !self.contains(peer) {
            return Client {
                address: peer.to_canonical(),
                is_https: false,
            };
        }
        Client {
            address: self.address(peer, headers).to_canonical(),
            is_https: protocol(headers).is_some_and(|name| name.eq_ignore_ascii_case("https")),
        }
    }

    /// A proxy that writes one of the two headers may pass the other on as its client sent it. So
    /// where both are there and disagree, neither is believed.
    fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let forwarded_for = self.last_untrusted(peer, list(headers, &X_FORWARDED_FOR));
        let elements = list(headers, &FORWARDED).map(|element| parameter(element, "for"));
        let forwarded = self.last_untrusted(peer, elements.map(Option::unwrap_or_default));
        match (forwarded_for, forwarded) {
            (Some(one), Some(other)) if one.to_canonical() != other.to_canonical() => peer,
            (Some(address), _) | (None, Some(address)) => address,
            (None, None) => peer,
        }
    }

    /// Each proxy appends the address that it was asked from, so the list is read from its end: the
    /// first that is no trusted proxy's is the client's. What stands before it the client may have
    /// made up. `None` for an empty list.
    fn last_untrusted<'a>(
        &self,
        peer: IpAddr,
        hops: impl DoubleEndedIterator<Item = &'a str>,
    ) -> Option<IpAddr> {
        let mut nearest = None;
        for hop in hops.rev() {
            let Some(address) = node_address(hop) else {
                // The proxy next to us knows no address (`unknown`, `_hidden`): it stands for its client.
                return nearest.or(Some(peer));
            };
            nearest = Some(address);
            if !self.contains(address) {
                break;
            }
        }
        nearest
    }
}

/// The protocol that the last proxy was asked by: the one next to us wrote it.
fn protocol(headers: &HeaderMap) -> Option<&str> {
    let forwarded_proto = list(headers, &X_FORWARDED_PROTO).next_back();
    let forwarded = list(headers, &FORWARDED).next_back();
    forwarded_proto.or_else(|| parameter(forwarded?, "proto"))
}

/// The elements of a header with commas between them, of all its lines in order.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl DoubleEndedIterator<Item = &'a str> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    lines
        .into_iter()
        // A line that is no text hides who wrote it: it stays in its place, as one that says nothing.
        .flat_map(|line| line.to_str().unwrap_or("?").split(','))
        .map(str::trim)
        .filter(|element| !element.is_empty())
}

/// A parameter of one element of `Forwarded`: RFC 7239, section 4.
fn parameter<'a>(element: &'a str, wanted: &str) -> Option<&'a str> {
    element
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.trim().trim_matches('"'))
}

/// The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
pub(crate) fn node_address(node: &str) -> Option<IpAddr> {
    if let Ok(address) = node.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = node.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let inner = node.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn client(trusted: &[&str], peer: &str, lines: &[(&'static str, &str)]) -> String {
        let proxies = TrustedProxies::new(trusted.iter().copied()).unwrap();
        let client = proxies.client(ip(peer), &headers(lines));
        let scheme = if client.is_https { "https" } else { "http" };
        format!("{scheme} {}", client.address)
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        let lies = [
            ("x-forwarded-for", "192.0.2.1"),
            ("forwarded", "for=192.0.2.1;proto=https"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(client(&[], "127.0.0.1", &lies), "http 127.0.0.1");
        let trusted = ["10.0.0.0/8"];
        assert_eq!(client(&trusted, "11.0.0.1", &lies), "http 11.0.0.1");
    }

    #[test]
    fn the_last_address_that_is_no_proxys_is_the_clients() {
        let of = |list| {
            client(
                &["127.0.0.1", "10.0.0.0/8"],
                "127.0.0.1",
                &[("x-forwarded-for", list)],
            )
        };
        assert_eq!(of("192.0.2.7"), "http 192.0.2.7");
        assert_eq!(of("192.0.2.7, 10.1.1.1"), "http 192.0.2.7");
        assert_eq!(
            of("1.1.1.1, 192.0.2.7"),
            "http 192.0.2.7",
            "the client made the first one up"
        );
        assert_eq!(of("192.0.2.7:5555"), "http 192.0.2.7");
        assert_eq!(of("10.1.1.1,10.2.2.2"), "http 10.1.1.1", "all are proxies");
        assert_eq!(of("192.0.2.7, unknown"), "http 127.0.0.1");
        assert_eq!(of("192.0.2.7, nonsense, 10.1.1.1"), "http 10.1.1.1");
        assert_eq!(of(""), "http 127.0.0.1");
        assert_eq!(of("::ffff:192.0.2.7"), "http 192.0.2.7");
        assert_eq!(of("2001:db8::1"), "http 2001:db8::1");
    }

    #[test]
    fn several_lines_are_one_list() {
        let lines = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "192.0.2.7"),
        ];
        assert_eq!(client(&["::1"], "::1", &lines), "http 192.0.2.7");
    }

    #[test]
    fn the_standard_header_says_the_same() {
        let of = |line| client(&["127.0.0.1/32"], "127.0.0.1", &[("forwarded", line)]);
        assert_eq!(of("for=192.0.2.7"), "http 192.0.2.7");
        assert_eq!(
            of("for=1.1.1.1, For=\"[2001:db8::1]:4711\";proto=https;by=_x"),
            "https 2001:db8::1"
        );
        assert_eq!(of("for=192.0.2.7, for=_hidden"), "http 127.0.0.1");
        assert_eq!(of("by=192.0.2.7"), "http 127.0.0.1");
    }

    #[test]
    fn two_headers_that_disagree_are_both_passed_over() {
        let both = |one, other| {
            let lines = [("x-forwarded-for", one), ("forwarded", other)];
            client(&["127.0.0.1"], "127.0.0.1", &lines)
        };
        assert_eq!(both("192.0.2.7", "for=192.0.2.7"), "http 192.0.2.7");
        assert_eq!(both("192.0.2.7", "for=192.0.2.8"), "http 127.0.0.1");
    }

    #[test]
    fn https_is_what_the_nearest_proxy_says() {
        let of = |line| client(&["127.0.0.1"], "127.0.0.1", &[("x-forwarded-proto", line)]);
        assert_eq!(of("https"), "https 127.0.0.1");
        assert_eq!(of("https, http"), "http 127.0.0.1");
    }

    #[test]
    fn ranges_are_read_and_compared_by_their_prefix() {
        let has = |network: &str, address| {
            let network: Network = network.parse().unwrap();
            network.contains(ip(address))
        };
        assert!(has("0.0.0.0/0", "203.0.113.9"));
        assert!(!has("0.0.0.0/0", "2001:db8::1"));
        assert!(has("10.0.0.0/8", "::ffff:10.2.3.4"));
        assert!(has("192.0.2.128/25", "192.0.2.200"));
        assert!(!has("192.0.2.128/25", "192.0.2.100"));
        assert!(has("fd00::/8", "fd12::1"));
        assert!(has("::/0", "2001:db8::1"));
        assert!(!has("2001:db8::/32", "2001:db9::1"));
        for bad in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "proxy",
            "10.0.0.0/x",
        ] {
            assert!(bad.parse::<Network>().is_err(), "{bad:?}");
        }
    }
}
