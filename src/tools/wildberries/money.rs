//! Amounts of money as the marketplace writes them: numbers, or texts with a comma. They never pass through a float.

use std::str::FromStr as _;

use rust_decimal::Decimal;
use serde::{Deserialize as _, Deserializer, de::Error as _};
use serde_json::value::RawValue;

/// Reads an amount; `null`, an empty text and a dash are none.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    // The number's own digits: a `Value` would have made a float of them.
    let raw = Box::<RawValue>::deserialize(from)?;
    let digits = match raw.get() {
        "null" => return Ok(None),
        text if text.starts_with('"') => serde_json::from_str::<String>(text).map_err(D::Error::custom)?,
        number => number.to_owned(),
    };
    let plain: String = digits.chars().filter(|c| !c.is_whitespace()).map(|c| if c == ',' { '.' } else { c }).collect();
    if plain.is_empty() || plain == "-" {
        return Ok(None);
    }
    decimal(&plain)
        .map(Some)
        .ok_or_else(|| D::Error::custom(format!("`{}` is no amount", super::error::cut(&plain, 40))))
}

/// Digits as a decimal, those with an exponent too; none if they are no number or it is too large to be exact.
pub(super) fn decimal(digits: &str) -> Option<Decimal> {
    let is_scientific = digits.contains(['e', 'E']);
    if is_scientific { Decimal::from_scientific(digits).ok() } else { Decimal::from_str(digits).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Priced {
        #[serde(default, deserialize_with = "read")]
        price: Option<Decimal>,
    }

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        let read = serde_json::from_str::<Priced>(json).map(|priced| priced.price.map(|price| price.to_string()));
        assert_eq!(read.ok().flatten().as_deref(), expected, "{json}");
    }

    #[test]
    fn every_digit_of_an_amount_is_kept() {
        check(r#"{"price": 1887}"#, Some("1887"));
        check(r#"{"price": 0.1}"#, Some("0.1"));
        check(r#"{"price": 12345678901234.5678}"#, Some("12345678901234.5678"));
        check(r#"{"price": 1.5e3}"#, Some("1500"));
        check(r#"{"price": "11,2"}"#, Some("11.2"));
        check(r#"{"price": "1 048,50"}"#, Some("1048.50"));
        check(r#"{"price": "-"}"#, None);
        check(r#"{"price": null}"#, None);
        check("{}", None);
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for json in [r#"{"price": "abc"}"#, r#"{"price": 1e400}"#, r#"{"price": [1]}"#, r#"{"price": true}"#] {
            assert!(serde_json::from_str::<Priced>(json).is_err(), "{json}");
        }
    }
}
