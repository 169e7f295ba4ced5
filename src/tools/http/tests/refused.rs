//! Ways to write an address, and a request, that must not get out. The host is always on the list of allowed hosts, so
//! that it is the address, not the list, that is refused.

use reqwest::Url;

use super::*;

/// Addresses inside, in every notation that some parser of URLs takes.
const INNER_LITERALS: &str = "
    http://127.0.0.1/ http://127.0.0.1./ http://127.1/ http://127.0.1/ http://127.255.255.254/ http://0/ http://0.0.0.0/
    http://2130706433/ http://0x7f000001/ http://0x7f.0.0.1/ http://0x7f.1/ http://0177.0.0.1/ http://017700000001/
    http://0177.0x0.0.1/ http://00000177.0.0.1/ http://127.0.0.0x1/ http://127%2e0%2e0%2e1/ http://%31%32%37.0.0.1/
    http://127。0。0。1/ http://①②⑦.⓪.⓪.① http://127．0．0．1/ http://0X7F.0X0.0X0.0X1/
    http://10.0.0.1/ http://10.1/ http://167772161/ http://012.0.0.1/ http://0xa.1/ http://172.16.0.1/ http://172.31.1/
    http://192.168.0.1/ http://192.168.257/ http://3232235521/ http://0xc0a80001/ http://100.64.0.1/ http://198.18.0.1/
    http://169.254.169.254/ http://2852039166/ http://0xa9fea9fe/ http://0251.0376.0251.0376/ http://169.254.43518/
    http://169.254.169.254:8080/latest/meta-data http://192.0.0.192/ http://192.0.2.1/ http://198.51.100.1/
    http://203.0.113.1/ http://224.0.0.1/ http://239.1.1.1/ http://240.0.0.1/ http://255.255.255.255/ http://4294967295/
    https://127.0.0.1/ https://[::1]/ https://0x7f.1:8443/
    http://[::]/ http://[::1]/ http://[0:0:0:0:0:0:0:1]/ http://[0000::0001]/ http://[::127.0.0.1]/ http://[::7f00:1]/
    http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/ http://[0:0:0:0:0:ffff:127.0.0.1]/ http://[::FFFF:10.0.0.1]/
    http://[::ffff:a9fe:a9fe]/ http://[::ffff:0:127.0.0.1]/ http://[64:ff9b::127.0.0.1]/ http://[64:ff9b::a00:1]/
    http://[64:ff9b::a9fe:a9fe]/ http://[64:ff9b:1::1]/ http://[2002:7f00:1::]/ http://[2002:a9fe:a9fe::1]/
    http://[2001::1]/ http://[2001:0:53aa:64c:0:fbff:80ff:fffe]/ http://[2001:db8::1]/ http://[fc00::1]/
    http://[fd00:ec2::254]/ http://[fe80::1]/ http://[fec0::1]/ http://[ff02::1]/ http://[100::1]/ http://[3fff::1]/
    http://[5f00::1]/ http://[::1]:8080/";

