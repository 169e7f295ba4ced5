//! Exposure and background: how bright a picture is, and how even at its border.

use image::{GrayImage, Rgb, RgbImage};
use serde::Serialize;

/// At most this is a shadow without detail, at least that a highlight without detail, of 255.
const CLIPPED: (u8, u8) = (2, 253);
/// The border is this part of the shorter side.
const BORDER_PART: u32 = 25;
/// A pixel of the border belongs to the background when no channel is further from the median than this, of 255.
const NEAR: u8 = 16;
/// A background is light from this luminance on, of 255.
const LIGHT: f64 = 200.0;

/// How bright a picture is. All are shares of one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Exposure {
    /// The mean luminance: 0 is black, 1 is white.
    pub mean: f64,
    /// Pixels that are black without detail.
    pub shadows: f64,
    /// Pixels that are white without detail. A white background is among them.
    pub highlights: f64,
}

/// What is around the product.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Background {
    /// The median colour of the border: `#rrggbb`.
    pub colour: String,
    /// The share of the border that is near that colour.
    pub evenness: f64,
    /// The colour is light.
    pub is_light: bool,
}

/// The luminance of each pixel with the weights of Rec. 709.
pub(super) fn grey(image: &RgbImage) -> GrayImage {
    image::imageops::grayscale(image)
}

/// How bright it is.
pub(super) fn exposure(grey: &GrayImage) -> Exposure {
    let total = f64::from(grey.width()) * f64::from(grey.height());
    let sum: u64 = grey.as_raw().iter().map(|value| u64::from(*value)).sum();
    let share = |clipped: &dyn Fn(u8) -> bool| thousandths(count(grey.as_raw(), clipped) / total);
    #[expect(clippy::cast_precision_loss, reason = "at most 255 times the pixels of a small picture")]
    let mean = thousandths(sum as f64 / total / 255.0);
    Exposure { mean, shadows: share(&|value| value <= CLIPPED.0), highlights: share(&|value| value >= CLIPPED.1) }
}

fn count(values: &[u8], is_counted: impl Fn(u8) -> bool) -> f64 {
    values.iter().fold(0.0, |count, value| if is_counted(*value) { count + 1.0 } else { count })
}

/// What is around the product.
pub(super) fn background(image: &RgbImage) -> Background {
    let border = border(image);
    let median = median(&border);
    let near = border.iter().filter(|pixel| pixel.0.iter().zip(median).all(|(one, other)| one.abs_diff(other) <= NEAR));
    let [red, green, blue] = median;
    #[expect(clippy::cast_precision_loss, reason = "fewer than the pixels of a small picture")]
    let evenness = thousandths(near.count() as f64 / border.len() as f64);
    Background { colour: format!("#{red:02x}{green:02x}{blue:02x}"), evenness, is_light: luminance(median) >= LIGHT }
}

/// The pixels of a frame along all four sides, at least one pixel wide, so never none.
fn border(image: &RgbImage) -> Vec<Rgb<u8>> {
    let (width, height) = image.dimensions();
    let wide = (width.min(height) / BORDER_PART).max(1);
    let is_border = |x: u32, y: u32| x < wide || y < wide || x + wide >= width || y + wide >= height;
    image.enumerate_pixels().filter(|(x, y, _)| is_border(*x, *y)).map(|(_, _, pixel)| *pixel).collect()
}

/// The median of each channel.
fn median(pixels: &[Rgb<u8>]) -> [u8; 3] {
    [0, 1, 2].map(|channel| {
        let mut values: Vec<u8> = pixels.iter().map(|pixel| pixel.0[channel]).collect();
        let middle = values.len() / 2;
        *values.select_nth_unstable(middle).1
    })
}

/// The luminance of a colour with the weights of Rec. 709, of 255.
fn luminance([red, green, blue]: [u8; 3]) -> f64 {
    0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue)
}

/// Figures that differ only by what a decoder rounds are the same.
pub(super) fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
