//! What is set on each accepted socket, and the means to cut it.
//!
//! Dropping a response does not close the socket of a client that never reads: the bytes in the kernel's buffer keep it.
//! So each connection keeps a duplicate of its descriptor, which can be shut down from outside.

use std::{any::Any, io::ErrorKind, mem::MaybeUninit, net::Shutdown, os::fd::AsFd, sync::Arc, time::Duration};

use actix_web::{HttpRequest, dev::Extensions, rt::net::TcpStream};
use socket2::{SockRef, Socket, TcpKeepalive};

use crate::actors::session::Cut;

/// What the kernel may hold for a client that does not read.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Kept with a connection.
#[derive(Debug, Clone)]
struct Connection(Arc<Socket>);

/// Sets a socket's options; called for each accepted connection.
pub fn prepare(connection: &dyn Any, extensions: &mut Extensions, write_deadline: Duration) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(30)).with_interval(Duration::from_secs(10));
    // Each of these makes things better; none is needed to serve.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES).ok();
    socket.set_tcp_keepalive(&keepalive).ok();
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(write_deadline)).ok();
    if let Ok(duplicate) = stream.as_fd().try_clone_to_owned() {
        extensions.insert(Connection(Arc::new(duplicate.into())));
    }
}

/// The means to cut the connection of a request.
pub fn cut(request: &HttpRequest) -> Cut {
    let connection = request.conn_data::<Connection>().cloned();
    Box::new(move || {
        if let Some(Connection(socket)) = &connection {
            socket.shutdown(Shutdown::Both).ok();
        }
    })
}

/// Whether the client of a request has closed its side, or is gone. Told without waiting, by the kernel.
pub fn is_closed(request: &HttpRequest) -> impl Fn() -> bool + 'static {
    let connection = request.conn_data::<Connection>().cloned();
    move || {
        let Some(Connection(socket)) = &connection else { return false };
        match socket.peek(&mut [MaybeUninit::uninit()]) {
            Ok(bytes) => bytes == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }
}
