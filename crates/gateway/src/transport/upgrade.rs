//! From an HTTP request to a WebSocket: RFC 6455, section 4.2.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hongyan_protocol::ErrorCode;
use http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tungstenite::handshake::derive_accept_key;

use super::Socket;
use crate::door::Watched;
use crate::http::error::ApiError;

/// The one version that there is.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// A request for a WebSocket, not granted yet.
pub struct Upgrade {
    accept: HeaderValue,
    protocols: Vec<HeaderValue>,
    on_upgrade: OnUpgrade,
}

impl Upgrade {
    /// What a request asks for, or why it is none for a WebSocket.
    pub fn asked_for(parts: &mut Parts) -> Result<Self, NoUpgrade> {
        let headers = &parts.headers;
        let is_one = parts.method == Method::GET
            && parts.version >= Version::HTTP_11
            && has_token(headers, &CONNECTION, "upgrade")
            && has_token(headers, &UPGRADE, "websocket");
        if !is_one {
            return Err(refused(
                "this path is for WebSocket: connect with ws:// or wss://",
            ));
        }
        match only(headers, &SEC_WEBSOCKET_VERSION) {
            Some(version) if version == VERSION => {}
            Some(version) if is_number(version) => return Err(NoUpgrade::OtherVersion),
            Some(_) | None => {
                return Err(refused(
                    "the header Sec-WebSocket-Version is there once, and is 13",
                ));
            }
        }
        let key = only(headers, &SEC_WEBSOCKET_KEY);
        let key = key.filter(|key| is_key(key.as_bytes())).ok_or_else(|| {
            refused("the header Sec-WebSocket-Key is there once, and is 16 bytes in base64")
        })?;
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
    pub fn grant<F>(
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
    let parts = upgraded.downcast::<TokioIo<Watched>>().ok()?;
    let tcp = parts.io.into_inner().into_inner();
    Some(Socket::new(tcp, &parts.read_buf, frame_bytes))
}

/// Why a request is none for a WebSocket.
#[derive(Debug)]
pub enum NoUpgrade {
    /// It is for a version that is not spoken here.
    OtherVersion,
    /// Something is missing or wrong.
    Refused(ApiError),
}

impl IntoResponse for NoUpgrade {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(error) => error.into_response(),
            // The client may have the one that is told, and ask again.
            Self::OtherVersion => {
                let why = "only version 13 of WebSocket is spoken here".to_owned();
                let mut response = ApiError::from((ErrorCode::BadRequest, why)).into_response();
                *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
                let headers = response.headers_mut();
                headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
                // RFC 9110, section 15.5.22: it goes with the status.
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
                response
            }
        }
    }
}

fn refused(why: &str) -> NoUpgrade {
    NoUpgrade::Refused(ApiError::from((ErrorCode::BadRequest, why.to_owned())))
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

fn is_number(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}

/// Whether this is 16 bytes in base64: the last letter of 22 stands for two bits, and two signs fill up.
fn is_key(key: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    match key {
        [letters @ .., last, b'=', b'='] => {
            letters.len() == 21 && letters.iter().all(is_letter) && b"AQgw".contains(last)
        }
        _ => false,
    }
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
    fn a_key_is_16_bytes_in_base64_and_nothing_else() {
        assert!(is_key(b"dGhlIHNhbXBsZSBub25jZQ=="));
        assert!(is_key(b"AAAAAAAAAAAAAAAAAAAAAA=="));
        assert!(is_key(b"/////////////////////w=="));
        for wrong in [
            "",
            "x",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZR==",
            "dGhlIHNhbXBsZSBub25j",
            "dGhlIHNhbXBsZSBub25jZSE=",
            "dGhlIHNhbXBsZSBub25jZQ===",
            "dGhl IHNhbXBsZSBub25jZQ==",
            "========================",
            "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
        ] {
            assert!(!is_key(wrong.as_bytes()), "{wrong:?}");
        }
    }

    #[test]
    fn a_word_is_found_among_others_in_any_case_and_only_whole() {
        let line = HeaderValue::from_static("keep-alive, Upgrade");
        let headers = HeaderMap::from_iter([(CONNECTION, line)]);
        assert!(has_token(&headers, &CONNECTION, "upgrade"));
        assert!(!has_token(&headers, &CONNECTION, "grade"));
        assert!(!has_token(&headers, &CONNECTION, "keep"));
    }
}
