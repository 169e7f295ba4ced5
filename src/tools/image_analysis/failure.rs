//! Why there is nothing to measure: each with a code, and with what to do.

use std::time::Duration;

use super::super::http::DownloadError;

/// The most pixels that are decoded: more than the cameras of phones take in their usual mode.
pub(super) const PIXELS_MAX: u64 = 40_000_000;

/// Why an image was not measured. The words are for a model and a seller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageFailure {
    /// It was not downloaded.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// It did not come within the time that the call has for downloads.
    #[error("the file did not come within {0:?}")]
    TimedOut(Duration),
    /// The text is not base64.
    #[error("`data` is not base64: {0}")]
    BadBase64(String),
    /// The file has no bytes.
    #[error("the file is empty: 0 bytes")]
    Empty,
    /// The content is something else, whatever its name or type say.
    #[error("the content is {0}, not an image")]
    NotAnImage(&'static str),
    /// An image, but of a format or a kind that is not taken.
    #[error("{0} is not one of JPEG, PNG, WebP, BMP and GIF as cards take them")]
    Unsupported(String),
    /// The file ends before the image does.
    #[error("the file is cut off: it ends before the image does")]
    Truncated,
    /// The file breaks the rules of its format.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// More pixels than are decoded.
    #[error("{width}×{height} pixels are more than the {PIXELS_MAX} that are decoded")]
    TooManyPixels {
        /// As its head says.
        width: u32,
        /// As its head says.
        height: u32,
    },
    /// Decoding would take more memory than it may.
    #[error("decoding it would take more memory than it may")]
    TooMuchMemory,
    /// The decoder gave up in a way that it should not.
    #[error("the decoder failed on this file")]
    DecoderFailed,
}

impl ImageFailure {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Download(DownloadError::NotAllowed(_)) => "not_allowed",
            Self::Download(DownloadError::Unreachable(_)) => "unreachable",
            Self::Download(DownloadError::Status(_)) => "http_status",
            Self::Download(DownloadError::TooLarge(_)) => "too_large",
            Self::TimedOut(_) => "timed_out",
            Self::BadBase64(_) => "bad_base64",
            Self::Empty => "empty",
            Self::NotAnImage(_) => "not_an_image",
            Self::Unsupported(_) => "unsupported",
            Self::Truncated => "truncated",
            Self::Damaged(_) => "damaged",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::TooMuchMemory => "too_much_memory",
            Self::DecoderFailed => "decoder_failed",
        }
    }

    /// What to do.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Download(DownloadError::NotAllowed(_)) => {
                "use a link to a host that is allowed, or ask the operator to allow it in `hosts_allowed`"
            }
            Self::Download(DownloadError::Unreachable(_) | DownloadError::Status(_)) | Self::TimedOut(_) => {
                "open the link in a browser without being signed in: it must lead straight to the file"
            }
            Self::Download(DownloadError::TooLarge(_)) => {
                "save it as JPEG at quality 85 to 90 and with a longer side of at most 3000 pixels"
            }
            Self::BadBase64(_) => "send the bytes of the file as base64, or a link to it as `url`",
            Self::Empty | Self::Truncated | Self::Damaged(_) | Self::DecoderFailed => {
                "export the image again from its original and upload it anew"
            }
            Self::NotAnImage(_) => "use a link straight to the image, not to a page that shows it",
            Self::Unsupported(_) => "save it as JPEG, PNG or WebP in sRGB",
            Self::TooManyPixels { .. } | Self::TooMuchMemory => {
                "make it smaller: 900×1200 to 2250×3000 pixels are enough for a card"
            }
        }
    }
}
