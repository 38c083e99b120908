//! The vectors for clients in other languages are what the machines do today.

#[path = "../examples/vectors/chance.rs"]
mod chance;
#[path = "../examples/vectors/heartbeat.rs"]
mod heartbeat;
#[path = "../examples/vectors/incoming.rs"]
mod incoming;
#[path = "../examples/vectors/outbox.rs"]
mod outbox;
#[path = "../examples/vectors/reconnect.rs"]
mod reconnect;
#[path = "../examples/vectors/script.rs"]
mod script;

#[test]
fn the_vectors_are_not_stale() {
    for (name, expected) in [
        ("heartbeat.json", heartbeat::vectors()),
        ("incoming.json", incoming::vectors()),
        ("outbox.json", outbox::vectors()),
        ("reconnect.json", reconnect::vectors()),
    ] {
        let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
        let found = std::fs::read_to_string(&path).expect("the vectors are in the repository");
        serde_json::from_str::<serde_json::Value>(&found).expect("the vectors are JSON");
        assert!(
            found == expected,
            "{name} is stale: cargo run -p hongyan-delivery --example vectors"
        );
    }
}
