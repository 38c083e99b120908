//! Nobody else may read the database, nor what stands beside it.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What belongs to a database, by what its name has behind that of the database.
const FILES: [&str; 6] = ["", "-wal", "-shm", "-writes1", "-writes2", ".lock"];

/// Makes the database, empty, if it is not there, and takes from others the right to read or write its files. The
/// caller holds the lock. SQLite gives the files that it makes the mode that the database has.
pub(crate) fn make_private(database: &Path) -> io::Result<()> {
    let path = match fs::canonicalize(database) {
        Ok(path) => path,
        // Closed at once: nobody has it open yet, so no lock of SQLite's goes with it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600);
            options.open(database)?;
            fs::canonicalize(database)?
        }
        Err(error) => return Err(error),
    };
    for ending in FILES {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        close(&PathBuf::from(name))?;
    }
    Ok(())
}

fn close(path: &Path) -> io::Result<()> {
    let mode = match fs::metadata(path) {
        Ok(file) => file.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path_shown = path.display();
    match fs::set_permissions(path, Permissions::from_mode(mode & 0o600)) {
        Ok(()) => {
            tracing::warn!(path = %path_shown, "others could read this file, and cannot any more")
        }
        Err(error) => {
            tracing::warn!(path = %path_shown, %error, "others can read this file, and that cannot be changed");
        }
    }
    Ok(())
}
