//! The body of an answer: text alone, and no more of it than may be kept.

use encoding_rs::{Encoding, UTF_8};
use reqwest::{Method, Response, header};

use super::failure::HttpFailure;

/// Media types that are text although their name does not begin with `text/`.
const TEXT_TYPES: [&str; 9] = [
    "application/json",
    "application/x-ndjson",
    "application/xml",
    "application/yaml",
    "application/x-yaml",
    "application/toml",
    "application/javascript",
    "application/graphql",
    "application/x-www-form-urlencoded",
];

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) body: String,
    /// There was more of the body.
    pub(super) cut: bool,
}

/// Reads an answer to a request, at most `bytes_max` bytes of its body; the rest is not even received.
pub(super) async fn read(mut response: Response, method: &Method, bytes_max: usize) -> Result<Answer, HttpFailure> {
    let status = response.status().as_u16();
    let content_type = header_text(&response, header::CONTENT_TYPE);
    if *method == Method::HEAD || matches!(status, 204 | 304) {
        return Ok(Answer { status, content_type, body: String::new(), cut: false });
    }
    if let Some(refused) = content_type.as_deref().filter(|content_type| !is_text(content_type)) {
        return Err(HttpFailure::NotText(refused.chars().take(100).collect()));
    }
    if let Some(encoding) = header_text(&response, header::CONTENT_ENCODING).filter(|name| name != "identity") {
        return Err(HttpFailure::Encoded(encoding.chars().take(40).collect()));
    }
    let (bytes, cut) = received(&mut response, bytes_max).await?;
    let body = decoded(&bytes, content_type.as_deref(), cut)?;
    Ok(Answer { status, content_type, body, cut })
}

async fn received(response: &mut Response, bytes_max: usize) -> Result<(Vec<u8>, bool), HttpFailure> {
    let mut bytes = Vec::new();
    loop {
        let chunk = response.chunk().await;
        let Some(chunk) = chunk.map_err(|_| HttpFailure::Broken(host_of(response)))? else { return Ok((bytes, false)) };
        let room = bytes_max - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok((bytes, true));
        }
    }
}

fn decoded(bytes: &[u8], content_type: Option<&str>, cut: bool) -> Result<String, HttpFailure> {
    let encoding = content_type.and_then(charset).unwrap_or(UTF_8);
    let (text, _, malformed) = encoding.decode(bytes);
    let text = if cut { text.trim_end_matches('\u{fffd}') } else { &text };
    // A server that does not say what it sends must at least send clean UTF-8.
    let is_unclear = content_type.is_none() && malformed && text.contains('\u{fffd}');
    if is_unclear || text.contains('\0') {
        return Err(HttpFailure::NotText(content_type.unwrap_or("bytes without a content type").to_owned()));
    }
    Ok(text.to_owned())
}

fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || (essence.ends_with("+xml") && !essence.starts_with("image/"))
        || TEXT_TYPES.contains(&essence.as_str())
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut named = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named.next().and_then(|(_, label)| Encoding::for_label(label.trim().trim_matches('"').as_bytes()))
}

/// A header as text; what is not ASCII in it is left out.
pub(super) fn header_text(response: &Response, name: header::HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(value.as_bytes().iter().filter(|b| b.is_ascii() && !b.is_ascii_control()).map(|b| char::from(*b)).collect())
}

fn host_of(response: &Response) -> String {
    response.url().host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_structured_data_are_taken_and_binaries_are_not() {
        for taken in [
            "text/plain",
            "TEXT/HTML; charset=utf-8",
            "application/json",
            "application/problem+json",
            "application/atom+xml",
        ] {
            assert!(is_text(taken), "{taken}");
        }
        for refused in
            ["image/png", "application/octet-stream", "application/pdf", "", "image/svg+xml", "application/zip"]
        {
            assert!(!is_text(refused), "{refused}");
        }
    }

    #[track_caller]
    fn check(bytes: &[u8], content_type: Option<&str>, cut: bool, expected: Option<&str>) {
        assert_eq!(decoded(bytes, content_type, cut).ok().as_deref(), expected, "{bytes:?} {content_type:?}");
    }

    #[test]
    fn the_charset_is_that_of_the_answer() {
        check("цена".as_bytes(), None, false, Some("цена"));
        check(b"\xf6\xe5\xed\xe0", Some("text/html; Charset=\"windows-1251\""), false, Some("цена"));
        check(b"\xef\xbb\xbfa", Some("text/plain"), false, Some("a"));
        check(b"a\xd1", Some("text/plain"), true, Some("a"));
        check(b"a\xff", Some("text/plain"), false, Some("a\u{fffd}"));
        check(b"a\xff", None, false, None);
        check(b"a\xd1", None, true, Some("a"));
        check(b"a\0", Some("text/plain"), false, None);
    }
}
