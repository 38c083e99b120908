//! The socket against a client that the same library drives, and against raw bytes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::yield_now;

use super::*;
use crate::limits::UNFRAMED_BYTES;

pub(super) async fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    (near.unwrap(), far.unwrap().0)
}

const FRAME_BYTES: usize = 4096;

/// A client, driven by the same library, and the socket that it is connected to.
struct Client {
    stream: Stream,
    frames: WebSocketContext,
}

impl Client {
    async fn pair() -> (Self, Socket) {
        let (near, far) = connected().await;
        let client = Self {
            stream: Stream::new(near),
            frames: WebSocketContext::new(Role::Client, None),
        };
        (client, Socket::new(far, &Bytes::new(), FRAME_BYTES))
    }

    async fn send(&mut self, message: Message) {
        let mut context = nobody();
        let mut stream = self.stream.on_behalf_of(&mut context);
        self.frames.write(&mut stream, message).unwrap();
        poll_fn(|context| {
            let flushed = self.frames.flush(&mut self.stream.on_behalf_of(context));
            if would_block(&flushed) {
                return Poll::Pending;
            }
            Poll::Ready(flushed)
        })
        .await
        .unwrap();
    }

    async fn receive(&mut self) -> Result<Message, Error> {
        poll_fn(|context| {
            loop {
                let read = self.frames.read(&mut self.stream.on_behalf_of(context));
                if !would_block(&read) {
                    return Poll::Ready(read);
                }
                if !self.stream.is_paused() {
                    return Poll::Pending;
                }
                self.stream.go_on();
            }
        })
        .await
    }
}

fn text(received: Received) -> String {
    match received {
        Received::Text(text) => text.as_str().to_owned(),
        Received::Life | Received::Much | Received::Gone | Received::Violation(_) => {
            panic!("no text")
        }
    }
}

#[tokio::test]
async fn frames_come_one_by_one_and_no_ring_is_missed() {
    let (mut client, mut socket) = Client::pair().await;
    assert!(socket.receive_ready().is_none());
    for round in 0..100 {
        for number in 0..round % 4 {
            client
                .send(Message::text(format!("{round} {number}")))
                .await;
        }
        for number in 0..round % 4 {
            let received = match socket.receive_ready() {
                Some(received) => received,
                // It found nothing, with nobody to be woken; and still this is.
                None => socket.receive().await,
            };
            assert_eq!(text(received), format!("{round} {number}"));
        }
        assert!(socket.receive_ready().is_none());
    }
}

#[tokio::test]
async fn what_came_behind_the_request_is_read_first() {
    let (mut client, socket) = Client::pair().await;
    client.send(Message::text("first")).await;
    client.send(Message::text("second")).await;
    let mut all = Vec::new();
    let mut stream = socket.stream;
    while all.len() < 2 * ("first".len() + 6) {
        let mut some = [0; 9];
        let count = poll_fn(|context| {
            let read = std::io::Read::read(&mut stream.on_behalf_of(context), &mut some);
            match read {
                Ok(count) => Poll::Ready(count),
                Err(_) => Poll::Pending,
            }
        })
        .await;
        all.extend_from_slice(&some[..count]);
    }
    let (_near, far) = connected().await;
    let mut socket = Socket::new(far, &Bytes::from(all), FRAME_BYTES);
    assert_eq!(text(socket.receive().await), "first");
    assert_eq!(text(socket.receive().await), "second");
    assert!(socket.receive_ready().is_none());
}

#[tokio::test]
async fn a_ping_is_answered_and_a_close_too() {
    let (mut client, mut socket) = Client::pair().await;
    client.send(Message::Ping(Bytes::from_static(b"?"))).await;
    assert!(matches!(socket.receive().await, Received::Life));
    assert!(socket.receive_ready().is_none());
    let pong = client.receive().await.unwrap();
    assert_eq!(pong, Message::Pong(Bytes::from_static(b"?")));
    client.send(Message::Close(None)).await;
    assert!(matches!(socket.receive().await, Received::Gone));
    assert!(matches!(client.receive().await.unwrap(), Message::Close(_)));
}

#[tokio::test]
async fn every_code_that_is_registered_may_close() {
    for (code, reason) in [
        (1014u16, "bad gateway"),
        (1014, ""),
        (1000, "bye"),
        (3999, ""),
    ] {
        let (mut near, far) = connected().await;
        let mut socket = Socket::new(far, &Bytes::new(), FRAME_BYTES);
        let mask = [0x11, 0x22, 0x33, 0x44];
        let payload = [&code.to_be_bytes()[..], reason.as_bytes()].concat();
        let length = u8::try_from(payload.len()).unwrap();
        let mut frame = vec![0x81, 0x81, 0, 0, 0, 0, b'x', 0x88, 0x80 | length];
        frame.extend(mask);
        frame.extend(
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        near.write_all(&frame).await.unwrap();
        assert_eq!(text(socket.receive().await), "x");
        assert!(matches!(socket.receive().await, Received::Gone));
        drop(socket);
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        assert_eq!(
            answer[..4],
            [&[0x88, length.min(answer[1])], &code.to_be_bytes()[..]].concat()
        );
    }
    let (mut near, far) = connected().await;
    let mut socket = Socket::new(far, &Bytes::new(), FRAME_BYTES);
    near.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf7])
        .await
        .unwrap();
    assert!(matches!(socket.receive().await, Received::Gone));
    drop(socket);
    let mut answer = Vec::new();
    near.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer[2..4], 1002u16.to_be_bytes(), "1015 is never sent");
}

