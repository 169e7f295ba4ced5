//! Calls over real sockets on loopback.

use super::*;

fn pages(request: &str) -> Vec<u8> {
    match request.split_whitespace().nth(1).unwrap_or_default() {
        "/json" => answer("application/json", r#"{"price": 100}"#),
        "/cyrillic" => answer("text/html; charset=windows-1251", b"\xf6\xe5\xed\xe0"),
        "/png" => answer("image/png", b"\x89PNG"),
        "/binary" => answer("text/plain", b"a\0b"),
        "/large" => answer("text/plain", "ж\n".repeat(1_000_000)),
        "/gzip" => {
            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx"
                .into()
        }
        "/bare" => b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone".into(),
        "/empty" => b"HTTP/1.1 204 No Content\r\n\r\n".into(),
        "/slow" => b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nabcHANG".into(),
        "/silent" => b"HANG".into(),
        "/broken" => b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nabc".into(),
        "/garbage" => b"this is not HTTP\r\n\r\n".into(),
        other => answer("text/plain", format!("you asked for {other}")),
    }
}

/// The tool, and the address of a server that it may reach as `site.test`.
async fn site(change: impl FnOnce(&mut HttpToolConfig)) -> (HttpTool, Server, String) {
    let server = Server::start("127.0.0.2", pages).await;
    let mut config = config(&[format!("site.test:{}", server.port())]);
    change(&mut config);
    let tool = tool(config, Scripted::new("127.0.0.2"));
    let base = format!("http://site.test:{}", server.port());
    (tool, server, base)
}

#[tokio::test]
async fn an_answer_comes_back_with_status_type_and_text() {
    let (tool, server, base) = site(|_| {}).await;
    let expected = json!({"status": 200, "contentType": "application/json", "body": "{\"price\": 100}"});
    assert_eq!(get(&tool, &format!("{base}/json#part")).await.unwrap(), expected);
    let heard = server.heard().remove(0).to_lowercase();
    assert!(heard.starts_with("get /json http/1.1\r\n"), "{heard}");
    for absent in ["authorization", "cookie", "referer", "accept-encoding", "idempotency-key"] {
        assert!(!heard.contains(absent), "{heard}");
    }
    assert_eq!(get(&tool, &format!("{base}/cyrillic")).await.unwrap()["body"], "цена");
    assert_eq!(get(&tool, &format!("{base}/bare")).await.unwrap()["status"], 404);
    assert_eq!(get(&tool, &format!("{base}/empty")).await.unwrap()["body"], "");
}

#[tokio::test]
async fn a_post_carries_body_headers_and_the_key_of_the_call() {
    let (tool, server, base) = site(|_| {}).await;
    let headers = json!({"Content-Type": "application/json", "ACCEPT": "text/plain"});
    let arguments = json!({"url": base, "method": "POST", "headers": headers, "body": "{\"a\":\"ж\"}"});
    tool.call(arguments, &context()).await.unwrap();
    let heard = server.heard().remove(0);
    for part in [
        "POST / HTTP",
        "content-type: application/json",
        "accept: text/plain",
        "idempotency-key: first-call-7",
        "{\"a\":\"ж\"}",
    ] {
        assert!(heard.contains(part), "{part} is not in: {heard}");
    }
}

#[tokio::test]
async fn a_long_body_is_cut_while_it_comes_in() {
    let (tool, _server, base) = site(|_| {}).await;
    let result = get(&tool, &format!("{base}/large")).await.unwrap();
    assert_eq!(result["truncated"], true);
    assert!(result["body"].as_str().unwrap().starts_with("ж\nж\n"));
    let bytes = result.to_string().len();
    assert!((1990..=2000).contains(&bytes), "{bytes} bytes");
}

#[tokio::test]
async fn what_is_not_text_is_refused() {
    let (tool, _server, base) = site(|_| {}).await;
    for (path, says) in [
        ("/png", "`image/png`"),
        ("/binary", "not text"),
        ("/gzip", "encoded as `gzip`"),
        ("/broken", "broke off"),
        ("/garbage", "broke off or is not HTTP"),
    ] {
        let error = get(&tool, &format!("{base}{path}")).await.expect_err(path).to_string();
        assert!(error.contains(says), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_go_on_costs_no_more_than_the_time_of_a_call() {
    let time_max = Duration::from_millis(200);
    let (tool, _server, base) = site(|config| config.time_max = time_max).await;
    for path in ["/slow", "/silent"] {
        assert_eq!(get(&tool, &format!("{base}{path}")).await, Err(ToolError::TimedOut(time_max)), "{path}");
    }
}

#[tokio::test]
async fn nobody_there_is_said_without_an_address() {
    let tool = tool(config(&["site.test:1".into()]), Scripted::new("127.0.0.2"));
    let error = get(&tool, "http://site.test:1/").await.unwrap_err();
    assert_eq!(error, ToolError::Failed("`site.test` cannot be reached".into()));
    let unknown = super::tool(config(&["site.test".into()]), Scripted::new(""));
    let error = get(&unknown, "http://site.test/").await.unwrap_err();
    assert_eq!(error, ToolError::Failed("`site.test` cannot be reached".into()));
}

/// A server that redirects to what the path says, the tool that may follow, and a server inside with a secret.
async fn redirecting(redirects_max: usize) -> (HttpTool, String, Server) {
    let inner = Server::start("127.0.0.1", |_| answer("text/plain", "secret")).await;
    let outer = Server::start("127.0.0.2", |request| {
        let path = request.split_whitespace().nth(1).unwrap_or_default();
        match path.strip_prefix("/to/").and_then(|rest| rest.split_once('/')) {
            Some((status, target)) => redirect(status.parse().unwrap(), target),
            None => answer("text/plain", path),
        }
    })
    .await;
    let port = outer.port();
    let hosts = [
        format!("site.test:{port}"),
        format!("inner.test:{}", inner.port()),
        format!("127.0.0.1:{}", inner.port()),
        format!("other.test:{port}"),
    ];
    let config = HttpToolConfig { redirects_max, ..config(&hosts) };
    let tool = tool(config, Arc::new(ByName));
    (tool, format!("http://site.test:{port}"), inner)
}

/// `inner.test` is inside, everything else plays the public internet.
#[derive(Debug)]
struct ByName;

#[async_trait]
impl Resolver for ByName {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![if host == "inner.test" { [127, 0, 0, 1].into() } else { [127, 0, 0, 2].into() }])
    }
}

#[tokio::test]
async fn redirects_are_not_followed_unless_allowed() {
    let (tool, base, _inner) = redirecting(0).await;
    let error = get(&tool, &format!("{base}/to/302//next")).await.unwrap_err().to_string();
    assert!(error.contains("302") && error.contains("`/next`") && error.contains("does not follow"), "{error}");
}

#[tokio::test]
async fn allowed_redirects_are_followed_up_to_their_number() {
    let (tool, base, _inner) = redirecting(2).await;
    let result = get(&tool, &format!("{base}/to/301//to/307//end")).await.unwrap();
    assert_eq!((&result["body"], &result["url"]), (&json!("/end"), &json!(format!("{base}/end"))));
    let error = get(&tool, &format!("{base}/to/302//to/302//to/302//end")).await.unwrap_err().to_string();
    assert!(error.contains("more than 2 times"), "{error}");
}

#[tokio::test]
async fn a_redirect_cannot_lead_inside() {
    let (tool, base, inner) = redirecting(3).await;
    let port = inner.port();
    for (target, says) in [
        (format!("http://127.0.0.1:{port}/"), "public internet"),
        (format!("http://0x7f.1:{port}/"), "public internet"),
        (format!("http://inner.test:{port}/"), "public internet"),
        (format!("//inner.test:{port}/"), "public internet"),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), "may call"),
        ("http://elsewhere.test/".to_owned(), "may call"),
        ("file:///etc/passwd".to_owned(), "http://"),
        (format!("http://user:pw@site.test:{port}/"), "user name"),
        ("http://[".to_owned(), "malformed"),
    ] {
        let error = get(&tool, &format!("{base}/to/302/{target}")).await.expect_err(&target).to_string();
        assert!(error.contains(says), "{target}: {error}");
    }
    assert_eq!(inner.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_written_goes_to_no_other_host() {
    let (tool, base, _inner) = redirecting(3).await;
    let other = base.replace("site.test", "other.test");
    let post = |status: u16, target: &str| {
        let arguments = json!({"url": format!("{base}/to/{status}/{target}/end"), "method": "POST", "body": "x"});
        let tool = &tool;
        async move { tool.call(arguments, &context()).await }
    };
    assert_eq!(post(307, &base).await.unwrap()["status"], 200);
    assert!(post(307, &other).await.unwrap_err().to_string().contains("another host"));
    assert!(post(308, &other).await.unwrap_err().to_string().contains("another host"));
    // A redirect that makes a GET of it carries nothing along.
    assert_eq!(post(303, &other).await.unwrap()["status"], 200);
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let (outer, inner) = twins().await;
    let port = inner.port();
    let resolver = Scripted::new("127.0.0.2 127.0.0.1");
    let tool = tool(config(&[format!("site.test:{port}")]), Arc::clone(&resolver) as _);
    let first = get(&tool, &format!("http://site.test:{port}/")).await.unwrap();
    assert_eq!(first["body"], "public");
    assert_eq!(resolver.asked().len(), 1, "looked up once, and connected to what was checked");
    let second = get(&tool, &format!("http://site.test:{port}/")).await.unwrap_err().to_string();
    assert!(second.contains("public internet"), "{second}");
    assert_eq!((outer.heard().len(), inner.heard().len()), (1, 0));
}

/// A server outside and one inside on the same port.
async fn twins() -> (Server, Server) {
    for _ in 0..20 {
        let outer = TcpListener::bind("127.0.0.2:0").await.unwrap();
        // Another process may have the port on the other address.
        if let Ok(inner) = TcpListener::bind(("127.0.0.1", outer.local_addr().unwrap().port())).await {
            let outer = Server::on(outer, |_| answer("text/plain", "public"));
            return (outer, Server::on(inner, |_| answer("text/plain", "secret")));
        }
    }
    panic!("no port is free on both addresses");
}

/// The environment of a process cannot be changed safely while it runs, so the test runs again in a process of its own.
#[test]
fn proxies_of_the_environment_play_no_part() {
    let dead = "http://127.0.0.1:9";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tools::http::tests::live::an_answer_comes_back_with_status_type_and_text"])
        .envs(["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"].map(|name| (name, dead)))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
