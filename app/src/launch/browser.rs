//! The interface as a page on 127.0.0.1, for tests and for the demo on a machine without a display. Never in a release.
//!
//! The address holds a secret; without it the server answers 404 to everything. The interface runs in this process, the
//! page shows it over a web socket; a reload leaves it and joins again.

use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dioxus::prelude::*;
use dioxus_liveview::{LiveViewPool, axum_socket, interpreter_glue};
use rand_core::{OsRng, RngCore as _};

use crate::options::Options;
use crate::page;
use crate::platform::Platform;
use crate::shell::Shell;
use crate::views::{App, AppProps};

/// A running page server; ends when it is dropped.
pub struct Served {
    address: SocketAddr,
    secret: String,
    task: tokio::task::JoinHandle<()>,
}

impl Served {
    /// The address with its secret.
    pub fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.secret)
    }

    /// Where it listens, without the secret.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves `shell` on 127.0.0.1; port 0 picks a free one.
///
/// # Errors
/// When the port cannot be had.
pub async fn serve(shell: Shell, port: u16) -> std::io::Result<Served> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let secret = random_hex();
    let view = LiveViewPool::new();
    let for_page = shell.clone();
    let (page_path, socket_path) = (format!("/{secret}/"), format!("/{secret}/socket"));
    let socket_address = socket_path.clone();
    let router = Router::new()
        .route(
            &page_path,
            get(move |headers: HeaderMap| {
                let (shell, socket) = (for_page.clone(), socket_address.clone());
                async move { if at_home(&headers, address) { show(&shell, address, &socket) } else { refused() } }
            }),
        )
        .route(
            &socket_path,
            get(move |headers: HeaderMap, upgrade: WebSocketUpgrade| {
                let (view, shell) = (view.clone(), shell.clone());
                async move {
                    if !at_home(&headers, address) {
                        return refused();
                    }
                    upgrade.on_upgrade(move |socket| async move {
                        let dom = move || VirtualDom::new_with_props(App, AppProps { shell });
                        let _ = view.launch_virtualdom(axum_socket(socket), dom).await;
                    })
                }
            }),
        );
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the page server ended");
        }
    });
    Ok(Served { address, secret, task })
}

/// Only our own page asks: another site that guessed the port (also by a name that resolves to 127.0.0.1) is refused.
fn at_home(headers: &HeaderMap, address: SocketAddr) -> bool {
    let is = |name, expected: &str| headers.get(name).is_none_or(|value| value.as_bytes() == expected.as_bytes());
    let host = address.to_string();
    headers.contains_key(header::HOST) && is(header::HOST, &host) && is(header::ORIGIN, &format!("http://{host}"))
}

fn refused() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

fn show(shell: &Shell, address: SocketAddr, socket: &str) -> Response {
    let nonce = random_hex();
    let policy = format!(
        "{}; script-src 'nonce-{nonce}' 'unsafe-eval'; connect-src ws://{address}{socket}; frame-ancestors 'none'",
        page::POLICY
    );
    let glue = interpreter_glue(socket).replacen("<script>", &format!("<script nonce=\"{nonce}\">"), 1);
    let preferences = shell.preferences().borrow().clone();
    let meta = policy.replace("; frame-ancestors 'none'", "");
    let page = page::page(&preferences, shell.texts().tag(), &meta, Some(&nonce))
        .replace("</body>", &format!("{glue}</body>"));
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, page).into_response()
}

fn random_hex() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}

/// Serves until it is asked to end, and prints the address.
pub(super) fn run(runtime: &tokio::runtime::Runtime, options: Options) -> ExitCode {
    let port = options.browser.unwrap_or(0);
    let shell = match Shell::new(options, Platform::of_a_page()) {
        Ok(shell) => shell,
        Err(error) => {
            eprintln!("onionskin: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let served = match serve(shell.clone(), port).await {
            Ok(served) => served,
            Err(error) => {
                eprintln!("onionskin: {error}");
                return ExitCode::FAILURE;
            }
        };
        println!("{}", served.url());
        shell.open().await;
        super::asked_to_end().await;
        let _ = shell.close().await;
        ExitCode::SUCCESS
    })
}
