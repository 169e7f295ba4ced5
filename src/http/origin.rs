//! Which pages may call: a browser lets any page send requests to any address and says only in headers where the page came from.
//!
//! - `Origin`: a page of another origin may not call unless config names it. For reading answers the browser itself asks
//!   [`cors`]; WebSockets and simple requests it sends unasked, so [`check`] looks at each.
//! - `Host`: a page whose name was made to resolve to 127.0.0.1 (DNS rebinding) is of the same origin in the eyes of the
//!   browser. Its requests carry that name, so [`host_is_local`] tells them from those of this machine's user.

use std::net::IpAddr;

use actix_cors::Cors;
use actix_web::{
    HttpRequest,
    http::{Uri, header, uri::Authority},
    web::Data,
};
use protocol::Code;

use super::{hub::Hub, problem::Problem};

/// How long a browser may remember what it was allowed.
const PREFLIGHT_SECONDS: usize = 3600;
/// What proxies add to a request that they pass on.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// Answers browsers that ask whether a page of one of these origins may call.
pub fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "DELETE"])
        .allowed_headers(["authorization", "content-type", "idempotency-key", "last-event-id"])
        .expose_headers(["location", "retry-after"])
        // Requests of the server's own pages carry an `Origin` too; `check` refuses the others.
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Refuses a page of an origin that is neither this server's own nor named in `server.cors_origins`.
///
/// # Errors
/// `forbidden`.
pub fn check(request: &HttpRequest) -> Result<(), Problem> {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or("unreadable");
    let host = request.connection_info().host().to_owned();
    let named = request.app_data::<Data<Hub>>().is_some_and(|hub| hub.cors_origins.iter().any(|known| known == origin));
    if named || is_same(origin, &host) {
        return Ok(());
    }
    let shown: String = origin.chars().take(200).collect();
    let detail = format!("pages of `{shown}` may not call; name the origin in `server.cors_origins` to let them");
    Err(Problem::new(Code::Forbidden, detail))
}

fn is_same(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// Whether a request names the server by an address or by `localhost`. One without a name counts: no browser sends it.
pub fn host_is_local(request: &HttpRequest) -> bool {
    let in_header = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or("unreadable"));
    let in_line = request.uri().authority().map(Authority::as_str);
    in_header.is_none_or(names_local) && in_line.is_none_or(names_local)
}

fn names_local(host: &str) -> bool {
    let Ok(uri) = Uri::builder().scheme("http").authority(host).path_and_query("/").build() else { return false };
    let name = uri.host().unwrap_or_default();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

/// Whether a proxy passed the request on: then the peer's address says nothing about the caller.
pub fn is_forwarded(request: &HttpRequest) -> bool {
    FORWARDED.iter().any(|name| request.headers().contains_key(*name))
}

/// The address that the nearest proxy saw: the last one of `X-Forwarded-For`. Only for those who are believed.
pub fn forwarded_for(request: &HttpRequest) -> Option<IpAddr> {
    let last = request.headers().get_all("X-Forwarded-For").last()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{is_same, names_local};

    #[test]
    fn only_the_very_same_host_and_port_is_the_same_origin() {
        assert!(is_same("http://localhost:8080", "localhost:8080"));
        assert!(is_same("https://EXAMPLE.com", "example.com"));
        for foreign in ["null", "http://localhost:8081", "http://localhost:8080.evil.com", "http://evil.com", "file://"]
        {
            assert!(!is_same(foreign, "localhost:8080"), "{foreign}");
        }
    }

    #[test]
    fn a_name_that_is_not_localhost_could_be_anybodys() {
        for local in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]", "192.168.0.7"] {
            assert!(names_local(local), "{local}");
        }
        for foreign in
            ["evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example", "", "a b", "@", "evil@"]
        {
            assert!(!names_local(foreign), "{foreign}");
        }
    }
}
