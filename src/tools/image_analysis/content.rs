//! What a file is, by its content: names and media types of servers are no evidence.

use image::ImageFormat;
use serde::Serialize;

use super::failure::ImageFailure;

/// How much of a file is looked at for the words of a text, in bytes.
const HEAD_BYTES: usize = 1024;

/// The formats that cards take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each variant is the format of that name")]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    Bmp,
    Gif,
}

/// The format of a file.
///
/// # Errors
/// [`ImageFailure::Empty`], [`ImageFailure::NotAnImage`] or [`ImageFailure::Unsupported`].
pub(super) fn format_of(bytes: &[u8]) -> Result<Format, ImageFailure> {
    if bytes.is_empty() {
        return Err(ImageFailure::Empty);
    }
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => Ok(Format::Jpeg),
        Ok(ImageFormat::Png) => Ok(Format::Png),
        Ok(ImageFormat::WebP) => Ok(Format::WebP),
        Ok(ImageFormat::Bmp) => Ok(Format::Bmp),
        Ok(ImageFormat::Gif) => Ok(Format::Gif),
        Ok(other) => Err(ImageFailure::Unsupported(format!("{other:?}").to_uppercase())),
        Err(_) => Err(stranger(bytes)),
    }
}

/// What it is instead, in words that tell a seller what went wrong.
fn stranger(bytes: &[u8]) -> ImageFailure {
    if bytes.get(4..8) == Some(b"ftyp") {
        return match bytes.get(8..12) {
            Some(b"heic" | b"heix" | b"mif1" | b"msf1" | b"hevc") => ImageFailure::Unsupported("HEIC".into()),
            _ => ImageFailure::NotAnImage("a video"),
        };
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_BYTES)]).to_lowercase();
    let head = head.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    let is_markup = head.starts_with('<');
    match head {
        _ if is_markup && head.contains("<svg") && !head.contains("<html") => ImageFailure::Unsupported("SVG".into()),
        _ if is_markup && (head.contains("<html") || head.contains("<!doctype html")) => {
            ImageFailure::NotAnImage("an HTML page")
        }
        _ if is_markup => ImageFailure::NotAnImage("XML"),
        _ if head.starts_with('{') || head.starts_with('[') => ImageFailure::NotAnImage("JSON"),
        _ if head.starts_with("%pdf") => ImageFailure::NotAnImage("a PDF"),
        _ if head.starts_with("pk\u{3}") => ImageFailure::NotAnImage("a ZIP archive"),
        _ => ImageFailure::NotAnImage("of no known kind"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], code: &str, says: &str) {
        let failure = format_of(bytes).unwrap_err();
        assert!(failure.code() == code && failure.to_string().contains(says), "{failure:?}: {failure}");
        assert!(!failure.next_step().is_empty());
    }

    #[test]
    fn a_file_that_is_no_image_is_named_for_what_it_is() {
        check(b"", "empty", "0 bytes");
        check(b"<!DOCTYPE html><title>Sign in</title>", "not_an_image", "an HTML page");
        check(b"\xef\xbb\xbf\n  <HTML><body><svg></svg>", "not_an_image", "an HTML page");
        check(b"<?xml version=\"1.0\"?><svg xmlns=\"x\"/>", "unsupported", "SVG");
        check(b"<svg width='9'>", "unsupported", "SVG");
        check(b"<?xml version=\"1.0\"?><error/>", "not_an_image", "XML");
        check(b"{\"error\": 404}", "not_an_image", "JSON");
        check(b"%PDF-1.7", "not_an_image", "PDF");
        check(b"PK\x03\x04", "not_an_image", "ZIP");
        check(b"\0\0\0\x18ftypheic\0\0", "unsupported", "HEIC");
        check(b"\0\0\0\x18ftypmp42\0\0", "not_an_image", "video");
        check(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "unsupported", "AVIF");
        check(b"II*\0\x08\0\0\0", "unsupported", "TIFF");
        check(&[0xff], "not_an_image", "no known kind");
    }
}
