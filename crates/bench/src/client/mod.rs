//! A client that costs little: the wire of `hongyan_protocol`, without what an application needs.
//!
//! One core of load must be able to keep one core of server busy. So frames are read in place, of
//! each only what the check needs is decoded, and there is no task or timer beyond the caller's.

mod connection;
mod decode;
mod frame;
mod http;

pub(crate) use connection::{Address, Connection};
pub(crate) use decode::{Entry, Named, Seen};
pub(crate) use http::sign_in;
