//! What a server reads from a stranger: over the WebSocket, and as the body of an HTTP send.

#![no_main]

use hongyan_protocol::{ClientFrame, ErrorCode, Send, limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // The same reader without the envelope; it must stand invalid UTF-8 too.
    let _ = Send::from_json(input);
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match ClientFrame::decode(text) {
        Ok((req, frame)) => {
            let again = frame.encode(req);
            assert_eq!(ClientFrame::decode(&again), Ok((req, frame)), "{again}");
        }
        Err(error) => {
            assert!(matches!(
                error.code,
                ErrorCode::BadRequest | ErrorCode::Unsupported | ErrorCode::TooLarge
            ));
            assert!(error.message.len() <= limits::ERROR_MESSAGE_BYTES + 64);
        }
    }
});
