//! Puts the built web app, `web/dist`, into the binary: `make web` builds it.
//!
//! Without it the crate still builds, and shows a page that says how to build it. So a plain
//! `cargo build` needs no Node.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};

/// Vite puts what is named after its content into this folder.
const HASHED: &str = "/assets/";

/// What stands beside a file, compressed beforehand.
const COMPRESSED: [&str; 2] = ["br", "gz"];

fn main() -> io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    // The folder is always there, so that Cargo can watch it.
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=src/not_built.html");

    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist, &mut files)?;
    }
    // In the order of the paths as text, by which they are looked up.
    files.sort_by_key(|file| file.to_string_lossy().into_owned());

    let mut table = String::from("static FILES: &[Asset] = &[\n");
    for file in &files {
        write_asset(&mut table, &dist, file)?;
    }
    table.push_str("];\n");

    #[expect(
        clippy::disallowed_methods,
        reason = "Cargo tells a build script its folder so"
    )]
    let out = std::env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("files.rs"), table)
}

/// Every file to serve below `folder`.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for item in fs::read_dir(folder)? {
        let path = item?.path();
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_compressed = COMPRESSED.iter().any(|kind| extension(&path) == *kind);
        if path.is_dir() {
            collect(&path, files)?;
        } else if !is_hidden && !is_compressed {
            files.push(path);
        }
    }
    Ok(())
}

/// One row of the table.
fn write_asset(table: &mut String, dist: &Path, file: &Path) -> io::Result<()> {
    let relative = file.strip_prefix(dist).map_err(io::Error::other)?;
    let path = format!("/{}", relative.to_string_lossy().replace('\\', "/"));
    let digest = Sha256::digest(fs::read(file)?);
    let tag = digest.iter().take(8).fold(String::new(), |mut tag, byte| {
        let _ = write!(tag, "{byte:02x}");
        tag
    });
    let variant = |kind: &str| {
        let path = PathBuf::from(format!("{}.{kind}", file.display()));
        if path.is_file() {
            format!("Some(include_bytes!({path:?}))")
        } else {
            "None".to_owned()
        }
    };
    let row = format!(
        "Asset {{ path: {path:?}, content_type: {:?}, etag: \"W/\\\"{tag}\\\"\", is_immutable: {}, \
         plain: include_bytes!({file:?}), brotli: {}, gzip: {} }},\n",
        content_type(file),
        path.starts_with(HASHED),
        variant("br"),
        variant("gz"),
    );
    table.push_str(&row);
    Ok(())
}

fn content_type(file: &Path) -> &'static str {
    match extension(file) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webmanifest" => "application/manifest+json",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn extension(file: &Path) -> &str {
    file.extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
}
