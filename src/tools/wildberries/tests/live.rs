//! Over a real socket on loopback: what is sent, and what becomes of answers that are not whole.

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use url::Url;

use super::*;

/// A server that answers each connection with these bytes, and keeps what it was sent.
async fn server(answer: Vec<u8>) -> (HttpTransport, Arc<Mutex<Vec<String>>>) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base: Url = format!("http://{}/sandbox/", listener.local_addr().unwrap()).parse().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 64 * 1024];
            let mut text = String::new();
            while !is_whole(&text) {
                let count = stream.read(&mut buffer).await.unwrap();
                text += &String::from_utf8_lossy(&buffer[..count]);
            }
            hearing.lock().unwrap().push(text);
            stream.write_all(&answer).await.ok();
            stream.shutdown().await.ok();
        }
    });
    (HttpTransport::new(Some(base), 1000).unwrap(), heard)
}

/// Head and body, by its `content-length`.
fn is_whole(text: &str) -> bool {
    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        body.len() >= length.unwrap_or(0)
    })
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn request(body: Option<Body>) -> Request {
    let query = vec![("name", "3D очки & co".to_owned())];
    Request {
        host: Host::Content,
        path: "/content/v2/object/all".into(),
        query,
        headers: vec![("x-nm-id", "7".into())],
        body,
    }
}

async fn send(answer: Vec<u8>) -> Step {
    let (transport, _) = server(answer).await;
    transport.send(&request(None), &Secret::new("secret-token")).await
}

#[tokio::test]
async fn a_request_carries_token_query_and_headers_to_the_base_url() {
    let (transport, heard) = server(answer("200 OK", "{}")).await;
    let reply = transport.send(&request(None), &Secret::new("secret-token")).await.unwrap();
    assert_eq!(reply, Reply { status: 200, retry_after: None, body: "{}".into() });
    let heard = heard.lock().unwrap().remove(0);
    assert!(
        heard.starts_with("GET /sandbox/content/v2/object/all?name=3D+%D0%BE%D1%87%D0%BA%D0%B8+%26+co HTTP/1.1\r\n"),
        "{heard}"
    );
    for part in ["authorization: secret-token\r\n", "x-nm-id: 7\r\n"] {
        assert!(heard.contains(part), "{heard}");
    }
}

#[tokio::test]
async fn the_wait_of_a_429_is_read_from_the_marketplaces_header_first() {
    for (headers, expected) in [
        ("X-Ratelimit-Retry: 7\r\nRetry-After: 9", Some(7_000)),
        ("Retry-After: 9", Some(9_000)),
        ("X-Ratelimit-Retry: 0.5", Some(500)),
        ("X-Ratelimit-Retry: -1", None),
        ("X-Ratelimit-Retry: 1e400", None),
        ("Retry-After: Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("X-Other: 1", None),
    ] {
        let reply = send(answer(&format!("429 Too Many Requests\r\n{headers}"), "{}")).await.unwrap();
        assert_eq!((reply.status, reply.retry_after), (429, expected.map(Duration::from_millis)), "{headers}");
    }
}

#[tokio::test]
async fn answers_that_are_not_whole_or_too_large_are_told_apart() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}".to_vec();
    assert_eq!(send(cut).await, Err(SendError::Broken));
    assert_eq!(send(Vec::new()).await, Err(SendError::Broken));
    assert_eq!(send(b"garbage\r\n\r\n".to_vec()).await, Err(SendError::Broken));
    assert_eq!(send(answer("200 OK", &"x".repeat(1000))).await.map(|reply| reply.body.len()), Ok(1000));
    assert_eq!(send(answer("200 OK", &"x".repeat(1001))).await, Err(SendError::TooLarge(1000)));
    // A redirect is not followed: the token stays here.
    let redirect = answer("302 Found\r\nlocation: http://127.0.0.1:1/", "");
    assert_eq!(send(redirect).await.map(|reply| reply.status), Ok(302));
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let transport = HttpTransport::new(Some(base), 1000).unwrap();
    let sent = transport.send(&request(None), &Secret::new("t")).await;
    assert_eq!(sent, Err(SendError::NotSent));
}

#[tokio::test]
async fn a_file_travels_as_a_form_with_its_place() {
    let (transport, heard) = server(answer("200 OK", r#"{"data": {}, "error": false}"#)).await;
    let tokens = Tokens { for_others: Some(Secret::new("t")), ..Tokens::default() };
    let client =
        WildberriesClient::new(Arc::new(transport), tokens, CallLimits::default(), Arc::default(), Arc::new(clock()));
    let file = Bytes::from_static(b"\x89PNG the picture");
    client.shop("any").unwrap().media_file(7, 2, file).await.unwrap();
    let heard = heard.lock().unwrap().remove(0);
    for part in [
        "POST /sandbox/content/v3/media/file HTTP/1.1\r\n",
        "x-nm-id: 7\r\n",
        "x-photo-number: 2\r\n",
        "content-type: multipart/form-data; boundary=",
        "content-disposition: form-data; name=\"uploadfile\"; filename=\"file.png\"\r\ncontent-type: image/png\r\n\r\n",
        "PNG the picture\r\n--",
    ] {
        assert!(heard.contains(part), "{part} is not in {heard}");
    }
}
