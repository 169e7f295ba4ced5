//! The blocks of a GIF (GIF89a, appendix A), to tell an animation without decoding it.

/// Blocks that are looked at.
const BLOCKS_MAX: usize = 10_000;

/// Whether a second frame follows the first.
pub(super) fn has_second_frame(bytes: &[u8]) -> bool {
    frames(bytes).is_some_and(|frames| frames > 1)
}

/// How many frames begin, up to two; none where the blocks are not as they should be before that.
fn frames(bytes: &[u8]) -> Option<u8> {
    let mut rest = after_colours(bytes.get(13..)?, *bytes.get(10)?)?;
    let mut frames = 0;
    for _ in 0..BLOCKS_MAX {
        rest = match rest {
            [0x21, _label, rest @ ..] => after_pieces(rest)?,
            [0x2c, rest @ ..] => {
                frames += 1;
                if frames == 2 {
                    return Some(frames);
                }
                let pixels = after_colours(rest.get(9..)?, *rest.get(8)?)?;
                after_pieces(pixels.get(1..)?)?
            }
            _ => return Some(frames),
        };
    }
    Some(frames)
}

/// What follows a table of colours, where the flags say that there is one.
fn after_colours(bytes: &[u8], flags: u8) -> Option<&[u8]> {
    let colours = if flags & 0x80 == 0 { 0 } else { 2_usize << (flags & 7) };
    bytes.get(3 * colours..)
}

/// What follows pieces of up to 255 bytes that end with an empty one.
fn after_pieces(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, rest) = bytes.split_first()?;
        bytes = rest.get(usize::from(*length)..)?;
        if *length == 0 {
            return Some(bytes);
        }
    }
}
