//! From an HTTP request to a WebSocket: RFC 6455, section 4.2.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hongyan_protocol::ErrorCode;
use http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tungstenite::handshake::derive_accept_key;

use super::Socket;
use crate::http::error::ApiError;

/// The one version that there is.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// A request for a WebSocket, not granted yet.
pub(crate) struct Upgrade {
    accept: HeaderValue,
    protocols: Vec<HeaderValue>,
    on_upgrade: OnUpgrade,
}

impl Upgrade {
    /// What a request asks for, or why it is none for a WebSocket.
    pub(crate) fn asked_for(parts: &mut Parts) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let is_one = parts.method == Method::GET
            && has_token(headers, &CONNECTION, "upgrade")
            && has_token(headers, &UPGRADE, "websocket");
        if !is_one {
            return Err(refused(
                "this path is for WebSocket: connect with ws:// or wss://",
            ));
        }
        if headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
            return Err(refused("the header Sec-WebSocket-Version must be 13"));
        }
        let key = headers.get(SEC_WEBSOCKET_KEY);
        let key = key.ok_or_else(|| refused("the header Sec-WebSocket-Key is missing"))?;
        let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
        let accept = accept.map_err(|_| refused("the header Sec-WebSocket-Key is no key"))?;
        let protocols = headers.get_all(SEC_WEBSOCKET_PROTOCOL);
        let protocols = protocols.iter().cloned().collect();
        let on_upgrade = parts.extensions.remove::<OnUpgrade>();
        Ok(Self {
            accept,
            protocols,
            on_upgrade: on_upgrade
                .ok_or_else(|| refused("this connection cannot become a WebSocket"))?,
        })
    }

    /// Grants it, and has the socket served on a task of its own. The client may have asked for `protocol` by name, and
    /// is told that it is spoken then. Frames may be as large as `frame_bytes`.
    pub(crate) fn grant<F>(
        self,
        protocol: Option<&'static str>,
        frame_bytes: usize,
        serve: impl FnOnce(Socket) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let protocol = protocol.filter(|name| {
            self.protocols
                .iter()
                .flat_map(words)
                .any(|word| word == *name)
        });
        let on_upgrade = self.on_upgrade;
        tokio::spawn(async move {
            let upgraded = match on_upgrade.await {
                Ok(upgraded) => upgraded,
                // The client went away.
                Err(error) => return tracing::debug!(%error, "no WebSocket came of an upgrade"),
            };
            match socket(upgraded, frame_bytes) {
                // On a further task: this one is larger, for what upgrading took, and ends here.
                Some(socket) => drop(tokio::spawn(serve(socket))),
                None => tracing::error!("an upgraded connection was no TCP stream"),
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if let Some(protocol) = protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        }
        response.into_response()
    }
}

/// The stream itself, without what HTTP had wrapped around it.
fn socket(upgraded: Upgraded, frame_bytes: usize) -> Option<Socket> {
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    let tcp = parts.io.into_inner();
    Some(Socket::new(tcp, &parts.read_buf, frame_bytes))
}

fn refused(why: &str) -> ApiError {
    ApiError::from((ErrorCode::BadRequest, why.to_owned()))
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let mut found = headers.get_all(name).iter().flat_map(words);
    found.any(|word| word.eq_ignore_ascii_case(token))
}

/// The words of a line with commas between them.
fn words(line: &HeaderValue) -> impl Iterator<Item = &str> {
    let line = line.to_str().unwrap_or_default();
    line.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_among_others_in_any_case_and_only_whole() {
        let line = HeaderValue::from_static("keep-alive, Upgrade");
        let headers = HeaderMap::from_iter([(CONNECTION, line)]);
        assert!(has_token(&headers, &CONNECTION, "upgrade"));
        assert!(!has_token(&headers, &CONNECTION, "grade"));
        assert!(!has_token(&headers, &CONNECTION, "keep"));
    }
}
