//! Pictures and videos of a card, and barcodes. All of them may be sent again: what a place holds is replaced.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    check,
    client::{Shop, Sort},
    error::{ArgumentCode, WildberriesError},
    family::{Family, Host},
    queries::Query,
    read::post,
    reply::Envelope,
    transport::{Body, Request},
};

/// How to find out what became of media whose answer was lost.
const NEXT: &str = "calling it again is safe: the same file in the same place changes nothing";
/// The largest picture, in bytes.
pub const PICTURE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The largest video, in bytes.
pub const VIDEO_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Pictures of a card, and one video.
const MEDIA_MAX: usize = 31;

/// Media of a card, by links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaSave {
    /// The article.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
    /// 1 to 31 links to files, in their order. They take the place of all that the card has.
    pub links: Vec<String>,
}
impl Query for MediaSave {
    fn check(&self, _: NaiveDate) -> Result<(), WildberriesError> {
        check::count("links", self.links.len(), 1, MEDIA_MAX)?;
        check::distinct("links", self.links.iter())?;
        self.links.iter().enumerate().try_for_each(|(at, link)| check::link(&format!("links[{at}]"), link))
    }
}

/// A file of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MediaFile {
    /// The article.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
    /// Its place from 1 on; 1 for a video.
    pub photo_number: u64,
    /// The file in base64: small ones; use `media_save` with a link for others.
    pub base64: String,
}
impl Query for MediaFile {
    fn check(&self, _: NaiveDate) -> Result<(), WildberriesError> {
        self.bytes().map(drop)
    }
}

impl MediaFile {
    /// The file itself.
    pub(super) fn bytes(&self) -> Result<Bytes, WildberriesError> {
        let bytes = BASE64_STANDARD.decode(self.base64.trim());
        bytes.map(Bytes::from).map_err(|_| {
            WildberriesError::argument(ArgumentCode::BadFile, "base64", &self.base64, "it must be base64 of a file")
        })
    }
}

/// Barcodes to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BarcodesQuery {
    /// How many; 1 to 5000.
    pub count: u64,
}
impl Query for BarcodesQuery {
    fn check(&self, _: NaiveDate) -> Result<(), WildberriesError> {
        check::between("count", self.count, 1, 5000)
    }
}

/// What a file is, by its first bytes: media type and ending.
fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(("image/jpeg", "jpg")),
        [0x89, b'P', b'N', b'G', ..] => Some(("image/png", "png")),
        [b'B', b'M', ..] => Some(("image/bmp", "bmp")),
        [b'G', b'I', b'F', b'8', ..] => Some(("image/gif", "gif")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(("image/webp", "webp")),
        [_, _, _, _, b'f', b't', b'y', b'p', b'q', b't', ..] => Some(("video/quicktime", "mov")),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(("video/mp4", "mp4")),
        _ => None,
    }
}

impl Shop {
    /// New barcodes. Those that are not used harm nobody.
    pub async fn barcodes(&self, query: &BarcodesQuery) -> Result<Vec<String>, WildberriesError> {
        self.checked(query)?;
        self.opened(Family::Content, post(Host::Content, "/content/v2/barcodes", &json!({"count": query.count}))).await
    }

    /// Puts files behind links into the place of all media of a card.
    pub async fn media_save(&self, media: &MediaSave) -> Result<(), WildberriesError> {
        self.checked(media)?;
        let body = json!({"nmId": media.nm_id, "data": media.links});
        self.put(post(Host::Content, "/content/v3/media/save", &body)).await
    }

    /// Puts a file into a place of a card: JPG, PNG, BMP, GIF or WebP of at most 32 MiB, MOV or MP4 of at most 50 MiB.
    pub async fn media_file(&self, nm_id: u64, photo_number: u64, file: Bytes) -> Result<(), WildberriesError> {
        check::between("photoNumber", photo_number, 1, MEDIA_MAX as u64)?;
        let bad = |got: &str, rule: &str| WildberriesError::argument(ArgumentCode::BadFile, "file", got, rule);
        let (media_type, ending) = kind(&file).ok_or_else(|| {
            bad(
                &String::from_utf8_lossy(&file[..file.len().min(20)]),
                "it must be a JPG, PNG, BMP, GIF, WebP, MOV or MP4",
            )
        })?;
        let bytes_max = if media_type.starts_with("video") { VIDEO_BYTES_MAX } else { PICTURE_BYTES_MAX };
        if file.len() > bytes_max {
            return Err(bad(&format!("{} bytes", file.len()), &format!("it must have at most {bytes_max} bytes")));
        }
        self.put(Request {
            host: Host::Content,
            path: "/content/v3/media/file".to_owned(),
            query: Vec::new(),
            headers: vec![("x-nm-id", nm_id.to_string()), ("x-photo-number", photo_number.to_string())],
            body: Some(form(media_type, ending, &file)),
        })
        .await
    }

    async fn put(&self, request: Request) -> Result<(), WildberriesError> {
        let envelope: Envelope<Value> = self.ask(Family::Content, Sort::Change { next: NEXT }, request).await?;
        envelope.opened().map(drop)
    }
}

/// A form with one file. Written here, since reqwest's own would bring a table of all media types for these six lines.
fn form(media_type: &str, ending: &str, file: &[u8]) -> Body {
    // Nobody can guess it, so no file holds it.
    let boundary = Uuid::new_v4().simple().to_string();
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"uploadfile\"; filename=\"file.{ending}\"\r\n\
         content-type: {media_type}\r\n\r\n"
    );
    let bytes = [head.as_bytes(), file, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
    Body { content_type: format!("multipart/form-data; boundary={boundary}"), bytes: bytes.into() }
}
