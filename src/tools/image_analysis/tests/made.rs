//! Images made in the test: nothing on disk, nothing of the decoders under test but the crate's own encoders.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A made-up product on a plain background: boxes with sharp edges and a pattern on them.
pub(super) fn product(width: u32, height: u32, background: [u8; 3], seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let is_inside = (0.2..0.8).contains(&x) && (0.15..0.85).contains(&y);
        let wave = ((x * 9.0 + f64::from(seed)).sin() + (y * 7.0 + f64::from(seed * 3)).cos()) * 2.0;
        match is_inside {
            true if wave.fract().abs() < 0.4 => Rgb([180, 30, 40]),
            true if wave > 0.0 => Rgb([40, 60, 140]),
            true => Rgb([90, 90, 100]),
            false => Rgb(background),
        }
    })
}

/// A good photo of a card: 3:4, on white.
pub(super) fn good() -> RgbImage {
    product(900, 1200, [255; 3], 1)
}

pub(super) fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    encoded_dynamic(&DynamicImage::ImageRgb8(image.clone()), format)
}

pub(super) fn encoded_dynamic(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// A JPEG of this quality.
pub(super) fn jpeg(image: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).unwrap();
    bytes
}

/// Frames of a GIF.
pub(super) fn gif(frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
        for seed in 0..frames {
            let frame = DynamicImage::ImageRgb8(product(90, 120, [255; 3], u32::try_from(seed).unwrap()));
            encoder.encode_frame(image::Frame::new(frame.into_rgba8())).unwrap();
        }
    }
    bytes
}

/// A grey CMYK JPEG by hand: the encoder makes none. Every block is two bits, "same as before" and "end of block", so a
/// unit of four components is one zero byte.
pub(super) fn cmyk_jpeg(blocks_wide: u16, blocks_high: u16) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    bytes.extend(*b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00");
    bytes.extend([0xff, 0xdb, 0x00, 0x43, 0x00]);
    bytes.extend([16; 64]);
    let [height, width] = [blocks_high * 8, blocks_wide * 8].map(u16::to_be_bytes);
    bytes.extend([0xff, 0xc0, 0x00, 0x14, 0x08, height[0], height[1], width[0], width[1], 0x04]);
    (1..=4).for_each(|component| bytes.extend([component, 0x11, 0x00]));
    for table in [0x00, 0x10] {
        bytes.extend([0xff, 0xc4, 0x00, 0x14, table, 0x01]);
        bytes.extend([0; 16]);
    }
    bytes.extend([0xff, 0xda, 0x00, 0x0e, 0x04]);
    (1..=4).for_each(|component| bytes.extend([component, 0x00]));
    bytes.extend([0x00, 0x3f, 0x00]);
    bytes.resize(bytes.len() + usize::from(blocks_wide) * usize::from(blocks_high), 0);
    bytes.extend([0xff, 0xd9]);
    bytes
}

/// A PNG whose head says 30,000 by 30,000 pixels: 2.7 GB in a few hundred bytes.
pub(super) fn png_bomb() -> Vec<u8> {
    let mut bytes = encoded(&RgbImage::new(8, 8), ImageFormat::Png);
    bytes[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    let crc = crc32(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&crc);
    bytes
}

/// A JPEG whose head says 65,500 by 65,500 pixels.
pub(super) fn jpeg_bomb() -> Vec<u8> {
    let mut bytes = jpeg(&RgbImage::new(8, 8), 90);
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    bytes
}

/// The checksum of a chunk (PNG, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
