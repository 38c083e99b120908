//! What a client reads from a server that may be newer, or not what it says.

#![no_main]

use hongyan_protocol::ServerFrame;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok((req, frame)) = ServerFrame::decode(text) {
        let again = frame.encode(req);
        let read = ServerFrame::decode(&again).expect("what was encoded decodes");
        assert_eq!(read, (req, frame), "{again}");
    }
});
