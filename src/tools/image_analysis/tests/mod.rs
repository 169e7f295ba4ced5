//! Images of every kind, good and bad; what is said of each.

mod call;
mod made;

use std::sync::LazyLock;

use image::{DynamicImage, ImageFormat};
use made::{cmyk_jpeg, encoded, encoded_dynamic, gif, good, jpeg, jpeg_bomb, png_bomb, product};
use proptest::prelude::*;

use super::{rules::findings, *};

/// The codes of what is found, in their order.
fn codes(bytes: &[u8]) -> Vec<&'static str> {
    findings(&analyse(bytes).unwrap()).iter().map(|finding| finding.code).collect()
}

#[track_caller]
fn check(bytes: &[u8], expected: &[&str]) {
    let analysis = analyse(bytes).unwrap();
    let found = findings(&analysis);
    assert_eq!(codes(bytes), expected, "{analysis:?}: {found:?}");
    assert!(found.iter().all(|finding| !finding.rule.is_empty() && !finding.next_step.is_empty()), "{found:?}");
}

#[track_caller]
fn refused(bytes: &[u8], code: &str) {
    let failure = analyse(bytes).unwrap_err();
    assert_eq!(failure.code(), code, "{failure}");
}

#[test]
fn a_good_photo_is_accepted_in_each_format() {
    for (image_format, format) in [
        (ImageFormat::Jpeg, Format::Jpeg),
        (ImageFormat::Png, Format::Png),
        (ImageFormat::WebP, Format::WebP),
        (ImageFormat::Bmp, Format::Bmp),
        (ImageFormat::Gif, Format::Gif),
    ] {
        let bytes = encoded(&good(), image_format);
        let analysis = analyse(&bytes).unwrap();
        assert_eq!((analysis.format, analysis.bytes), (format, bytes.len()));
        assert_eq!((analysis.width, analysis.height, analysis.bits_per_channel), (900, 1200, 8));
        assert!(!analysis.has_alpha && !analysis.is_animated && !analysis.is_cmyk, "{analysis:?}");
        assert!((analysis.ratio - 0.75).abs() < 1e-9 && analysis.background.is_light, "{analysis:?}");
        check(&bytes, &[]);
    }
}

#[test]
fn what_cards_do_not_take_is_found() {
    let at = |width, height| encoded(&product(width, height, [255; 3], 1), ImageFormat::Png);
    check(&at(699, 932), &["too_small"]);
    check(&at(700, 899), &["too_small", "ratio"]);
    check(&at(700, 900), &["ratio"]);
    check(&at(1200, 1200), &["ratio"]);
    check(&gif(1), &["too_small"]);
    check(&gif(2), &["too_small", "animated"]);
    check(&jpeg(&good(), 64), &["low_quality"]);
    check(&jpeg(&good(), 66), &[]);
    check(&cmyk_jpeg(90, 120), &["cmyk", "blurry"]);
}

#[test]
fn what_buyers_would_see_is_found() {
    let blurred = DynamicImage::ImageRgb8(good()).blur(4.0).into_rgb8();
    check(&encoded(&blurred, ImageFormat::Png), &["blurry"]);
    let dark = DynamicImage::ImageRgb8(product(900, 1200, [0; 3], 1)).brighten(-60).into_rgb8();
    check(&encoded(&dark, ImageFormat::Png), &["too_dark"]);
    let lost = image::RgbImage::from_fn(900, 1200, |x, y| image::Rgb([if x < 99 && y % 9 < 4 { 200 } else { 255 }; 3]));
    let codes = codes(&encoded(&lost, ImageFormat::Png));
    assert!(codes.contains(&"too_bright"), "{codes:?}");
    let striped = image::RgbImage::from_fn(900, 1200, |x, _| image::Rgb([if x % 60 < 30 { 40 } else { 200 }; 3]));
    check(&encoded(&striped, ImageFormat::Png), &["uneven_background"]);
    let mut see_through = DynamicImage::ImageRgb8(good()).into_rgba8();
    see_through.pixels_mut().filter(|pixel| pixel.0[..3] == [255; 3]).for_each(|pixel| pixel.0 = [0, 0, 0, 0]);
    check(&encoded_dynamic(&DynamicImage::ImageRgba8(see_through), ImageFormat::Png), &["transparent"]);
}

