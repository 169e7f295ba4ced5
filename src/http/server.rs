//! The HTTP server: routes, middleware, sockets.

use std::{
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, ResponseError,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{Server, ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    web::{Data, PathConfig, QueryConfig, ServiceConfig, route},
};
use actix_web_lab::middleware::CatchPanic;
use protocol::Code;
use socket2::{Domain, Socket, Type};

use super::{
    admin, agents, connection, conversations, graphs, health, history,
    hub::Hub,
    metrics, openapi, origin,
    problem::{Problem, from_path_error, from_query_error},
    sse, ws,
};

/// Connections that may wait to be taken. With the 128 of the standard library, clients that all come back at once would
/// try again only after seconds. The system may allow fewer (`net.core.somaxconn`).
const BACKLOG_CONNECTIONS: i32 = 8192;

/// How to serve; from config `server`.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The address to listen on.
    pub host: String,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// Threads for sockets.
    pub workers: usize,
    /// How long a client may take nothing at all.
    pub write_deadline: Duration,
    /// How long the head of a request may take.
    pub head_timeout: Duration,
    /// How long requests under way may take when the server goes down.
    pub shutdown_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 8080,
            workers: 2,
            write_deadline: Duration::from_secs(10),
            head_timeout: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}

/// A server that listens.
pub struct Serving {
    /// Runs until it is stopped.
    pub server: Server,
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Serving")
    }
}

/// Takes the port, before anything else is started.
///
/// # Errors
/// What keeps it from listening: the port is taken, the address is not this machine's.
pub fn bind(options: &ServerOptions) -> std::io::Result<TcpListener> {
    let mut failed = std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address");
    for address in (options.host.as_str(), options.port).to_socket_addrs()? {
        match listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // As the standard library does: a port whose last connections are not quite gone can be taken again.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG_CONNECTIONS)?;
    Ok(socket.into())
}

impl Serving {
    /// Serves on a port that was taken.
    ///
    /// # Errors
    /// What the sockets say.
    pub fn start(listener: TcpListener, hub: Data<Hub>, options: &ServerOptions) -> std::io::Result<Self> {
        let write_deadline = options.write_deadline;
        let factory = move || {
            App::new()
                .app_data(hub.clone())
                .wrap(CatchPanic::default())
                .wrap(from_fn(explain))
                .wrap(origin::cors(&hub.cors_origins))
                .configure(routes)
        };
        let server = HttpServer::new(factory)
            .workers(options.workers)
            .on_connect(move |socket, extensions| connection::prepare(socket, extensions, write_deadline))
            .client_request_timeout(options.head_timeout)
            .tcp_nodelay(true)
            .shutdown_timeout(options.shutdown_timeout.as_secs().max(1))
            .disable_signals()
            .listen(listener)?
            .run();
        Ok(Self { server })
    }
}

fn routes(config: &mut ServiceConfig) {
    config
        .app_data(PathConfig::default().error_handler(from_path_error))
        .app_data(QueryConfig::default().error_handler(from_query_error))
        .service(conversations::create)
        .service(conversations::send)
        .service(conversations::cancel)
        .service(conversations::decide)
        .service(conversations::end)
        .service(conversations::erase)
        .service(history::conversations)
        .service(history::messages)
        .service(history::interactions)
        .service(history::events)
        .service(conversations::get_one)
        .service(sse::open)
        .service(ws::open)
        .service(agents::list)
        .service(admin::agents)
        .service(admin::enable)
        .service(admin::disable)
        .service(admin::agent)
        .service(graphs::graph)
        .service(admin::route)
        .service(admin::supervision)
        .service(admin::conversations)
        .service(health::live)
        .service(health::ready)
        .service(metrics::metrics)
        .service(utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", openapi::document()))
        .default_service(route().to(nowhere));
}

async fn nowhere(request: HttpRequest) -> HttpResponse {
    let pattern = request.resource_map().match_pattern(request.path());
    let Some(allowed) = pattern.map(|pattern| openapi::methods(&pattern)).filter(|allowed| !allowed.is_empty()) else {
        let detail = "there is nothing here; GET /openapi.json lists what there is";
        return Problem::new(Code::NotFound, detail).error_response();
    };
    let allowed = allowed.join(", ");
    let detail = format!("this address takes {allowed}, not {}", request.method());
    let mut response = Problem::new(Code::MethodNotAllowed, detail).error_response();
    if let Ok(value) = header::HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// Gives errors that came from below (a panic, a refused upgrade) the form of the others.
async fn explain<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let path = request.path().to_owned();
    let (http_request, response) = match next.call(request).await {
        Ok(response) => return Ok(explained(response)),
        Err(error) => (path, error),
    };
    if response.as_error::<Problem>().is_some() {
        return Err(response);
    }
    tracing::error!(path = http_request, error = %response, "a request fell");
    Err(Problem::internal(&response.to_string()).into())
}

fn explained<B: MessageBody + 'static>(response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    if status.as_u16() < 400 || is_problem || response.request().path().starts_with("/readyz") {
        return response.map_into_left_body();
    }
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::new(Code::NotFound, "there is nothing here"),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::TooLarge, "the request is too large"),
        status if status.is_client_error() => Problem::field(format!("the request cannot be served: {status}")),
        _ => Problem::internal("a handler fell"),
    };
    response.into_response(problem.error_response()).map_into_right_body()
}