#[tokio::test]
async fn a_broken_rule_is_told_from_a_client_that_is_gone() {
    let (mut client, mut socket) = Client::pair().await;
    client
        .send(Message::text("x".repeat(FRAME_BYTES + 1)))
        .await;
    let large = socket.receive().await;
    assert!(matches!(
        large,
        Received::Violation(CloseCode::FrameTooLarge)
    ));
    let (mut client, mut socket) = Client::pair().await;
    client.send(Message::binary(vec![1])).await;
    let binary = socket.receive().await;
    assert!(matches!(
        binary,
        Received::Violation(CloseCode::ProtocolViolation)
    ));
    let (client, mut socket) = Client::pair().await;
    drop(client);
    assert!(matches!(socket.receive().await, Received::Gone));
}

#[tokio::test]
async fn larger_frames_are_taken_once_they_are_allowed() {
    let (mut client, mut socket) = Client::pair().await;
    client.send(Message::text("first")).await;
    assert_eq!(text(socket.receive().await), "first");
    socket.allow_frames_of(2 * FRAME_BYTES);
    let large = "x".repeat(2 * FRAME_BYTES);
    client.send(Message::text(large.as_str())).await;
    assert_eq!(text(socket.receive().await), large);
}

#[tokio::test]
async fn pieces_without_end_are_told_of() {
    let (mut near, far) = connected().await;
    let mut socket = Socket::new(far, &Bytes::new(), FRAME_BYTES);
    // A text that is not the last piece, and then empty pieces, each masked with zeros.
    let mut pieces = vec![0x01, 0x80, 0, 0, 0, 0];
    while pieces.len() < 3 * UNFRAMED_BYTES {
        pieces.extend([0x00, 0x80, 0, 0, 0, 0]);
    }
    pieces.extend([0x80, 0x81, 0, 0, 0, 0, b'x']);
    let sending = async { near.write_all(&pieces).await.unwrap() };
    let receiving = async {
        let mut told = 0;
        while let Received::Much = socket.receive().await {
            told += 1;
        }
        assert!((2..=3).contains(&told), "{told}");
    };
    tokio::join!(sending, receiving);
}

#[tokio::test]
async fn what_does_not_fit_waits_for_the_client() {
    let (mut client, mut socket) = Client::pair().await;
    let frame = "x".repeat(1024 * 1024);
    let writing = async {
        for _ in 0..20 {
            socket.feed(frame.as_str().into()).unwrap();
            socket.flush().await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..20 {
            yield_now().await;
            let received = client.receive().await.unwrap();
            assert_eq!(received.len(), frame.len());
        }
    };
    tokio::join!(writing, reading);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_given_up() {
    let (_client, mut socket) = Client::pair().await;
    let frame = "x".repeat(1024 * 1024);
    let stuck = async {
        loop {
            socket.feed(frame.as_str().into())?;
            socket.flush().await?;
        }
    };
    let error: Result<(), WriteError> = stuck.await;
    assert_eq!(error, Err(WriteError::Stuck));
}

/// The clock is paused: it goes on as soon as everybody waits.
#[tokio::test(start_paused = true)]
async fn a_client_that_takes_a_little_now_and_then_is_waited_for() {
    // Small buffers, so that little is taken at a time.
    let (listening, connecting) = (TcpSocket::new_v4(), TcpSocket::new_v4());
    let (listening, connecting) = (listening.unwrap(), connecting.unwrap());
    listening.set_send_buffer_size(64 * 1024).unwrap();
    connecting.set_recv_buffer_size(64 * 1024).unwrap();
    listening.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = listening.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(connecting.connect(address), listener.accept());
    let (mut near, far) = (near.unwrap(), far.unwrap().0);
    let mut socket = Socket::new(far, &Bytes::new(), FRAME_BYTES);
    let frame = "x".repeat(4 * 1024 * 1024);
    socket.feed(frame.as_str().into()).unwrap();
    let began = tokio::time::Instant::now();
    let reading = async {
        let mut some = vec![0; 64 * 1024];
        for _ in 0..4 {
            tokio::time::sleep(WRITE_TIMEOUT * 9 / 10).await;
            // More than both buffers: so there is room again, and the system says so.
            let mut taken = 0;
            while taken < 512 * 1024 {
                taken += near.read(&mut some).await.unwrap();
            }
        }
        while let Ok(1..) = near.read(&mut some).await {}
    };
    tokio::select! {
        written = socket.flush() => written.unwrap(),
        () = reading => panic!("the socket gave up"),
    }
    assert!(began.elapsed() > 2 * WRITE_TIMEOUT);
}

#[tokio::test]
async fn who_waits_to_write_reads_all_the_while() {
    let (mut client, mut socket) = Client::pair().await;
    let frame = "x".repeat(1024 * 1024);
    while !socket.is_blocked() {
        socket.feed(frame.as_str().into()).unwrap();
        socket.write().unwrap();
    }
    client.send(Message::text("still here")).await;
    let Ok(Happened::Received(received)) = socket.next(true).await else {
        panic!("nothing was read");
    };
    assert_eq!(text(received), "still here");
    let draining = async {
        assert!(matches!(socket.next(false).await, Ok(Happened::Drained)));
        assert!(!socket.is_blocked());
    };
    tokio::select! {
        () = draining => {}
        () = async { while client.receive().await.is_ok() {} } => panic!("the socket ended"),
    }
}

#[tokio::test]
async fn a_close_says_why() {
    let (mut client, socket) = Client::pair().await;
    let closing = socket.close(CloseCode::SlowReader);
    let hearing = async {
        let Message::Close(Some(frame)) = client.receive().await.unwrap() else {
            panic!("no close frame");
        };
        assert_eq!(u16::from(frame.code), CloseCode::SlowReader.number());
        assert_eq!(frame.reason.as_str(), CloseCode::SlowReader.as_str());
        // The library has an answer, which ends the waiting for it.
        assert!(client.receive().await.is_err());
    };
    tokio::join!(closing, hearing);
}
