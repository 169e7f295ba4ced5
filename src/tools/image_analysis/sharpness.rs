//! Sharpness: the variance of the Laplacian, which is large where there are edges.
//!
//! The measure is LAP4 of S. Pertuz, D. Puig, M. A. Garcia, "Analysis of focus measure operators for shape-from-focus",
//! Pattern Recognition 46 (2013), after J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR
//! 2000. Two things differ from the paper. The picture is first brought to a common size and stretched to the full range
//! of grey, since the variance grows with the square of the contrast. And it is not that of the whole picture but that of
//! its sharpest tenth: a product on a plain background is mostly plain, and that is not blur.

use image::GrayImage;

/// Tiles in each direction.
const TILES: u32 = 8;
/// The share of tiles that are less sharp than the one that counts.
const RANK: f64 = 0.9;
/// How much the contrast is raised at most; more would turn noise into edges.
const STRETCH_MAX: f64 = 4.0;
/// The share of pixels at each end of the range of grey that is not looked at: single dots are no range.
const OUTLIERS: f64 = 0.01;

/// How sharp it is, in squared steps of 255 greys: 0 for a plain picture, thousands for text.
pub(super) fn sharpness(grey: &GrayImage) -> f64 {
    let stretch = stretch(grey);
    let mut variances: Vec<f64> =
        (0..TILES * TILES).filter_map(|tile| variance_of_laplacian(grey, tile % TILES, tile / TILES)).collect();
    variances.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 64 tiles")]
    let at = (f64::from(TILES * TILES) * RANK) as usize;
    let sharpest = variances.get(at.min(variances.len().saturating_sub(1))).copied().unwrap_or(0.0);
    (sharpest * stretch * stretch * 10.0).round() / 10.0
}

/// By how much the contrast must be raised to reach from black to white.
fn stretch(grey: &GrayImage) -> f64 {
    let mut counts = [0_u64; 256];
    grey.as_raw().iter().for_each(|value| counts[usize::from(*value)] += 1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of the pixels of a small picture"
    )]
    let outliers = (grey.as_raw().len() as f64 * OUTLIERS) as u64;
    let low = first_beyond(outliers, counts.iter().enumerate());
    let high = first_beyond(outliers, counts.iter().enumerate().rev());
    (255.0 / f64::from(high.saturating_sub(low).max(1))).min(STRETCH_MAX)
}

/// The first grey at which more pixels have passed than `outliers`.
fn first_beyond<'a>(outliers: u64, counts: impl Iterator<Item = (usize, &'a u64)>) -> u8 {
    let mut passed = 0;
    let beyond = counts.map(|(value, count)| {
        passed += count;
        (value, passed)
    });
    let first = beyond.into_iter().find(|(_, passed)| *passed > outliers);
    first.and_then(|(value, _)| u8::try_from(value).ok()).unwrap_or_default()
}

/// Of one tile; none where it has no pixel with four neighbours.
fn variance_of_laplacian(grey: &GrayImage, column: u32, row: u32) -> Option<f64> {
    let (width, height) = grey.dimensions();
    let edge = |side: u32, part: u32| (side * part / TILES).clamp(1, side.saturating_sub(1).max(1));
    let (left, right) = (edge(width, column), edge(width, column + 1));
    let (top, bottom) = (edge(height, row), edge(height, row + 1));
    let at = |x: u32, y: u32| f64::from(grey.get_pixel(x, y).0[0]);
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for y in top..bottom {
        for x in left..right {
            let laplacian = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4.0 * at(x, y);
            count += 1.0;
            sum += laplacian;
            squares += laplacian * laplacian;
        }
    }
    (count > 0.0).then(|| (squares / count - (sum / count) * (sum / count)).max(0.0))
}
