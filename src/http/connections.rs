//! Ends connections that have become useless. actix-web gives a deadline to the first request head of a connection and to
//! complete silence after it, but none to a later head that has begun, nor to a client that does not read its answer.

use std::{
    any::Any,
    net::{Shutdown, TcpStream as Socket},
    os::fd::AsFd,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    Error as ActixError, HttpRequest,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Extensions, ServiceRequest, ServiceResponse},
    middleware::Next,
    rt::net::TcpStream,
    web::Bytes,
};
use tokio::time::Instant;

/// A connection, as its keeper sees it.
struct Connection {
    /// A second handle on the socket, for ending it.
    socket: Socket,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
struct State {
    running: u32,
    quiet_since: Instant,
}

/// A request that is being answered; noted as over when dropped, however it ended.
struct Running(Arc<Connection>);

impl Connection {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn new(connection: Arc<Connection>) -> Self {
        connection.state().running += 1;
        Self(connection)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running = state.running.saturating_sub(1);
        state.quiet_since = Instant::now();
    }
}

/// For each new connection: ends it once it has gone without a request for longer than `patience`.
pub fn hold_on(stream: &dyn Any, data: &mut Extensions, patience: Duration) {
    let Some(Ok(socket)) = stream.downcast_ref::<TcpStream>().map(|stream| stream.as_fd().try_clone_to_owned()) else {
        return;
    };
    let state = Mutex::new(State { running: 0, quiet_since: Instant::now() });
    let connection = Arc::new(Connection { socket: socket.into(), state });
    actix_web::rt::spawn(end_when_quiet(Arc::downgrade(&connection), patience));
    data.insert(connection);
}

/// Whether the client of a request has closed the connection. The server itself notices that only when it writes; an answer that is
/// sent bit by bit over a long time can ask this in between.
pub fn has_left(request: &HttpRequest) -> impl Fn() -> bool + Send + use<> {
    let connection = request.conn_data::<Arc<Connection>>().map(Arc::downgrade);
    move || {
        let Some(connection) = &connection else { return false };
        // The socket does not block, and what is peeked at stays there.
        connection.upgrade().is_none_or(|open| match open.socket.peek(&mut [0]) {
            Ok(bytes) => bytes == 0,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        })
    }
}

async fn end_when_quiet(connection: Weak<Connection>, patience: Duration) {
    loop {
        let Some(open) = connection.upgrade() else { return };
        let State { running, quiet_since } = *open.state();
        let end = if running == 0 { quiet_since + patience } else { Instant::now() + patience };
        if end <= Instant::now() {
            if let Err(error) = open.socket.shutdown(Shutdown::Both) {
                tracing::debug!(%error, "a quiet connection had ended already");
            }
            return;
        }
        drop(open);
        tokio::time::sleep_until(end).await;
    }
}

/// A body that is sent piece by piece. The connection is not quiet as long as the client takes them.
struct Pieces {
    body: BoxBody,
    connection: Arc<Connection>,
}

impl MessageBody for Pieces {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let piece = Pin::new(&mut self.body).poll_next(context);
        // The server asks for the next piece when the client has taken enough of those before.
        if piece.is_ready() {
            self.connection.state().quiet_since = Instant::now();
        }
        piece
    }
}

/// Middleware: notes that the connection has a request, and when it has been answered.
pub async fn note_request(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let _running = connection.clone().map(Running::new);
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| match (body.size(), connection) {
        (BodySize::Stream, Some(connection)) => BoxBody::new(Pieces { body: body.boxed(), connection }),
        _ => body.boxed(),
    }))
}

#[cfg(test)]
mod tests {
    use actix_web::body::{BodyStream, to_bytes};
    use futures_util::{StreamExt, stream};

    use super::*;

    #[actix_web::test]
    async fn a_connection_is_not_quiet_while_its_client_takes_pieces() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = Socket::connect(listener.local_addr().unwrap()).unwrap();
        let begun = Instant::now();
        let connection = Arc::new(Connection { socket, state: Mutex::new(State { running: 0, quiet_since: begun }) });
        let pieces = stream::iter(["a", "b", "c"]).then(|piece| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes()))
        });
        let body = Pieces { body: BoxBody::new(BodyStream::new(Box::pin(pieces))), connection: connection.clone() };
        assert_eq!(to_bytes(body).await.ok(), Some(Bytes::from_static(b"abc")));
        assert!(connection.state().quiet_since >= begun + Duration::from_millis(60));
    }
}