#[test]
fn sixteen_bits_are_taken_like_eight() {
    let bytes =
        encoded_dynamic(&DynamicImage::ImageRgb16(DynamicImage::ImageRgb8(good()).into_rgb16()), ImageFormat::Png);
    assert_eq!(analyse(&bytes).unwrap().bits_per_channel, 16);
    check(&bytes, &[]);
}

#[test]
fn a_photo_is_measured_as_it_is_shown() {
    let lying = image::imageops::rotate270(&good());
    let mut bytes = jpeg(&lying, 90);
    let exif = *b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    bytes.splice(2..2, exif);
    let analysis = analyse(&bytes).unwrap();
    assert_eq!((analysis.width, analysis.height), (900, 1200));
    let upright = analyse(&jpeg(&good(), 90)).unwrap();
    assert!(analysis.fingerprint.looks_like(upright.fingerprint), "{analysis:?} {upright:?}");
}

#[test]
fn what_is_no_whole_image_is_named() {
    refused(b"", "empty");
    refused(b"<!doctype html><html>404</html>", "not_an_image");
    refused(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported");
    refused(&png_bomb(), "too_many_pixels");
    refused(&jpeg_bomb(), "too_many_pixels");
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif] {
        let whole = encoded(&good(), format);
        for part in [whole.len() / 2, whole.len() / 10] {
            let failure = analyse(&whole[..part]).unwrap_err();
            assert!(["truncated", "damaged"].contains(&failure.code()), "{format:?} {part}: {failure:?}");
        }
    }
    refused(&encoded(&good(), ImageFormat::Jpeg)[..9000], "truncated");
}

#[test]
fn a_copy_is_known_and_another_colour_is_no_copy() {
    let of = |image: &image::RgbImage, quality| Some(analyse(&jpeg(image, quality)).unwrap().fingerprint);
    let small = image::imageops::resize(&good(), 750, 1000, image::imageops::FilterType::Triangle);
    let red = image::RgbImage::from_fn(900, 1200, |x, y| {
        let [red, green, blue] = good_pixel(x, y);
        image::Rgb([blue, green, red])
    });
    let pictures = [
        of(&good(), 90),
        None,
        of(&product(900, 1200, [255; 3], 5), 90),
        of(&small, 75),
        of(&red, 90),
        of(&good(), 90),
    ];
    let found: Vec<_> = duplicates(&pictures).iter().map(|found| (found.first, found.second)).collect();
    assert_eq!(found, [(1, 4), (1, 6)], "{pictures:?}");
}

/// Of the good photo; red and blue differ enough to be told apart when they change places.
fn good_pixel(x: u32, y: u32) -> [u8; 3] {
    static GOOD: LazyLock<image::RgbImage> = LazyLock::new(|| {
        let mut good = good();
        good.pixels_mut().filter(|pixel| pixel.0 == [90, 90, 100]).for_each(|pixel| pixel.0 = [40, 60, 140]);
        good
    });
    GOOD.get_pixel(x, y).0
}

/// Small images of every format, to be spoilt.
static ORIGINALS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let image = product(40, 30, [250; 3], 2);
    let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif];
    formats.into_iter().map(|format| encoded(&image, format)).chain([gif(2), cmyk_jpeg(3, 3)]).collect()
});

/// Answers, without the panic of a decoder.
fn is_answered(bytes: &[u8]) -> bool {
    !matches!(analyse(bytes), Err(ImageFailure::DecoderFailed))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(head in 0usize..6, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let heads: [&[u8]; 6] = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\x01\0\0WEBP", b"BM", b"GIF89a"];
        prop_assert!(is_answered(&[heads[head], &bytes].concat()));
    }

    #[test]
    fn spoilt_images_never_panic(
        which in 0usize..7,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        kept in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = ORIGINALS[which].clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if is_cut {
            bytes.truncate(kept.index(bytes.len()));
        }
        prop_assert!(is_answered(&bytes));
    }
}
