//! The commands, one file each.

mod check;
mod send;
mod serve;
mod sign_in;
mod tail;
mod user;

pub use check::check;
pub use send::send;
pub use serve::serve;
pub use sign_in::{ask_password, client_config};
pub use tail::tail;
pub use user::user;
