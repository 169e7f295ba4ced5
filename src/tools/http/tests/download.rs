//! Files over real sockets on loopback: whole, or not at all.

use super::*;

const BYTES_MAX: usize = 1000;

fn files(request: &str) -> Vec<u8> {
    match request.split_whitespace().nth(1).unwrap_or_default() {
        "/fits" => answer("image/png", [7; BYTES_MAX]),
        "/announced" => b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\nHANG".into(),
        "/endless" => {
            let chunk = format!("3e8\r\n{}\r\n", "x".repeat(BYTES_MAX));
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}1\r\nx\r\nHANG").into_bytes()
        }
        "/none" => b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone".into(),
        "/gzip" => b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx".into(),
        "/broken" => b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc".into(),
        "/moved" => redirect(302, "/fits"),
        "/inside" => redirect(302, "http://127.0.0.1/secret"),
        "/twice" => redirect(302, "/moved"),
        other => answer("text/plain", other),
    }
}

async fn downloader() -> (Downloader, String, Server) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = Server::start("127.0.0.2", files).await;
    let config = DownloaderConfig {
        hosts_allowed: vec![format!("site.test:{}", server.port()).parse().unwrap(), "127.0.0.1".parse().unwrap()],
        private_addresses_allowed: vec!["127.0.0.2/32".parse().unwrap()],
        redirects_max: 1,
        bytes_max: BYTES_MAX,
    };
    let base = format!("http://site.test:{}", server.port());
    (Downloader::with_resolver(config, Scripted::new("127.0.0.2")).unwrap(), base, server)
}

#[tokio::test]
async fn a_file_comes_whole_also_after_a_redirect() {
    let (downloader, base, _server) = downloader().await;
    for path in ["/fits", "/moved"] {
        assert_eq!(downloader.get(&format!("{base}{path}")).await, Ok(vec![7; BYTES_MAX]), "{path}");
    }
}

#[tokio::test]
async fn a_file_that_is_too_long_is_refused_before_the_rest_of_it_comes() {
    let (downloader, base, _server) = downloader().await;
    // Neither of these answers ever ends: whoever read to the end would wait for ever.
    for path in ["/announced", "/endless"] {
        assert_eq!(downloader.get(&format!("{base}{path}")).await, Err(DownloadError::TooLarge(BYTES_MAX)), "{path}");
    }
}

#[tokio::test]
async fn what_is_no_file_or_may_not_be_fetched_is_told() {
    let (downloader, base, server) = downloader().await;
    let at = |path: &str| format!("{base}{path}");
    for (url, kind, says) in [
        (at("/none"), "Status", "404"),
        (at("/gzip"), "Unreachable", "gzip"),
        (at("/broken"), "Unreachable", "broke off"),
        (at("/twice"), "Unreachable", "more than 1 times"),
        (at("/inside"), "NotAllowed", "127.0.0.1"),
        ("http://127.0.0.1/".into(), "NotAllowed", "public internet"),
        ("http://elsewhere.test/".into(), "NotAllowed", "elsewhere.test"),
        ("ftp://site.test/".into(), "NotAllowed", "http://"),
        ("http://user@site.test/".into(), "NotAllowed", "user name"),
        ("no address".into(), "NotAllowed", "' '"),
    ] {
        let error = downloader.get(&url).await.unwrap_err();
        assert!(format!("{error:?}").starts_with(kind) && error.to_string().contains(says), "{url}: {error:?}");
    }
    assert_eq!(server.heard().len(), 6, "nothing was asked of a host that may not be called");
}
