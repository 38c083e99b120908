//! The `Host` check: the names under which this server answers.
//!
//! A stranger's page can let its own name point at this server's address (DNS rebinding). The browser then takes
//! the two for one site, and lets the page read the answers. But the name stands in `Host`, and gives the page
//! away. Nobody can point an IP address elsewhere, so an address is always good, and health checks by address work.
//!
//! Owns: the names that are good.
//! Not here: which pages may use a cookie (`origin`).

use hongyan_protocol::{ErrorCode, Failure};
use http::header::HOST;
use http::{HeaderMap, Uri};

use crate::Origins;
use crate::address::node_address;

/// A name that cannot be a host's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no host name; write it like chat.example.com, without port and path, or \"*\" for any name"
)]
pub struct InvalidHost(String);

/// The names under which this server may be asked, beside addresses and those of the machine itself.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    names: Vec<String>,
    /// Any name is good: whoever stands in front has looked at it.
    any: bool,
}

impl Hosts {
    /// Checks and collects names such as `chat.example.com`. The hosts of allowed origins are good too.
    pub fn new(
        names: impl IntoIterator<Item = String>,
        origins: &Origins,
    ) -> Result<Self, InvalidHost> {
        let mut hosts = Self::default();
        for name in names {
            if name == "*" {
                hosts.any = true;
            } else if is_name(&name) {
                hosts.names.push(comparable(&name));
            } else {
                return Err(InvalidHost(name));
            }
        }
        let authorities = origins.iter().filter_map(|origin| origin.split_once("://"));
        hosts
            .names
            .extend(authorities.map(|(_, authority)| comparable(without_port(authority))));
        Ok(hosts)
    }

    /// Refuses a request that was sent to another name. Every name that a request gives is looked at;
    /// one that gives none comes from no browser.
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
        let named = uri.authority().map(http::uri::Authority::as_str);
        let lines = headers.get_all(HOST).iter();
        let hosts = lines.map(|line| line.to_str().unwrap_or_default());
        match named.into_iter().chain(hosts).find(|host| !self.has(host)) {
            None => Ok(()),
            Some(host) => Err(refused(without_port(host))),
        }
    }

    fn has(&self, authority: &str) -> bool {
        if self.any || node_address(authority).is_some() {
            return true;
        }
        let name = comparable(without_port(authority));
        let is_own = name == "localhost" || name.ends_with(".localhost");
        is_own || self.names.contains(&name)
    }
}

fn refused(name: &str) -> Failure {
    let name: String = name.chars().take(128).collect();
    Failure {
        code: ErrorCode::HostNotAllowed,
        message: format!(
            "this server is not to be asked as {name:?}; if that is its name, add it to the setting hosts: \
             hosts = [{name:?}]"
        )
        .into(),
        retry_after_ms: None,
    }
}

/// The port after a host, where there is one.
pub(crate) fn port(authority: &str) -> Option<u16> {
    let (host, port) = authority.rsplit_once(':')?;
    // What has colons and no brackets is an IPv6 address by itself.
    let is_host = !host.contains(':') || host.ends_with(']');
    port.parse().ok().filter(|_| is_host)
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => authority,
    }
}

fn comparable(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.to_ascii_lowercase()
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &[&str]) -> Hosts {
        let origins = Origins::new(["https://www.example.org:8443".to_owned()]).unwrap();
        Hosts::new(names.iter().map(|name| (*name).to_owned()), &origins).unwrap()
    }

    #[test]
    fn names_of_others_are_refused_and_addresses_are_not() {
        let hosts = hosts(&["Chat.example.com"]);
        for good in [
            "localhost",
            "LOCALHOST:8080",
            "hongyan.localhost:8080",
            "127.0.0.1:8080",
            "192.168.1.5",
            "[::1]:8080",
            "[2001:db8::1]",
            "chat.example.com",
            "CHAT.example.com:443",
            "chat.example.com.",
            "www.example.org",
        ] {
            assert!(hosts.has(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "chat.example.com.evil.example",
            "notchat.example.com",
            "evil.example@127.0.0.1",
            "127.0.0.1:8080:evil.example",
        ] {
            assert!(!hosts.has(bad), "{bad}");
        }
        assert!(super::tests::hosts(&["*"]).has("evil.example"));
    }

    #[test]
    fn every_name_of_a_request_counts() {
        let hosts = hosts(&[]);
        let asked = |uri: &str, lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(HOST, line.parse().unwrap());
            }
            hosts.check(&uri.parse().unwrap(), &headers).is_ok()
        };
        assert!(asked("/", &["localhost"]));
        assert!(asked("/", &[]));
        assert!(!asked("/", &["localhost", "evil.example"]));
        assert!(!asked("http://evil.example/", &["localhost"]));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in ["", "https://a", "a:80", "a/b", "*.example.com", "a b"] {
            let refused = Hosts::new([bad.to_owned()], &Origins::default());
            assert!(refused.is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_port_is_told_from_the_end_of_an_address() {
        assert_eq!(port("localhost:8080"), Some(8080));
        assert_eq!(port("[::1]:8080"), Some(8080));
        for none in ["localhost", "[::1]", "::1", "localhost:", "localhost:x"] {
            assert_eq!(port(none), None, "{none}");
        }
    }
}
