//! Says everything back that it is told: `echo SERVER LOGIN PASSWORD`.

use hongyan_client::{Body, Client, Config, Credentials, Event, Target};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let mut arg = || args.next().ok_or("usage: echo SERVER LOGIN PASSWORD");
    let (server, login, password) = (arg()?, arg()?, arg()?);
    let credentials = Credentials::password(login, password, "echo");
    let (client, mut events) = Client::connect(Config::new(server, credentials)).await?;
    while let Some(event) = events.next().await {
        let Event::Entry(entry) = event else { continue };
        if let (Some(Body::Text { text }), Some(me)) = (entry.body, client.me())
            && entry.from != me.id
        {
            client.send(Target::Conversation(entry.conv), text).await?;
        }
    }
    Ok(())
}