#[tokio::test]
async fn no_notation_of_an_inner_address_is_called() {
    let resolver = Scripted::new("");
    let mut tried = 0;
    for url in INNER_LITERALS.split_whitespace() {
        let parsed = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        let host = parsed.host_str().unwrap();
        let own = parsed.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let tool = tool(config(&[own]), Arc::clone(&resolver) as _);
        let error = get(&tool, url).await.expect_err(url).to_string();
        assert!(error.contains("does not stand on the public internet"), "{url}: {error}");
        tried += 1;
    }
    assert!(tried >= 80, "{tried} notations");
    assert_eq!(resolver.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn no_name_of_an_inner_address_is_called() {
    let inside = "127.0.0.1 10.0.0.1 169.254.169.254 0.0.0.0 100.64.0.1 224.0.0.1 ::1 :: fe80::1 fd00:ec2::254 \
         ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 2001::1 8.8.8.8,127.0.0.1 2a00:1450::1,::1";
    for addresses in inside.split_whitespace() {
        let tool = tool(config(&["site.test".into()]), Scripted::new(addresses));
        let error = get(&tool, "http://site.test/").await.expect_err(addresses).to_string();
        assert!(error.contains("`site.test` does not stand on the public internet"), "{addresses}: {error}");
        assert!(!error.contains("127.0.0.1") && !error.contains("::1"), "tells what is inside: {error}");
    }
}

#[tokio::test]
async fn localhost_is_looked_up_and_refused() {
    let tool = tool(config(&["localhost".into()]), Arc::new(SystemResolver));
    let error = get(&tool, "http://LOCALHOST/").await.unwrap_err().to_string();
    assert!(error.contains("public internet"), "{error}");
}

#[tokio::test]
async fn only_hosts_of_the_list_are_called_and_only_by_their_port() {
    let resolver = Scripted::new("127.0.0.2");
    let tool = tool(config(&["site.test".into(), "*.cdn.test:81".into()]), Arc::clone(&resolver) as _);
    for url in [
        "http://other.test/",
        "http://site.test:81/",
        "http://site.test.evil.test/",
        "http://evilsite.test/",
        "http://sub.site.test/",
        "http://cdn.test:81/",
        "http://a.cdn.test/",
        "http://evil.test/site.test",
        "http://evil.test?site.test",
        "http://evil.test#site.test",
        "http://8.8.8.8/",
    ] {
        let error = get(&tool, url).await.expect_err(url).to_string();
        assert!(error.contains("is not one that this tool may call"), "{url}: {error}");
    }
    assert_eq!(resolver.asked(), Vec::<String>::new(), "a refused host is not even looked up");
}

#[tokio::test]
async fn the_default_config_calls_nothing() {
    let tool = tool(HttpToolConfig::default(), Scripted::new("8.8.8.8"));
    assert!(get(&tool, "https://example.com/").await.unwrap_err().to_string().contains("may call"));
}

#[track_caller]
fn bad(answered: Result<Value, ToolError>, says: &str) {
    match answered {
        Err(ToolError::BadArguments(words)) if words.contains(says) => {}
        other => panic!("expected {says}: {other:?}"),
    }
}

#[tokio::test]
async fn a_request_that_is_not_plain_http_is_refused() {
    let tool = tool(config(&["site.test".into()]), Scripted::new("127.0.0.2"));
    for url in [
        "file:///etc/passwd",
        "gopher://site.test/",
        "ftp://site.test/",
        "unix:///run/x",
        "data:text/plain,x",
        "ws://site.test/",
    ] {
        bad(get(&tool, url).await, "http://");
    }
    for url in ["http://user@site.test/", "http://:secret@site.test/", "http://site.test:80@evil.test/"] {
        bad(get(&tool, url).await, "user name");
    }
    for url in [
        "site.test",
        "/path",
        "http://",
        "http://[fe80::1%25eth0]/",
        "http://[::1",
        "http://256.1.1.1/",
        "http://a b/",
        "http://site.test/\\@evil.test",
        "http://site.test/\r\nx",
        " http://site.test/",
    ] {
        bad(get(&tool, url).await, "can be called");
    }
    let call = |arguments: Value| {
        let tool = &tool;
        async move { tool.call(arguments, &context()).await }
    };
    bad(call(json!({"url": "http://site.test/", "method": "DELETE"})).await, "allowed are GET, HEAD, POST");
    bad(call(json!({"url": "http://site.test/", "body": "x"})).await, "a GET request has no `body`");
    for name in
        ["Authorization", "cookie", "HOST", "x-forwarded-for", "proxy-authorization", "content-length", "te", ""]
    {
        bad(call(json!({"url": "http://site.test/", "headers": {name: "x"}})).await, "cannot be set");
    }
    bad(call(json!({"url": "http://site.test/", "headers": {"accept": "a\r\nHost: b"}})).await, "characters");
}

#[test]
fn a_method_that_is_not_for_tools_is_refused() {
    for methods in [vec![], vec![Method::TRACE], vec![Method::GET, Method::CONNECT], vec![Method::OPTIONS]] {
        let config = HttpToolConfig { methods, ..HttpToolConfig::default() };
        let made = HttpTool::with_resolver("http", config, Scripted::new(""));
        assert!(matches!(made, Err(HttpToolError::BadMethod(_))), "{made:?}");
    }
}

#[test]
fn the_effect_is_that_of_the_worst_method_unless_config_says() {
    use crate::tools::Effect;
    for (methods, effect) in [
        (vec![Method::GET, Method::HEAD], Effect::Pure),
        (vec![Method::GET, Method::PUT, Method::DELETE], Effect::NonIdempotent),
        (vec![Method::GET, Method::POST], Effect::NonIdempotent),
        (vec![Method::PATCH], Effect::NonIdempotent),
    ] {
        let tool = tool(HttpToolConfig { methods, ..HttpToolConfig::default() }, Scripted::new(""));
        assert_eq!(tool.spec().effect, effect);
        let writes = tool.spec().parameters["properties"].get("body").is_some();
        assert_eq!(writes, effect != Effect::Pure);
    }
    let said =
        HttpToolConfig { methods: vec![Method::PUT], effect: Some(Effect::Idempotent), ..HttpToolConfig::default() };
    assert_eq!(tool(said, Scripted::new("")).spec().effect, Effect::Idempotent);
}
