//! Durations and sizes as people write them: `"30s"`, `"64KiB"`.
//!
//! The range of each key is in its schema (`x-duration`, `x-size`), so that an editor, the check and the report tell the
//! same.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a duration looks like.
pub(crate) const DURATION_FORM: &str = "a duration like `500ms`, `30s`, `5m` or `1h`";
/// What a size looks like.
pub(crate) const SIZE_FORM: &str = "a size like `64KiB` or `1MiB`, or a number of bytes";

/// The longest duration that is read: 366 days.
const DURATION_MAX: Duration = Duration::from_hours(366 * 24);

/// A text that is no duration or size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {expected}")]
pub struct UnitError {
    /// What was given, cut to 80 characters.
    pub value: String,
    /// What is accepted.
    pub expected: &'static str,
}

/// A span of time: a whole number and one of `ms`, `s`, `m`, `h`, `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// So many seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }

    /// The same for the standard library and tokio.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for HumanDuration {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError { value: text.chars().take(80).collect(), expected: DURATION_FORM };
        let (count, unit) = split(text).ok_or_else(wrong)?;
        let millis_each: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        let duration = Duration::from_millis(count.checked_mul(millis_each).ok_or_else(wrong)?);
        if duration > DURATION_MAX { Err(wrong()) } else { Ok(Self(duration)) }
    }
}

impl fmt::Display for HumanDuration {
    /// In the largest unit that needs no fraction; a single day is 24 hours, as people say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let (each, unit) = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")]
            .into_iter()
            .find(|(each, unit)| millis > 0 && millis.is_multiple_of(*each) && (*unit != "d" || millis > *each))
            .unwrap_or((1, if millis == 0 { "s" } else { "ms" }));
        write!(f, "{}{unit}", millis / each)
    }
}

/// A number of bytes: a plain number, or a whole number and one of `B`, `KiB`, `MiB`, `GiB` (powers of 1024) and `KB`,
/// `MB`, `GB` (powers of 1000, as shops and disks count).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSize(pub usize);

impl ByteSize {
    /// So many times 1,024 bytes.
    pub const fn from_kib(kib: usize) -> Self {
        Self(kib * 1024)
    }

    /// So many times 1,048,576 bytes.
    pub const fn from_mib(mib: usize) -> Self {
        Self(mib * 1024 * 1024)
    }

    /// In bytes.
    pub const fn get(self) -> usize {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError { value: text.chars().take(80).collect(), expected: SIZE_FORM };
        let (count, unit) = split(text).ok_or_else(wrong)?;
        let bytes_each: u64 = match unit {
            "" | "B" => 1,
            "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(wrong()),
        };
        let bytes = count.checked_mul(bytes_each).ok_or_else(wrong)?;
        usize::try_from(bytes).map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for ByteSize {
    /// In the largest unit that needs no fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            (1 << 30, "GiB"),
            (1_000_000_000, "GB"),
            (1 << 20, "MiB"),
            (1_000_000, "MB"),
            (1 << 10, "KiB"),
            (1_000, "KB"),
        ];
        let (each, unit) =
            units.into_iter().find(|(each, _)| self.0 > 0 && self.0.is_multiple_of(*each)).unwrap_or((1, "B"));
        write!(f, "{}{unit}", self.0 / each)
    }
}

/// A whole number and what follows it.
fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    Some((count.parse().ok()?, unit))
}

impl Serialize for HumanDuration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TextOrNumber;

        impl de::Visitor<'_> for TextOrNumber {
            type Value = ByteSize;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(SIZE_FORM)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<ByteSize, E> {
                usize::try_from(bytes).map(ByteSize).map_err(E::custom)
            }
        }
        from.deserialize_any(TextOrNumber)
    }
}

impl JsonSchema for HumanDuration {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{1,12}(ms|s|m|h|d)$", "x-duration": { "min": "0s", "max": "366d" } })
    }
}

impl JsonSchema for ByteSize {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "pattern": "^[0-9]{1,12}([KMG]i?B|B)?$",
            "x-size": { "min": "0B", "max": "1024GiB" }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_duration(text: &str, millis: Option<u64>) {
        assert_eq!(text.parse().ok(), millis.map(HumanDuration::from_millis), "{text}");
    }

    #[track_caller]
    fn check_size(text: &str, bytes: Option<usize>) {
        assert_eq!(text.parse().ok(), bytes.map(ByteSize), "{text}");
    }

    #[test]
    fn reads_durations_with_a_unit_and_nothing_else() {
        for (text, millis) in [("0s", 0), ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000)] {
            check_duration(text, Some(millis));
        }
        check_duration("366d", Some(366 * 86_400_000));
        for text in
            ["", "s", "30", "1.5s", "-1s", "1 s", "1h30m", "367d", "99999999999999999999s", "18446744073709551615h"]
        {
            check_duration(text, None);
        }
    }

    #[test]
    fn reads_sizes_in_powers_of_1024_and_of_1000() {
        for (text, bytes) in
            [("0", 0), ("512", 512), ("512B", 512), ("64KiB", 65_536), ("1MiB", 1 << 20), ("1GiB", 1 << 30)]
        {
            check_size(text, Some(bytes));
        }
        for (text, bytes) in [("1KB", 1_000), ("10MB", 10_000_000), ("2GB", 2_000_000_000)] {
            check_size(text, Some(bytes));
        }
        for text in ["", "KiB", "MB", "1kB", "1M", "1.5MiB", "-1", "1 KiB", "99999999999GiB"] {
            check_size(text, None);
        }
    }

    #[test]
    fn shows_the_largest_unit_without_a_fraction() {
        for text in ["0s", "1ms", "1500ms", "90s", "5m", "24h", "25h", "7d"] {
            assert_eq!(text.parse::<HumanDuration>().unwrap().to_string(), text);
        }
        for text in ["0B", "1023B", "1KiB", "1025B", "3MiB", "2GiB", "3KB", "10MB", "16MB", "5GB"] {
            assert_eq!(text.parse::<ByteSize>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_error_quotes_the_value_and_the_form() {
        let error = "soon".parse::<HumanDuration>().unwrap_err().to_string();
        assert_eq!(error, "`soon` is not a duration like `500ms`, `30s`, `5m` or `1h`");
    }
}
