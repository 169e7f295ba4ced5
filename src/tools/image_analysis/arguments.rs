//! From the arguments of a call to where its images come from.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

use super::{super::http::DownloadError, failure::ImageFailure, rules::PHOTOS_MAX};
use crate::tools::ToolError;

/// Padding may be there or not: who encodes by hand often leaves it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A link.
    Url(String),
    /// Base64, possibly as a `data:` address.
    Data(String),
}

/// The images that a call is about: one link, some links, or one file.
pub(super) fn sources(arguments: &Value) -> Result<Vec<Source>, ToolError> {
    let text = |key: &str| arguments.get(key).and_then(Value::as_str).map(str::to_owned);
    let urls = arguments.get("urls").and_then(Value::as_array);
    let given = [text("url").is_some(), urls.is_some(), text("data").is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        let rule =
            "give exactly one of `url` (one link), `urls` (the photos of one card) and `data` (a file as base64)";
        return Err(ToolError::BadArguments(rule.into()));
    }
    let urls = urls.map(|urls| urls.iter().filter_map(Value::as_str).take(PHOTOS_MAX));
    let links = urls.into_iter().flatten().map(str::to_owned).chain(text("url")).map(Source::Url);
    Ok(links.chain(text("data").map(Source::Data)).collect())
}

/// The bytes of a file that came as text. Its length is judged before it is decoded.
pub(super) fn decoded(text: &str, bytes_max: usize) -> Result<Vec<u8>, ImageFailure> {
    let base64 = match text.strip_prefix("data:").and_then(|rest| rest.split_once(',')) {
        Some((kind, base64)) if kind.ends_with(";base64") => base64,
        Some(_) => return Err(ImageFailure::BadBase64("the `data:` address must say `;base64`".into())),
        None => text,
    };
    let base64: Vec<u8> = base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if base64.len() / 4 * 3 > bytes_max.saturating_add(2) {
        return Err(DownloadError::TooLarge(bytes_max).into());
    }
    let bytes = BASE64.decode(base64).map_err(|error| ImageFailure::BadBase64(error.to_string()))?;
    if bytes.len() > bytes_max { Err(DownloadError::TooLarge(bytes_max).into()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn exactly_one_of_the_three_is_taken() {
        for refused in [json!({}), json!({"url": "a", "data": "b"}), json!({"url": "a", "urls": ["b"]})] {
            assert!(matches!(sources(&refused), Err(ToolError::BadArguments(_))), "{refused}");
        }
        assert_eq!(sources(&json!({"url": "a"})).unwrap(), [Source::Url("a".into())]);
        assert_eq!(sources(&json!({"data": "a"})).unwrap(), [Source::Data("a".into())]);
        let urls = sources(&json!({"urls": ["a", "b"]})).unwrap();
        assert_eq!(urls, [Source::Url("a".into()), Source::Url("b".into())]);
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&[u8], &str>) {
        let decoded = decoded(text, 4).map_err(|failure| failure.code());
        assert_eq!(decoded.as_deref().map_err(|code| *code), expected, "{text}");
    }

    #[test]
    fn a_file_as_text_is_decoded_or_its_fault_is_named() {
        check("AQIDBA==", Ok(&[1, 2, 3, 4]));
        check("AQID\nBA", Ok(&[1, 2, 3, 4]));
        check("data:image/png;base64,AQID", Ok(&[1, 2, 3]));
        check("", Ok(&[]));
        check("data:image/png,AQID", Err("bad_base64"));
        check("жж", Err("bad_base64"));
        check("AQIDBAU=", Err("too_large"));
        check(&"A".repeat(10_000), Err("too_large"));
    }
}
