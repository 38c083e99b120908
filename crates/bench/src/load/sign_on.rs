//! Connects a client, from nothing to `welcome`.

use std::io;

use hongyan_protocol::{ClientFrame, Hello};

use crate::client::{Address, Connection};
use crate::order::Account;

/// The `req` of `hello`. Messages are numbered from [`FIRST_REQ`] on.
const HELLO_REQ: u64 = 1;

/// The first `req` that is free.
pub(super) const FIRST_REQ: u64 = 10;

/// Connects and says `hello`.
pub(super) async fn sign_on(address: &Address, account: &Account) -> io::Result<Connection> {
    let mut connection = Connection::open(address).await?;
    let hello = Hello {
        token: Some(account.token.as_str().into()),
        client: Some("hongyan-bench".into()),
    };
    connection.frame(HELLO_REQ, &ClientFrame::Hello(hello));
    connection.answer(HELLO_REQ, |_| ()).await?;
    Ok(connection)
}
