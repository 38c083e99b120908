//! What SQLite's errors mean for a caller of the store.

use hongyan_store::StoreError;
use rusqlite::ErrorCode;

/// Waiting may mend it (`Unavailable`), or it may not (`Failed`).
pub(crate) fn store_error(error: &rusqlite::Error) -> StoreError {
    let passing = match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::OutOfMemory
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OperationInterrupted,
        ) => true,
        // The rest is a bug or a broken file. SQLite's list is open-ended, so no list of it is complete.
        Some(_) | None => false,
    };
    if passing {
        StoreError::Unavailable(error.to_string())
    } else {
        StoreError::Failed(error.to_string())
    }
}
