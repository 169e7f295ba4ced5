//! The pure core: bytes in, measures out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use super::{
    content::Format,
    decode::{Decoded, decode},
    failure::ImageFailure,
    light::{self, Background, Exposure, thousandths},
    likeness::Fingerprint,
    sharpness::sharpness,
};

/// What was measured of an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// By its content.
    pub format: Format,
    /// The length of the file.
    pub bytes: usize,
    /// In pixels, as it is shown.
    pub width: u32,
    /// In pixels, as it is shown.
    pub height: u32,
    /// Width by height: 0.75 is 3:4.
    pub ratio: f64,
    /// 8, or 16 of some PNG.
    pub bits_per_channel: u8,
    /// Part of it is transparent.
    pub has_alpha: bool,
    /// It moves; the first frame was measured.
    pub is_animated: bool,
    /// It was made for print: four inks.
    pub is_cmyk: bool,
    /// Of a JPEG, 1 to 100 as libjpeg counts: an estimate from its tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jpeg_quality: Option<u8>,
    /// The variance of the Laplacian in its sharpest parts, at the size of a card.
    pub sharpness: f64,
    /// How bright it is.
    pub exposure: Exposure,
    /// What is around the product.
    pub background: Background,
    /// What it looks like.
    #[serde(rename = "hash")]
    pub fingerprint: Fingerprint,
}

/// Measures an image. Takes time and memory by its pixels, so not on a thread that must answer.
///
/// A panic of a decoder is an answer too: decoders are other people's code on hostile input. The task around this would
/// catch it as well, but then only where there is one, and without saying which image it was.
///
/// # Errors
/// [`ImageFailure`].
pub fn analyse(bytes: &[u8]) -> Result<Analysis, ImageFailure> {
    contained(|| decode(bytes).map(|decoded| measure(&decoded, bytes.len())))
}

/// Nothing is shared with `work`, so nothing can be left half changed.
fn contained<T>(work: impl FnOnce() -> Result<T, ImageFailure>) -> Result<T, ImageFailure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(ImageFailure::DecoderFailed))
}

fn measure(decoded: &Decoded, bytes: usize) -> Analysis {
    let grey = light::grey(&decoded.shown);
    Analysis {
        format: decoded.format,
        bytes,
        width: decoded.width,
        height: decoded.height,
        ratio: thousandths(f64::from(decoded.width) / f64::from(decoded.height)),
        bits_per_channel: decoded.bits_per_channel,
        has_alpha: decoded.has_alpha,
        is_animated: decoded.is_animated,
        is_cmyk: decoded.jpeg.is_cmyk,
        jpeg_quality: decoded.jpeg.quality,
        sharpness: sharpness(&grey),
        exposure: light::exposure(&grey),
        background: light::background(&decoded.shown),
        fingerprint: Fingerprint::of(&decoded.shown, &grey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_is_an_answer() {
        let failure = contained::<()>(|| panic!("index out of bounds")).unwrap_err();
        assert_eq!(failure.code(), "decoder_failed");
    }
}
