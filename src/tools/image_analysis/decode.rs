//! From bytes to pixels, within bounds that stand before anything is allocated.
//!
//! Of the pixels only a small copy is kept, [`SIDE_MAX`] on its longer side: every measure is of what a buyer sees in a
//! card, so a figure does not depend on how many pixels the camera had.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageError, Limits, RgbImage, RgbaImage,
    codecs::{bmp::BmpDecoder, gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};

use super::{
    content::{self, Format},
    failure::{ImageFailure, PIXELS_MAX},
    gif,
    jpeg::{self, JpegHead},
};

/// The longer side of what is measured, in pixels.
pub(super) const SIDE_MAX: u32 = 900;
/// What a decoder may allocate, in bytes: 40 million pixels of 4 bytes, and some room.
const ALLOC_BYTES_MAX: u64 = 192 * 1024 * 1024;
/// The longest reason of a decoder that is quoted, in characters.
const REASON_CHARS_MAX: usize = 120;

/// An image, small, and what its file said.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) format: Format,
    /// As it is shown: turned as its Exif says.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bits_per_channel: u8,
    pub(super) has_alpha: bool,
    pub(super) is_animated: bool,
    pub(super) jpeg: JpegHead,
    /// Small, and on white where it was transparent.
    pub(super) shown: RgbImage,
}

/// Decodes a file; of an animation the first frame.
///
/// # Errors
/// [`ImageFailure`].
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, ImageFailure> {
    let format = content::format_of(bytes)?;
    let file = Cursor::new(bytes);
    match format {
        Format::Jpeg if jpeg::is_cut_off(bytes) => Err(ImageFailure::Truncated),
        Format::Jpeg => {
            Ok(Decoded { jpeg: jpeg::head(bytes), ..take(JpegDecoder::new(file).map_err(refused)?, format, false)? })
        }
        Format::Png => {
            let decoder = PngDecoder::with_limits(file, limits()).map_err(refused)?;
            let is_animated = decoder.is_apng().map_err(refused)?;
            take(decoder, format, is_animated)
        }
        Format::WebP => {
            let decoder = WebPDecoder::new(file).map_err(refused)?;
            let is_animated = decoder.has_animation();
            take(decoder, format, is_animated)
        }
        Format::Bmp => take(BmpDecoder::new(file).map_err(refused)?, format, false),
        Format::Gif => take(GifDecoder::new(file).map_err(refused)?, format, gif::has_second_frame(bytes)),
    }
}

/// Bounds first, then the pixels.
fn take(mut decoder: impl ImageDecoder, format: Format, is_animated: bool) -> Result<Decoded, ImageFailure> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(ImageFailure::TooManyPixels { width, height });
    }
    if width == 0 || height == 0 {
        return Err(ImageFailure::Damaged("it has no pixels".into()));
    }
    let mut limits = limits();
    limits.reserve(decoder.total_bytes()).map_err(refused)?;
    decoder.set_limits(limits).map_err(refused)?;
    let color = decoder.color_type();
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut whole = DynamicImage::from_decoder(decoder).map_err(refused)?;
    if whole.width().max(whole.height()) > SIDE_MAX {
        whole = whole.thumbnail(SIDE_MAX, SIDE_MAX);
    }
    whole.apply_orientation(turn);
    let (width, height) = if lies_on_its_side(turn) { (height, width) } else { (width, height) };
    let small = whole.into_rgba8();
    Ok(Decoded {
        format,
        width,
        height,
        bits_per_channel: bits_per_channel(color),
        has_alpha: small.pixels().any(|pixel| pixel.0[3] < u8::MAX),
        is_animated,
        jpeg: JpegHead::default(),
        shown: on_white(&small),
    })
}

fn lies_on_its_side(turn: Orientation) -> bool {
    use Orientation as O;
    matches!(turn, O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH)
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(ALLOC_BYTES_MAX);
    limits
}

fn bits_per_channel(color: image::ColorType) -> u8 {
    match color.bytes_per_pixel() / color.channel_count() {
        1 => 8,
        2 => 16,
        _ => 32,
    }
}

/// As a page shows it.
fn on_white(image: &RgbaImage) -> RgbImage {
    let mut shown = RgbImage::new(image.width(), image.height());
    for (to, from) in shown.pixels_mut().zip(image.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let blend = |value: u32| u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX);
        to.0 = [blend(red), blend(green), blend(blue)];
    }
    shown
}

fn refused(error: ImageError) -> ImageFailure {
    let reason = || error.to_string().chars().take(REASON_CHARS_MAX).collect();
    match &error {
        ImageError::Limits(_) => ImageFailure::TooMuchMemory,
        ImageError::Unsupported(_) => ImageFailure::Unsupported(reason()),
        ImageError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => ImageFailure::Truncated,
        _ => ImageFailure::Damaged(reason()),
    }
}
