//! The commands, one file each.

mod bench;
mod chat;
mod check;
mod send;
mod serve;
mod sign_in;
mod tail;
mod user;

pub use bench::bench;
pub use chat::chat;
pub use check::check;
pub use send::send;
pub use serve::serve;
pub use sign_in::client_config;
use sign_in::connect;
pub use tail::tail;
pub use user::user;
