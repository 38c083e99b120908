//! The web app, inside the binary.
//!
//! Owns: the files of `web/dist` as they were when the binary was built, compressed beforehand.
//! Promises: nothing is read from disk at run time; a build without the app still answers `/`, with
//! a page that says how to build it.
//! Not here: HTTP. `gateway` turns an [`Asset`] into a response.

/// One file of the app.
#[derive(Debug)]
pub struct Asset {
    /// Where it is, such as `/index.html`.
    pub path: &'static str,
    /// For `Content-Type`.
    pub content_type: &'static str,
    /// For `ETag`: weak, as it stands for every encoding.
    pub etag: &'static str,
    /// Its name changes with its content, so it may be kept for ever.
    pub is_immutable: bool,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// The content of an asset, in the encoding that suits the browser best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoded {
    /// For `Content-Encoding`; `None`: as it is.
    pub encoding: Option<&'static str>,
    /// The content.
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// What `/` shows when the app was not built in.
static NOT_BUILT: Asset = Asset {
    path: INDEX,
    content_type: "text/html; charset=utf-8",
    etag: "W/\"not-built\"",
    is_immutable: false,
    plain: include_bytes!("not_built.html"),
    brotli: None,
    gzip: None,
};

const INDEX: &str = "/index.html";

/// Whether the app is in this binary.
pub fn is_built() -> bool {
    !FILES.is_empty()
}

/// The page at `/`: the app, or how to build it.
pub fn index() -> &'static Asset {
    find(INDEX).unwrap_or(&NOT_BUILT)
}

/// The file at a path.
pub fn find(path: &str) -> Option<&'static Asset> {
    let place = FILES.binary_search_by(|file| file.path.cmp(path)).ok()?;
    FILES.get(place)
}

impl Asset {
    /// The content, as the browser's `Accept-Encoding` allows.
    pub fn encoded(&self, accept_encoding: &str) -> Encoded {
        let variants = [("br", self.brotli), ("gzip", self.gzip)];
        let best = variants.into_iter().find_map(|(encoding, bytes)| {
            let bytes = bytes.filter(|_| accepts(accept_encoding, encoding))?;
            Some(Encoded {
                encoding: Some(encoding),
                bytes,
            })
        });
        best.unwrap_or(Encoded {
            encoding: None,
            bytes: self.plain,
        })
    }
}

/// Whether an `Accept-Encoding` names this encoding, and not with a weight of zero.
fn accepts(accept_encoding: &str, encoding: &str) -> bool {
    accept_encoding.split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let is_named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        is_named && !parts.any(is_zero_weight)
    })
}

fn is_zero_weight(parameter: &str) -> bool {
    let weight = parameter.strip_prefix("q=").and_then(|q| q.parse().ok());
    weight == Some(0.0_f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    static FILE: Asset = Asset {
        path: "/assets/app.js",
        content_type: "text/javascript",
        etag: "W/\"1\"",
        is_immutable: true,
        plain: b"plain",
        brotli: Some(b"brotli"),
        gzip: Some(b"gzip"),
    };

    #[test]
    fn a_browser_gets_the_best_encoding_that_it_takes() {
        let encoding = |accepted| FILE.encoded(accepted).encoding;
        assert_eq!(encoding("gzip, deflate, br, zstd"), Some("br"));
        assert_eq!(encoding("gzip;q=0.5, br;q=0"), Some("gzip"));
        assert_eq!(encoding("GZIP"), Some("gzip"));
        assert_eq!(encoding("brotli, identity"), None);
        assert_eq!(encoding(""), None);
    }

    #[test]
    fn the_index_is_there_whether_the_app_was_built_or_not() {
        let page = index().encoded("");
        assert!(page.bytes.starts_with(b"<!doctype html>"));
        assert_eq!(is_built(), find("/index.html").is_some());
    }

    #[test]
    fn files_are_found_by_their_exact_path_only() {
        for file in FILES {
            assert!(find(file.path).is_some_and(|found| std::ptr::eq(found, file)));
        }
        for path in [
            "",
            "/",
            "/..",
            "/index.html/",
            "//index.html",
            "/.gitignore",
        ] {
            assert!(find(path).is_none(), "{path:?}");
        }
    }
}
