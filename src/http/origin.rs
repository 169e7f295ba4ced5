//! Pages of other origins may not call, unless config names them.
//!
//! A browser lets any page open a WebSocket to any address and says only in `Origin` where the page came from. Without
//! this check a page on the internet could talk to the server on its visitor's machine.

use actix_web::{HttpRequest, http::header, web::Data};
use protocol::Code;

use super::{hub::Hub, problem::Problem};

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

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn only_the_very_same_host_and_port_is_the_same_origin() {
        assert!(is_same("http://localhost:8080", "localhost:8080"));
        assert!(is_same("https://EXAMPLE.com", "example.com"));
        for foreign in ["null", "http://localhost:8081", "http://localhost:8080.evil.com", "http://evil.com", "file://"]
        {
            assert!(!is_same(foreign, "localhost:8080"), "{foreign}");
        }
    }
}
