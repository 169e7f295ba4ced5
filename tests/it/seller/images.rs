//! Photos made in the test, and a place on this machine that serves them.

use std::{io::Cursor, sync::Arc};

use image::{ImageFormat, Rgb, RgbImage};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What is sent under a name.
pub(super) enum File {
    Whole(&'static str, Vec<u8>),
    /// Zeros behind the head of a JPEG, for as long as somebody reads.
    Endless,
}

pub(super) struct Files {
    port: u16,
    accepting: JoinHandle<()>,
}

impl Files {
    pub(super) async fn serve(files: Vec<(&'static str, File)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, files) = (listener.local_addr().unwrap().port(), Arc::new(files));
        let accepting = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, Arc::clone(&files)));
            }
        });
        Self { port, accepting }
    }

    pub(super) fn link(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.port)
    }

    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A reader that goes away in the middle is none of our business: its errors are passed over.
async fn answer(mut socket: TcpStream, files: Arc<Vec<(&'static str, File)>>) {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !request.windows(4).any(|part| part == b"\r\n\r\n") {
        match socket.read(&mut buffer).await {
            Ok(count) if count > 0 => request.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let name = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    match files.iter().find(|(known, _)| *known == name) {
        None => drop(socket.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await),
        Some((_, File::Whole(kind, bytes))) => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", bytes.len());
            socket.write_all(head.as_bytes()).await.ok();
            socket.write_all(bytes).await.ok();
        }
        Some((_, File::Endless)) => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\nconnection: close\r\n\r\n\xff\xd8\xff\xe0";
            let (zeros, mut sent) = (vec![0; 65_536], socket.write_all(head).await);
            while sent.is_ok() {
                sent = socket.write_all(&zeros).await;
            }
        }
    }
}

/// A made-up product on white, 3:4; other seeds look otherwise.
pub(super) fn product(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let wave = ((x * 9.0 + f64::from(seed)).sin() + (y * 7.0 + f64::from(seed * 3)).cos()) * 2.0;
        match (0.2..0.8).contains(&x) && (0.15..0.85).contains(&y) {
            true if wave.fract().abs() < 0.4 => Rgb([180, 30, 40]),
            true if wave > 0.0 => Rgb([40, 60, 140]),
            true => Rgb([90, 90, 100]),
            false => Rgb([255; 3]),
        }
    })
}

pub(super) fn jpeg(image: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).unwrap();
    bytes
}

/// A PNG of a few hundred bytes whose head says 30,000 by 30,000 pixels, which would be 2.7 GB.
pub(super) fn bomb() -> Vec<u8> {
    let mut bytes = Vec::new();
    RgbImage::new(8, 8).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    let crc = checksum(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&crc);
    bytes
}

/// Of a chunk (PNG, annex D).
fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
