//! Ranges of addresses.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A range of addresses: `10.1.0.0/16`, `fd00::/8`; a single address stands for itself alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix_bits: u8,
}

/// Why a text is not a range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a range of addresses like `10.1.0.0/16` or `fd00::/8`")]
pub struct CidrError(String);

impl Cidr {
    /// The range of all addresses that share the first `prefix_bits` bits with `address`.
    ///
    /// # Errors
    /// [`CidrError`] if there are more bits than the address has.
    pub fn new(address: IpAddr, prefix_bits: u8) -> Result<Self, CidrError> {
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        if prefix_bits > bits_max {
            return Err(CidrError(format!("{address}/{prefix_bits}")));
        }
        Ok(Self { address, prefix_bits })
    }

    /// Whether the address is in the range. Addresses of one family are never in a range of the other.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => in_v4(other, own, self.prefix_bits),
            (IpAddr::V6(own), IpAddr::V6(other)) => in_v6(other, own, self.prefix_bits),
            _ => false,
        }
    }
}

/// Whether two addresses share their first bits.
pub(super) fn in_v4(address: Ipv4Addr, network: Ipv4Addr, prefix_bits: u8) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(prefix_bits)
}

/// Whether two addresses share their first bits.
pub(super) fn in_v6(address: Ipv6Addr, network: Ipv6Addr, prefix_bits: u8) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(prefix_bits)
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let bad = || CidrError(text.chars().take(80).collect());
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let prefix_bits = match bits {
            None if address.is_ipv4() => 32,
            None => 128,
            Some(bits) if bits.bytes().all(|b| b.is_ascii_digit()) => bits.parse().map_err(|_| bad())?,
            Some(_) => return Err(bad()),
        };
        Self::new(address, prefix_bits).map_err(|_| bad())
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: &str, address: &str, expected: bool) {
        let range: Cidr = range.parse().unwrap();
        assert_eq!(range.contains(address.parse().unwrap()), expected, "{address} in {range}");
    }

    #[test]
    fn a_range_holds_the_addresses_with_its_prefix() {
        check("10.1.0.0/16", "10.1.255.255", true);
        check("10.1.0.0/16", "10.2.0.0", false);
        check("10.1.2.3", "10.1.2.3", true);
        check("10.1.2.3/32", "10.1.2.2", false);
        check("0.0.0.0/0", "255.255.255.255", true);
        check("fd00::/8", "fdff::1", true);
        check("fd00::/8", "fe00::1", false);
        check("::/0", "1.2.3.4", false);
    }

    #[test]
    fn what_is_not_a_range_is_quoted() {
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/+8", "x/8", "10.0.0.0/8/8"] {
            assert!(bad.parse::<Cidr>().unwrap_err().to_string().contains(bad), "{bad}");
        }
    }
}
