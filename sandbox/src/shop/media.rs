//! Pictures and the film of a card. Links are believed as far as one can without following them.

use chrono::{DateTime, Utc};
use imagesize::ImageType;
use serde_json::{Value, json};
use url::Url;

use super::{Refusal, Shop};

const PICTURES_MAX: usize = 30;
const LINK_BYTES_MAX: usize = 2_048;
const WIDTH_PX_MIN: usize = 700;
const HEIGHT_PX_MIN: usize = 900;

/// One file, as `media/file` sends it.
#[derive(Debug, Clone)]
pub(crate) struct MediaFile {
    pub(crate) nm: Option<u64>,
    /// From 1.
    pub(crate) number: Option<usize>,
    pub(crate) bytes: bytes::Bytes,
}

impl Shop {
    /// `media/save`: the links take the place of everything that the card had.
    pub(crate) fn save_links(&mut self, body: &[u8], now: DateTime<Utc>) -> Result<(), Refusal> {
        let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::bad("Invalid request format"))?;
        let nm = body["nmId"].as_u64().ok_or_else(|| Refusal::new(422, "nmId is required"))?;
        let links = body["data"].as_array().ok_or_else(|| Refusal::bad("Invalid request format"))?;
        let links: Option<Vec<&str>> = links.iter().map(Value::as_str).collect();
        let links = links.ok_or_else(|| Refusal::bad("Invalid request format"))?;
        let bad: Vec<_> = links.iter().copied().filter(|link| !leads_to_file(link)).collect();
        if !bad.is_empty() {
            return Err(Refusal::new(409, "Some links were not saved").with(json!({ "links": bad })));
        }
        let (videos, pictures): (Vec<&str>, Vec<&str>) = links.iter().partition(|link| is_video(link));
        if pictures.len() > PICTURES_MAX || videos.len() > 1 {
            return Err(Refusal::bad(format!("A card has at most {PICTURES_MAX} images and one video")));
        }
        let card = self.cards.iter_mut().find(|card| card.nm == nm).ok_or_else(no_card)?;
        card.photos = pictures.into_iter().map(str::to_owned).collect();
        card.video = videos.first().map(|link| (*link).to_owned());
        card.updated = now;
        Ok(())
    }

    /// `media/file`: puts a picture in its place or behind the last one, or the film.
    pub(crate) fn save_file(&mut self, file: &MediaFile, now: DateTime<Utc>) -> Result<(), Refusal> {
        let nm = file.nm.ok_or_else(|| Refusal::bad("X-Nm-Id is required"))?;
        let number = file.number.filter(|number| (1..=PICTURES_MAX).contains(number));
        let number = number.ok_or_else(|| Refusal::bad(format!("X-Photo-Number must be from 1 to {PICTURES_MAX}")))?;
        let video = file.bytes.get(4..8) == Some(b"ftyp");
        let max = if video { self.bounds.video_bytes_max } else { self.bounds.picture_bytes_max };
        if file.bytes.len() > max {
            return Err(Refusal::bad(format!("The file must not be larger than {max} bytes")));
        }
        if !video {
            check_picture(&file.bytes)?;
        }
        let card = self.cards.iter_mut().find(|card| card.nm == nm).ok_or_else(no_card)?;
        let part = format!("https://basket-01.wbbasket.ru/vol{}/part{}/{nm}", nm / 100_000, nm / 1_000);
        if video {
            card.video = Some(format!("{part}/hls/1440p/index.m3u8"));
        } else if number > card.photos.len() {
            card.photos.push(format!("{part}/images/big/{}.webp", card.photos.len() + 1));
        } else {
            card.photos[number - 1] = format!("{part}/images/big/{number}.webp");
        }
        card.updated = now;
        Ok(())
    }
}

fn no_card() -> Refusal {
    Refusal::bad("Invalid nmId")
}

/// Over HTTP, and not to a page.
fn leads_to_file(link: &str) -> bool {
    let Ok(url) = Url::parse(link) else { return false };
    let page = ["html", "htm", "txt", "php"].iter().any(|end| ends_with(&url, end));
    link.len() <= LINK_BYTES_MAX && matches!(url.scheme(), "http" | "https") && url.path().len() > 1 && !page
}

fn is_video(link: &str) -> bool {
    Url::parse(link).is_ok_and(|url| ends_with(&url, "mp4") || ends_with(&url, "mov"))
}

fn ends_with(url: &Url, extension: &str) -> bool {
    url.path().rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case(extension))
}

fn check_picture(bytes: &[u8]) -> Result<(), Refusal> {
    let format = imagesize::image_type(bytes).map_err(|_| Refusal::bad("Unsupported file format"))?;
    if !matches!(format, ImageType::Jpeg | ImageType::Png | ImageType::Bmp | ImageType::Gif | ImageType::Webp) {
        return Err(Refusal::bad("Unsupported file format"));
    }
    let size = imagesize::blob_size(bytes).map_err(|_| Refusal::bad("The image cannot be read"))?;
    if size.width < WIDTH_PX_MIN || size.height < HEIGHT_PX_MIN {
        let text = format!("Image resolution must be at least {WIDTH_PX_MIN}x{HEIGHT_PX_MIN}");
        return Err(Refusal::bad(format!("{text}, it is {}x{}", size.width, size.height)));
    }
    Ok(())
}
