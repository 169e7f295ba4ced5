//! Whole calls over sockets on loopback.

use std::net::IpAddr;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::tools::http::SystemResolver;

const BYTES_MAX: usize = 500_000;

#[derive(Debug)]
struct ToLoopback;

#[async_trait]
impl Resolver for ToLoopback {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(vec!["127.0.0.2".parse().unwrap()])
    }
}

/// Serves what its paths say on 127.0.0.2; gives its port.
async fn shop() -> u16 {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 2000];
                let count = stream.read(&mut buffer).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&buffer[..count]).into_owned();
                let (body, announced) = match request.split_whitespace().nth(1).unwrap_or_default() {
                    "/good.jpg" => (jpeg(&good(), 90), None),
                    "/again.webp" => (encoded(&good(), ImageFormat::WebP), None),
                    "/page.jpg" => (b"<!doctype html><html>sign in</html>".to_vec(), None),
                    "/huge.jpg" => (Vec::new(), Some(BYTES_MAX + 1)),
                    "/silent.jpg" => std::future::pending().await,
                    _ => (Vec::new(), None),
                };
                let length = announced.unwrap_or(body.len());
                let head = format!("HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\ncontent-length: {length}\r\n\r\n");
                stream.write_all(&[head.as_bytes(), &body].concat()).await.ok();
                stream.read_to_end(&mut Vec::new()).await.ok();
            });
        }
    });
    port
}

fn tool(port: u16, resolver: Arc<dyn Resolver>) -> ImageAnalysis {
    rustls::crypto::ring::default_provider().install_default().ok();
    let downloads = DownloaderConfig {
        hosts_allowed: vec![format!("shop.test:{port}").parse().unwrap()],
        private_addresses_allowed: vec!["127.0.0.2/32".parse().unwrap()],
        redirects_max: 0,
        bytes_max: BYTES_MAX,
    };
    let config = ImageAnalysisConfig { downloads, time_max: Duration::from_mins(1), description: None };
    ImageAnalysis::with_resolver("image_analysis", config, resolver).unwrap()
}

fn context() -> ToolContext {
    ToolContext::of_test()
}

#[tokio::test]
async fn each_photo_of_a_card_has_its_answer() {
    let port = shop().await;
    let urls = ["good.jpg", "page.jpg", "huge.jpg", "empty.jpg", "again.webp"];
    let urls: Vec<String> = urls.iter().map(|name| format!("http://shop.test:{port}/{name}")).collect();
    let urls: Vec<String> = urls.into_iter().chain(["http://elsewhere.test/x.jpg".into()]).collect();
    let answer = tool(port, Arc::new(ToLoopback)).call(json!({"urls": urls}), &context()).await.unwrap();
    let code = |at: usize| answer["images"][at]["failure"]["code"].as_str();
    assert_eq!(answer["images"][0]["accepted"], true, "{answer}");
    assert_eq!(answer["images"][0]["measures"]["format"], "jpeg", "{answer}");
    assert_eq!([1, 2, 3, 5].map(code), ["not_an_image", "too_large", "empty", "not_allowed"].map(Some), "{answer}");
    assert_eq!(answer["images"][4]["findings"][0]["code"], "near_duplicate", "{answer}");
    let pairs = answer["duplicates"].as_array().unwrap();
    assert_eq!((pairs.len(), &pairs[0]["first"], &pairs[0]["second"]), (1, &json!(1), &json!(5)), "{answer}");
    assert_eq!(answer["accepted"], 2, "a repeated photo is not refused");
}

#[tokio::test]
async fn a_file_may_come_as_text() {
    use base64::Engine;
    let data = base64::engine::general_purpose::STANDARD.encode(jpeg(&good(), 90));
    let answer = tool(1, Arc::new(SystemResolver)).call(json!({"data": data}), &context()).await.unwrap();
    assert_eq!(answer["images"][0]["measures"]["width"], 900, "{answer}");
    assert_eq!(answer["images"][0]["measures"]["hash"].as_str().map(str::len), Some(16), "{answer}");
    assert!(answer["images"][0].get("url").is_none(), "{answer}");
}

#[tokio::test]
async fn a_silent_host_does_not_take_the_others_with_it() {
    let port = shop().await;
    let context = ToolContext { time_max: Duration::from_millis(400), ..context() };
    let urls = json!({"urls": [format!("http://shop.test:{port}/silent.jpg"), "http://elsewhere.test/"]});
    let answer = tool(port, Arc::new(ToLoopback)).call(urls, &context).await.unwrap();
    assert_eq!(answer["images"][0]["failure"]["code"], "timed_out", "{answer}");
    assert!(answer["images"][0]["failure"]["message"].as_str().unwrap().contains("300ms"), "{answer}");
    assert_eq!(answer["images"][1]["failure"]["code"], "not_allowed", "{answer}");
}
