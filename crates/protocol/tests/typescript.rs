//! The wire in TypeScript is what the frames are today.

#[path = "../examples/typescript/emit.rs"]
mod emit;
#[path = "../examples/typescript/source.rs"]
mod source;

#[test]
fn the_typescript_is_not_stale() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk/js/src/wire.gen.ts");
    let found = std::fs::read_to_string(path).expect("the file is in the repository");
    assert!(
        found == emit::typescript(),
        "stale: cargo run -p hongyan-protocol --example typescript"
    );
}
