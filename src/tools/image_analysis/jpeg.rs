//! What the segments before the pixels of a JPEG tell, and whether its end is there. Nothing is decoded.
//!
//! The decoder fills what is missing with grey and says nothing, so a file that was cut off is found here.

/// The sum of the luminance table of the standard (ITU-T T.81, annex K.1), from which encoders scale theirs.
const STANDARD_TABLE_SUM: f64 = 3688.0;
/// Segments that are looked at; a file has some tens.
const SEGMENTS_MAX: usize = 1000;

/// What the segments tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct JpegHead {
    /// Four components: made for print.
    pub(super) is_cmyk: bool,
    /// 1 to 100 as libjpeg counts. An estimate: other encoders have tables of their own.
    pub(super) quality: Option<u8>,
}

/// Reads the segments up to the pixels, as far as they can be read.
pub(super) fn head(bytes: &[u8]) -> JpegHead {
    let mut head = JpegHead::default();
    let mut rest = bytes.get(2..).unwrap_or_default();
    for _ in 0..SEGMENTS_MAX {
        let Some((marker, segment, after)) = next_segment(rest) else { break };
        match marker {
            // DHT, JPG and DAC stand among the frames by number, but are none.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => head.is_cmyk = segment.get(5) == Some(&4),
            0xdb => head.quality = head.quality.or_else(|| quality(segment)),
            0xda => break,
            _ => {}
        }
        rest = after;
    }
    head
}

/// The marker, what its segment holds, and what follows.
fn next_segment(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [0xff, marker, high, low, rest @ ..] = bytes else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
    let (segment, after) = rest.split_at_checked(length)?;
    Some((*marker, segment, after))
}

/// The quality that libjpeg (`jcparam.c`) would have scaled the luminance table with. Sums do not mind the zigzag order.
fn quality(segment: &[u8]) -> Option<u8> {
    let (kind, table) = segment.split_first()?;
    let sum: u32 = match kind {
        0x00 => table.get(..64)?.iter().map(|value| u32::from(*value)).sum(),
        0x10 => table.get(..128)?.chunks(2).map(|pair| u32::from(pair[0]) * 256 + u32::from(pair[1])).sum(),
        _ => return None,
    };
    let percent = 100.0 * f64::from(sum.max(1)) / STANDARD_TABLE_SUM;
    let quality = if percent <= 100.0 { (200.0 - percent) / 2.0 } else { 5000.0 / percent };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=100 before")]
    Some(quality.round().clamp(1.0, 100.0) as u8)
}

/// Whether the end of the pixels is missing: no end of image after the last start of a scan. In a scan, a byte 0xFF is
/// followed by zero or the number of a restart, so neither marker occurs by chance; previews stand before it.
pub(super) fn is_cut_off(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    last(0xd9) < last(0xda) || last(0xd9).is_none()
}
