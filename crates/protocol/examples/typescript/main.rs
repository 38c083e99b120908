//! Writes the wire as TypeScript: types, shapes to check frames by, codes and limits.
//!
//! Run it with `cargo run -p hongyan-protocol --example typescript`. A test fails when the file is stale.

mod emit;
mod source;

fn main() -> std::io::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk/js/src/wire.gen.ts");
    std::fs::write(path, emit::typescript())
}
