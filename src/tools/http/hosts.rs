//! The hosts that the tool may call: an exact name or everything under one, on one port.

use std::{fmt, net::IpAddr, str::FromStr};

use reqwest::Url;

/// A host that may be called: `api.example.com`, `*.example.com`, `api.example.com:8443`, `10.1.2.3`, `[::1]:8080`.
///
/// Without a port it stands for the usual port of the scheme. `*.` stands for one or more labels, so `*.example.com` is
/// not `example.com` itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPattern {
    /// As a URL has it: in lower case, international names in their ASCII form.
    host: String,
    any_below: bool,
    port: Option<u16>,
}

/// Why a text names no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a host like `api.example.com`, `*.example.com` or `api.example.com:8443`, without scheme and path"
)]
pub struct HostPatternError(String);

impl HostPattern {
    /// Whether a URL's host and port are what this stands for.
    pub fn matches(&self, url: &Url) -> bool {
        let Some(host) = url.host_str().map(without_root) else { return false };
        let port_fits = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        port_fits && if self.any_below { is_below(host, &self.host) } else { host == self.host }
    }
}

fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent).and_then(|labels| labels.strip_suffix('.')).is_some_and(|labels| !labels.is_empty())
}

/// `example.com.` and `example.com` are one host.
fn without_root(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// The address that a URL names in place of a host, in whatever notation it was written.
pub(super) fn literal_address(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, HostPatternError> {
        let bad = || HostPatternError(text.chars().take(120).collect());
        let (any_below, rest) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        if rest.is_empty() || rest.contains(|c: char| c.is_whitespace() || c.is_control() || "*/\\@?#%".contains(c)) {
            return Err(bad());
        }
        // The URL parser brings a host into its one form. It drops a port that is the usual one of the scheme, but here
        // a written port is a limit, so it is read from the text.
        let url = Url::parse(&format!("http://{rest}/")).map_err(|_| bad())?;
        let port = port_of(rest).map_err(|()| bad())?;
        let host = url.host_str().map(without_root).filter(|host| !host.is_empty()).ok_or_else(bad)?;
        if any_below && literal_address(&url).is_some() {
            return Err(bad());
        }
        Ok(Self { host: host.to_owned(), any_below, port })
    }
}

/// The port written after the host, also where it is the usual one.
fn port_of(text: &str) -> Result<Option<u16>, ()> {
    let after_host = text.rsplit_once(']').map_or(text, |(_, rest)| rest);
    match after_host.rsplit_once(':') {
        None => Ok(None),
        Some((_, port)) => port.parse().ok().filter(|port| *port != 0).map(Some).ok_or(()),
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.any_below { "*." } else { "" };
        write!(f, "{star}{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, url: &str, expected: bool) {
        let pattern: HostPattern = pattern.parse().unwrap();
        assert_eq!(pattern.matches(&Url::parse(url).unwrap()), expected, "{pattern} {url}");
    }

    #[test]
    fn a_name_stands_for_itself_alone() {
        check("example.com", "https://example.com/x", true);
        check("example.com", "http://EXAMPLE.com./x", true);
        check("Example.COM", "http://example.com/", true);
        check("example.com", "https://www.example.com/", false);
        check("example.com", "https://example.com.evil.test/", false);
        check("example.com", "https://notexample.com/", false);
        check("example.com", "https://evil.test/example.com", false);
        check("пример.рф", "https://xn--e1afmkfd.xn--p1ai/", true);
        check("[::1]:8080", "http://[0:0::1]:8080/", true);
        check("127.0.0.1", "http://0x7f.1/", true);
    }

    #[test]
    fn a_star_stands_for_everything_below() {
        check("*.example.com", "https://a.example.com/", true);
        check("*.example.com", "https://a.b.example.com./", true);
        check("*.example.com", "https://example.com/", false);
        check("*.example.com", "https://.example.com/", false);
        check("*.example.com", "https://aexample.com/", false);
        check("*.example.com", "https://a.example.com.evil.test/", false);
    }

    #[test]
    fn without_a_port_only_the_usual_one_is_meant() {
        check("example.com", "https://example.com:443/", true);
        check("example.com", "https://example.com:8443/", false);
        check("example.com", "http://example.com:443/", false);
        check("example.com:8443", "https://example.com:8443/", true);
        check("example.com:8443", "https://example.com/", false);
        check("example.com:80", "http://example.com/", true);
        check("example.com:80", "https://example.com/", false);
        check("*.example.com:81", "http://a.example.com:81/", true);
    }

    #[test]
    fn what_names_no_host_is_quoted() {
        for bad in [
            "",
            "*",
            "*.",
            "*.*.com",
            "a.*.com",
            "http://a.com",
            "a.com/x",
            "u@a.com",
            "a.com:0",
            "a.com:99999",
            "a.com:",
            "a b",
            "*.127.0.0.1",
            "a%2eb",
            "[::1",
            "a.com#",
        ] {
            assert!(bad.parse::<HostPattern>().unwrap_err().to_string().contains(bad), "{bad}");
        }
    }
}
