//! Writes `vectors/*.json`: what the client half does, event by event, for clients in other languages.
//!
//! Run it with `cargo run -p hongyan-delivery --example vectors`. A test fails when they are stale.

mod chance;
mod heartbeat;
mod incoming;
mod outbox;
mod reconnect;
mod script;

fn main() -> std::io::Result<()> {
    for (name, text) in [
        ("heartbeat.json", heartbeat::vectors()),
        ("incoming.json", incoming::vectors()),
        ("outbox.json", outbox::vectors()),
        ("reconnect.json", reconnect::vectors()),
    ] {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
        std::fs::write(format!("{directory}/{name}"), text)?;
    }
    Ok(())
}
