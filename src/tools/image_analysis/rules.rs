//! What the marketplace asks of the photos of a card, and what makes them sell: findings, each with what to do.

use serde::Serialize;

use super::{analysis::Analysis, likeness::Duplicate};

/// The most photos of one card, as published.
pub const PHOTOS_MAX: usize = 30;
/// The narrowest photo that is accepted, in pixels, as published.
const WIDTH_MIN: u32 = 700;
/// The lowest photo that is accepted, in pixels, as published.
const HEIGHT_MIN: u32 = 900;
/// The longest file that is accepted, in bytes, as published. What the tool itself takes is in its configuration.
const BYTES_MAX: usize = 32_000_000;
/// The lowest quality of a JPEG that is accepted, as published.
const QUALITY_MIN: u8 = 65;
/// Cards are shown at 3:4; what differs by more than this is cropped or framed.
const RATIO: (f64, f64) = (0.75, 0.02);
/// Below this a photo looks soft in a card. Nine ordinary photos measured 1,500 to 14,000 when sharp, 140 to 1,300 blurred with a
/// sigma of one pixel at the size of a card, which few notice, and 24 to 87 with a sigma of two, which everybody does.
const SHARPNESS_MIN: f64 = 100.0;
/// Darker than this in the mean, or with more than half of it black, a photo is dark.
const MEAN_MIN: f64 = 0.2;
const SHADOWS_MAX: f64 = 0.5;
/// A white background is wanted, so only a photo that is nearly all white is too bright.
const HIGHLIGHTS_MAX: f64 = 0.92;
/// The share of the border that has one colour where the background is even.
const EVENNESS_MIN: f64 = 0.7;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It may sell better otherwise.
    Advice,
    /// Buyers will see it.
    Warning,
    /// The marketplace refuses the photo.
    Error,
}

/// Something about a photo that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The stable code.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was measured.
    pub value: String,
    /// What is asked.
    pub rule: String,
    /// What to do.
    pub next_step: &'static str,
}

/// All that is to be said of a photo, the worst first.
pub fn findings(photo: &Analysis) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        [size(photo), weight(photo), animation(photo), quality(photo), inks(photo), ratio(photo), transparency(photo)]
            .into_iter()
            .chain([focus(photo), darkness(photo), brightness(photo), background(photo)])
            .flatten()
            .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// That a photo repeats another one of its card.
pub fn repeated(duplicate: &Duplicate) -> Finding {
    Finding {
        code: "near_duplicate",
        severity: Severity::Warning,
        value: format!("{} of 64 bits differ from image {}", duplicate.distance, duplicate.first),
        rule: "the photos of a card should differ".into(),
        next_step: "replace it with another angle, a detail, or the product in use",
    }
}

fn found(
    is_found: bool,
    code: &'static str,
    severity: Severity,
    (value, rule): (String, String),
    next_step: &'static str,
) -> Option<Finding> {
    is_found.then_some(Finding { code, severity, value, rule, next_step })
}

fn size(photo: &Analysis) -> Option<Finding> {
    let words =
        (format!("{}×{} pixels", photo.width, photo.height), format!("at least {WIDTH_MIN}×{HEIGHT_MIN} pixels"));
    let is_small = photo.width < WIDTH_MIN || photo.height < HEIGHT_MIN;
    let next_step = "take the photo again at a higher resolution; enlarging this one would blur it";
    found(is_small, "too_small", Severity::Error, words, next_step)
}

fn weight(photo: &Analysis) -> Option<Finding> {
    let words = (format!("{} bytes", photo.bytes), format!("at most {BYTES_MAX} bytes"));
    let next_step = "save it as JPEG at quality 85 to 90";
    found(photo.bytes > BYTES_MAX, "too_heavy", Severity::Error, words, next_step)
}

fn animation(photo: &Analysis) -> Option<Finding> {
    let words = ("several frames".into(), "photos stand still; what moves is uploaded as a video".into());
    found(photo.is_animated, "animated", Severity::Error, words, "save one frame as JPEG, or upload a video")
}

fn quality(photo: &Analysis) -> Option<Finding> {
    let quality = photo.jpeg_quality.filter(|quality| *quality < QUALITY_MIN)?;
    let words = (format!("quality of about {quality} %"), format!("at least {QUALITY_MIN} %"));
    // A warning, since the figure is an estimate for encoders other than libjpeg.
    found(true, "low_quality", Severity::Warning, words, "export it again from the original at quality 85 to 90")
}

fn inks(photo: &Analysis) -> Option<Finding> {
    let words = ("CMYK".into(), "colours in RGB, else they look different on a screen".into());
    found(photo.is_cmyk, "cmyk", Severity::Warning, words, "convert it to sRGB before you export it")
}

fn ratio(photo: &Analysis) -> Option<Finding> {
    let words = (format!("{:.3} (width by height)", photo.ratio), "3:4, which is 0.750".into());
    let is_other = (photo.ratio - RATIO.0).abs() > RATIO.1;
    found(
        is_other,
        "ratio",
        Severity::Warning,
        words,
        "crop it to 3:4, for example 900×1200, with the product in the middle",
    )
}

fn transparency(photo: &Analysis) -> Option<Finding> {
    let words = ("parts are transparent".into(), "cards have no transparency: it may become black".into());
    found(photo.has_alpha, "transparent", Severity::Advice, words, "put the product on a white or light background")
}

fn focus(photo: &Analysis) -> Option<Finding> {
    let words = (format!("sharpness {}", photo.sharpness), format!("at least {SHARPNESS_MIN}"));
    let next_step = "take it again with a tripod or more light, and focus on the product";
    found(photo.sharpness < SHARPNESS_MIN, "blurry", Severity::Warning, words, next_step)
}

fn darkness(photo: &Analysis) -> Option<Finding> {
    let (mean, shadows) = (photo.exposure.mean, photo.exposure.shadows);
    let words = (
        format!("mean luminance {mean}, {shadows} of it black"),
        format!("a mean of at least {MEAN_MIN}, at most {SHADOWS_MAX} black"),
    );
    let is_dark = mean < MEAN_MIN || shadows > SHADOWS_MAX;
    found(is_dark, "too_dark", Severity::Warning, words, "light the product more, or raise the exposure")
}

fn brightness(photo: &Analysis) -> Option<Finding> {
    let highlights = photo.exposure.highlights;
    let words = (format!("{highlights} of it white"), format!("at most {HIGHLIGHTS_MAX}"));
    let next_step = "lower the exposure, and let the product fill most of the photo";
    found(highlights > HIGHLIGHTS_MAX, "too_bright", Severity::Warning, words, next_step)
}

fn background(photo: &Analysis) -> Option<Finding> {
    let background = &photo.background;
    let words = (
        format!("{} of the border is near {}", background.evenness, background.colour),
        format!("at least {EVENNESS_MIN}"),
    );
    let next_step = "for the first photo of the card use a plain light background; others may show the product in use";
    found(background.evenness < EVENNESS_MIN, "uneven_background", Severity::Advice, words, next_step)
}
