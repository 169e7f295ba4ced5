//! Reads what a request brings, and no more than it may bring.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, web::Payload};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use serde_json::json;

use super::{answers::too_long, header};
use crate::{
    calls::{Answer, Call},
    options::Bounds,
    shop::MediaFile,
};

/// The body, or for `media/file` the file.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    call: Call,
    bounds: &Bounds,
) -> Result<(Bytes, Option<MediaFile>), Answer> {
    if call != Call::MediaFile {
        return Ok((collect(payload, bounds.body_bytes_max).await?, None));
    }
    let file = file(Multipart::new(request.headers(), payload), bounds.video_bytes_max).await?;
    let number = |name| header(request, name).and_then(|value| value.trim().parse().ok());
    let nm = header(request, "X-Nm-Id").and_then(|value| value.trim().parse().ok());
    Ok((Bytes::new(), file.map(|bytes| MediaFile { nm, number: number("X-Photo-Number"), bytes })))
}

/// The part that is called `uploadfile`; the others are read and dropped.
async fn file(mut parts: Multipart, bytes_max: usize) -> Result<Option<Bytes>, Answer> {
    let mut file = None;
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| malformed())?;
        let wanted = part.name() == Some("uploadfile");
        let bytes = collect(part, bytes_max).await?;
        if wanted && file.is_none() {
            file = Some(bytes);
        }
    }
    Ok(file)
}

async fn collect<E>(mut chunks: impl Stream<Item = Result<Bytes, E>> + Unpin, max: usize) -> Result<Bytes, Answer> {
    let mut body = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| malformed())?;
        if body.len() + chunk.len() > max {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn malformed() -> Answer {
    let body = json!({ "data": null, "error": true, "errorText": "Invalid request format", "additionalErrors": {} });
    Answer { status: 400, body }
}

/// A body of the sandbox's own calls.
pub(super) async fn small(payload: Payload) -> Result<Bytes, Answer> {
    const BYTES_MAX: usize = 64 << 10;
    collect(payload, BYTES_MAX).await
}
