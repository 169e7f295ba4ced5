//! Likeness: a fingerprint that stays the same when a picture is scaled, compressed or slightly brightened.
//!
//! The difference hash (dHash) of N. Krawetz, "Kind of Like That" (hackerfactor.com, 2013): the picture at 9×8 greys, and for each pair
//! of neighbours in a row whether it gets darker. It knows no colours, so the mean colour stands beside it: one dress in red and in
//! blue is two pictures.

use std::fmt;

use image::{GrayImage, RgbImage, imageops::FilterType};
use serde::{Serialize, Serializer};

/// Pictures whose hashes differ in at most so many of 64 bits look the same, if their colours do.
pub(super) const DISTANCE_MAX: u32 = 5;
/// And the mean of no channel differs by more than this, of 255.
const COLOUR_DISTANCE_MAX: u8 = 20;

/// What a picture looks like, in 11 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// The difference hash.
    pub hash: u64,
    /// The mean colour.
    pub colour: [u8; 3],
}

impl Fingerprint {
    /// Of a picture and its greys.
    pub(super) fn of(image: &RgbImage, grey: &GrayImage) -> Self {
        let small = image::imageops::resize(grey, 9, 8, FilterType::Triangle);
        let darker = small.rows().flat_map(|row| {
            let greys: Vec<u8> = row.map(|pixel| pixel.0[0]).collect();
            greys.windows(2).map(|pair| pair[0] > pair[1]).collect::<Vec<bool>>()
        });
        let hash = darker.fold(0, |hash, bit| hash << 1 | u64::from(bit));
        Self { hash, colour: mean_colour(image) }
    }

    /// In how many of 64 bits the hashes differ (Hamming).
    pub fn distance(self, other: Self) -> u32 {
        (self.hash ^ other.hash).count_ones()
    }

    /// Whether a buyer would take them for the same picture.
    pub fn looks_like(self, other: Self) -> bool {
        let mut channels = self.colour.iter().zip(other.colour);
        self.distance(other) <= DISTANCE_MAX && channels.all(|(one, other)| one.abs_diff(other) <= COLOUR_DISTANCE_MAX)
    }
}

fn mean_colour(image: &RgbImage) -> [u8; 3] {
    let pixels = (u64::from(image.width()) * u64::from(image.height())).max(1);
    [0, 1, 2].map(|channel| {
        let sum: u64 = image.pixels().map(|pixel| u64::from(pixel.0[channel])).sum();
        u8::try_from(sum / pixels).unwrap_or(u8::MAX)
    })
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.hash)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Two pictures of one card that look the same; numbered from 1 as they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// The earlier one.
    pub first: usize,
    /// The one that repeats it.
    pub second: usize,
    /// In how many of 64 bits they differ.
    pub distance: u32,
}

/// For each picture the first one before it that looks the same. Those that could not be read have no fingerprint.
pub fn duplicates(pictures: &[Option<Fingerprint>]) -> Vec<Duplicate> {
    let before = |second: usize, it: Fingerprint| {
        let mut others = pictures[..second].iter().enumerate();
        others.find_map(|(first, other)| Some((first, (*other)?)).filter(|(_, other)| it.looks_like(*other)))
    };
    let repeats = pictures.iter().enumerate().filter_map(|(second, it)| {
        let it = (*it)?;
        let (first, other) = before(second, it)?;
        Some(Duplicate { first: first + 1, second: second + 1, distance: it.distance(other) })
    });
    repeats.collect()
}
