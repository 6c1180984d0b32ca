//! A listening port that can be shut and opened again, and the HTTP server behind it.
//!
//! Shutting takes effect at once: the port refuses connections, running ones are cut. The port number stays ours all
//! the time, because sockets stay bound to it (one only stops listening), so other networks in the same test process
//! never get it.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use openssl::ssl::{Ssl, SslAcceptor};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio_openssl::SslStream;

/// Body of every answer.
pub(crate) type Body = BoxBody<Bytes, io::Error>;

/// Who is asking: each accepted connection has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Number of the TCP connection, unique in the process.
    pub connection: u64,
    /// Address of the client's end.
    pub peer: SocketAddr,
}

/// The tasks of a network: they end when it stops, and it can wait for that.
#[derive(Clone)]
pub(crate) struct Tasks {
    stop: watch::Receiver<bool>,
    /// Held by every task; closed when the last one has ended.
    alive: mpsc::Sender<Infallible>,
}

impl Tasks {
    pub(crate) fn new() -> (Self, watch::Sender<bool>, mpsc::Receiver<Infallible>) {
        let (stopper, stop) = watch::channel(false);
        let (alive, ended) = mpsc::channel(1);
        (Self { stop, alive }, stopper, ended)
    }

    /// Runs `work` until it ends or the network stops.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let Self { mut stop, alive } = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = work => {}
                _ = stop.wait_for(|stopped| *stopped) => {}
            }
            drop(alive);
        });
    }
}

/// Answers requests that come through a door. An error means: close the connection without an answer.
pub(crate) trait Answer: Send + Sync + 'static {
    /// Ends when somebody is there to speak on a new connection.
    fn ready(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    fn answer(
        self: Arc<Self>,
        arrival: Arrival,
        request: Request<Incoming>,
    ) -> impl Future<Output = io::Result<Response<Body>>> + Send;
}

/// A port on 127.0.0.1.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    /// Chose the port and never listens. The system gives a port that it chose back when its socket stops listening,
    /// one that was asked for it leaves alone; so `socket` asks for the port of this one.
    _reserved: std::net::TcpListener,
    socket: std::net::TcpListener,
    runtime: Handle,
    /// The registered listener while the door is open. A new one after each opening: the event loop remembers that
    /// the old one was hung up.
    open: watch::Sender<Option<Arc<TcpListener>>>,
}

impl Door {
    /// Binds an ephemeral port and listens.
    pub(crate) fn new() -> io::Result<Self> {
        let bind = |port: u16| -> io::Result<std::net::TcpListener> {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_reuse_address(true)?;
            socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
            socket.set_nonblocking(true)?;
            Ok(socket.into())
        };
        let reserved = bind(0)?;
        let address = reserved.local_addr()?;
        let socket = bind(address.port())?;
        let runtime = Handle::current();
        let door = Self { address, _reserved: reserved, socket, runtime, open: watch::Sender::new(None) };
        door.open()?;
        Ok(door)
    }

    /// Refuses new connections and cuts the running ones.
    pub(crate) fn shut(&self) {
        if self.open.send_replace(None).is_some() {
            // Where the system cannot stop listening (not Linux), the accept loop closes what comes in.
            let _ = SockRef::from(&self.socket).shutdown(std::net::Shutdown::Both);
        }
    }

    /// Ends when the door is shut.
    pub(crate) async fn until_shut(&self) {
        // The sender is ours, so that waiting cannot fail.
        let _ = self.open.subscribe().wait_for(Option::is_none).await;
    }

    /// Listens again.
    pub(crate) fn open(&self) -> io::Result<()> {
        if self.open.borrow().is_none() {
            let _context = self.runtime.enter();
            SockRef::from(&self.socket).listen(BACKLOG)?;
            self.open.send_replace(Some(Arc::new(TcpListener::from_std(self.socket.try_clone()?)?)));
        }
        Ok(())
    }

    /// Starts the server behind this door.
    pub(crate) fn serve<A: Answer>(&self, tasks: &Tasks, tls: Option<SslAcceptor>, who: Arc<A>) {
        let mut gate = self.open.subscribe();
        let inner = tasks.clone();
        tasks.spawn(async move {
            loop {
                let listener = gate.borrow_and_update().clone();
                let Some(listener) = listener else {
                    if gate.changed().await.is_err() {
                        return;
                    }
                    continue;
                };
                let accepted = tokio::select! {
                    biased;
                    _ = gate.changed() => continue,
                    accepted = listener.accept() => accepted,
                };
                let Ok((stream, peer)) = accepted else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let arrival = Arrival { connection: CONNECTIONS.fetch_add(1, Ordering::Relaxed), peer };
                let (tls, who, mut shut) = (tls.clone(), who.clone(), gate.clone());
                inner.spawn(async move {
                    tokio::select! {
                        () = greet(stream, tls, arrival, who) => {}
                        _ = shut.changed() => {}
                    }
                });
            }
        });
    }
}

async fn greet<A: Answer>(stream: TcpStream, tls: Option<SslAcceptor>, arrival: Arrival, who: Arc<A>) {
    let _ = stream.set_nodelay(true);
    who.ready().await;
    match tls {
        None => serve_connection(stream, arrival, who).await,
        Some(acceptor) => {
            let Ok(mut stream) = Ssl::new(acceptor.context()).and_then(|ssl| SslStream::new(ssl, stream)) else {
                return;
            };
            if std::pin::Pin::new(&mut stream).accept().await.is_ok() {
                serve_connection(stream, arrival, who).await;
            }
        }
    }
}

async fn serve_connection<A: Answer>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    arrival: Arrival,
    who: Arc<A>,
) {
    let service = service_fn(move |request| who.clone().answer(arrival, request));
    // A client that leaves in the middle is everyday business here.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An answer with a content type.
pub(crate) fn respond(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = hyper::header::HeaderValue::from_str(content_type) {
        response.headers_mut().insert(hyper::header::CONTENT_TYPE, value);
    }
    response
}

/// The same answer, but the connection breaks after half of the announced body.
pub(crate) fn cut_in_half(status: u16, content_type: &str, body: &Bytes) -> Response<Body> {
    let mut response = respond(status, content_type, Bytes::new());
    response.headers_mut().insert(hyper::header::CONTENT_LENGTH, body.len().into());
    let half = body.slice(..body.len() / 2);
    let frames = futures_util::stream::iter([Ok(Frame::data(half)), Err(io::Error::other("cut on purpose"))]);
    *response.body_mut() = BodyExt::boxed(StreamBody::new(frames));
    response
}

/// The request body, unless it is longer than `limit` bytes.
pub(crate) async fn read_body(body: Incoming, limit: usize) -> Result<Bytes, BodyError> {
    match http_body_util::Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(BodyError::TooLarge),
        Err(_) => Err(BodyError::Broken),
    }
}

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    Broken,
}

static CONNECTIONS: AtomicU64 = AtomicU64::new(1);

/// Connections that may wait to be accepted; a story with thirty nodes and many clients stays far below.
const BACKLOG: i32 = 512;
