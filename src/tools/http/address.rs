//! Which addresses the tool may connect to: those of the public internet, and what the operator allows besides.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::cidr::{Cidr, in_v4, in_v6};

/// Blocks of IPv4 that are not of the public internet (IANA's registry of special addresses, and multicast).
const INNER_V4: [(Ipv4Addr, u8, &str); 17] = [
    (Ipv4Addr::UNSPECIFIED, 8, "this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "carrier-grade NAT"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "protocol assignments"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(192, 31, 196, 0), 24, "AS112"),
    (Ipv4Addr::new(192, 52, 193, 0), 24, "AMT"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarking"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// All of the public IPv6 internet.
const PUBLIC_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Blocks within [`PUBLIC_V6`] that are special all the same. Tunnels are among them: an IPv4 address hides in each.
const INNER_V6: [(Ipv6Addr, u8, &str); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "protocol assignments, Teredo among them"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "documentation"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "6to4"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "documentation"),
];

/// The prefix under which NAT64 shows the IPv4 internet.
const NAT64: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Why an address is refused; the word says which kind of address it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} is not an address of the public internet ({kind})")]
pub struct AddressRefused {
    /// The address.
    pub address: IpAddr,
    /// What it is instead.
    pub kind: &'static str,
}

/// The addresses that may be connected to.
#[derive(Debug, Clone, Default)]
pub struct AddressRules {
    allowed: Vec<Cidr>,
}

impl AddressRules {
    /// The public internet and these ranges.
    pub fn new(allowed: Vec<Cidr>) -> Self {
        Self { allowed }
    }

    /// Checks an address before it is connected to.
    ///
    /// # Errors
    /// [`AddressRefused`] with the kind of the address.
    pub fn check(&self, address: IpAddr) -> Result<(), AddressRefused> {
        // An IPv4 address in IPv6 notation is connected to as IPv4, so it is judged as one.
        let address = address.to_canonical();
        if self.allowed.iter().any(|range| range.contains(address)) {
            return Ok(());
        }
        inner_kind(address).map_or(Ok(()), |kind| Err(AddressRefused { address, kind }))
    }
}

/// What kind of inner address it is; none for one of the public internet.
fn inner_kind(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => inner_kind_v4(address),
        IpAddr::V6(address) => inner_kind_v6(address),
    }
}

fn inner_kind_v4(address: Ipv4Addr) -> Option<&'static str> {
    INNER_V4.iter().find(|(network, bits, _)| in_v4(address, *network, *bits)).map(|(_, _, kind)| *kind)
}

fn inner_kind_v6(address: Ipv6Addr) -> Option<&'static str> {
    if in_v6(address, NAT64.0, NAT64.1) {
        let [.., a, b, c, d] = address.octets();
        return inner_kind_v4(Ipv4Addr::new(a, b, c, d));
    }
    if !in_v6(address, PUBLIC_V6.0, PUBLIC_V6.1) {
        return Some("not global");
    }
    INNER_V6.iter().find(|(network, bits, _)| in_v6(address, *network, *bits)).map(|(_, _, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, public: bool) {
        let checked = AddressRules::default().check(address.parse().unwrap());
        assert_eq!(checked.is_ok(), public, "{address}: {checked:?}");
    }

    #[test]
    fn the_public_internet_is_reachable() {
        for address in
            ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "223.255.255.255"]
        {
            check(address, true);
        }
        for address in ["2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:4860::8888"] {
            check(address, true);
        }
    }

    #[test]
    fn nothing_inside_is_reachable() {
        let inner_v4 = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 \
             169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 \
             192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 \
             239.255.255.255 240.0.0.1 255.255.255.255";
        let inner_v6 = ":: ::1 ::7f00:1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 \
             ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1.1.1.1 100::1 \
             2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1 \
             2002:a00:1:: 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 febf::1 fec0::1 ff02::1 \
             ff0e::1 4000::1";
        for address in inner_v4.split_whitespace().chain(inner_v6.split_whitespace()) {
            check(address, false);
        }
    }

    #[test]
    fn the_operator_may_open_ranges() {
        let rules = AddressRules::new(vec!["10.1.0.0/16".parse().unwrap(), "::1".parse().unwrap()]);
        for (address, allowed) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("::1", true),
            ("10.2.0.1", false),
            ("64:ff9b::10.1.2.3", false),
        ] {
            assert_eq!(rules.check(address.parse().unwrap()).is_ok(), allowed, "{address}");
        }
    }
}
