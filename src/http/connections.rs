//! Ends connections that have become useless. actix-web gives a deadline to the first request head of a connection and to
//! complete silence after it, but none to a later head that has begun, nor to a client that does not read its answer.

use std::{
    any::Any,
    net::{Shutdown, TcpStream as Socket},
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use actix_web::{
    Error as ActixError,
    body::MessageBody,
    dev::{Extensions, ServiceRequest, ServiceResponse},
    middleware::Next,
    rt::net::TcpStream,
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

/// Middleware: notes that the connection has a request, and when it has been answered.
pub async fn note_request(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let _running = request.conn_data::<Arc<Connection>>().cloned().map(Running::new);
    next.call(request).await
}
