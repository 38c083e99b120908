//! `hongyan send`

use std::future::Future;
use std::io::Read;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use hongyan_client::{ConnectError, HttpError, Message, Sent, Session, Target, UserProfile};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::sign_in::{self, CLIENT_NAME};
use super::{TryAgain, interrupted};
use crate::cli::{Send, SignIn};
use crate::output;

/// The wait before a request is repeated, where the server does not say.
const PAUSE: Duration = Duration::from_secs(1);

/// For the end of the session. One that cannot be ended now expires in time.
const SIGN_OUT: Duration = Duration::from_secs(2);

/// Sends one message, and ends when it is on the server's disk. Each invocation signs in as a device of its own
/// and signs out, so that many may run at once.
pub async fn send(options: Send) -> anyhow::Result<()> {
    let text = text(options.text)?;
    let deadline = Instant::now() + Duration::from_secs(options.timeout);
    let mut session = open_session(&options.sign_in, deadline).await?;
    let mut message = Message::text(text);
    if let Some(client_id) = options.client_id {
        message = message.client_id(client_id);
    }
    let sent = deliver(&mut session, &options.to, message, deadline).await;
    let _ = timeout(SIGN_OUT, session.sign_out()).await;
    let (to, sent) = sent?;
    output::done(format_args!(
        "sent to {}: conversation {}, seq {}",
        to.name, sent.conv, sent.seq
    ));
    Ok(())
}

async fn open_session(options: &SignIn, deadline: Instant) -> anyhow::Result<Session> {
    let login = sign_in::login(options)?;
    let password = sign_in::password(options, &login)?;
    let device = sign_in::device("send");
    loop {
        let server = &options.server;
        let opened = Session::sign_in(server, &login, &password, &device, CLIENT_NAME).await;
        let error = match opened {
            Ok(session) => return Ok(session),
            Err(error) => error,
        };
        let wait = match &error {
            // It answers, and is busy.
            ConnectError::SignIn(refused @ (HttpError::Refused(_) | HttpError::Status(_)))
                if refused.is_retryable() =>
            {
                refused.retry_after().unwrap_or(PAUSE)
            }
            // A wrong address would not get better by waiting.
            ConnectError::SignIn(HttpError::Unreachable(_)) => {
                return Err(anyhow!(error).context(TryAgain(no_connection(options))));
            }
            _ => return Err(anyhow!(error).context(no_connection(options))),
        };
        if Instant::now() + wait > deadline {
            let nothing = "nothing was sent; try again later".to_owned();
            return Err(anyhow!(error).context(TryAgain(nothing)));
        }
        sleep(wait).await;
    }
}

fn no_connection(options: &SignIn) -> String {
    let server = &options.server;
    format!(
        "nothing was sent to {server}; is a server running there, and are login name and password right?"
    )
}

/// Finds the recipient and sends, again and again under one name, until the server has answered.
async fn deliver(
    session: &mut Session,
    to: &str,
    message: Message,
    deadline: Instant,
) -> anyhow::Result<(UserProfile, Sent)> {
    let found = persist(deadline, || session.find_user(to))
        .await
        .map_err(|error| error.explain("nothing was sent; try again later"))?;
    let Some(user) = found else {
        bail!("there is no user {to:?}; see `hongyan user list` on the server");
    };
    let message = session.name(Target::User(user.id), message)?;
    let unknown = format!(
        "the message may be stored or not; the same command with --client-id {} sends it at most once",
        message.client_id()
    );
    let sent = persist(deadline, || session.send(&message))
        .await
        .map_err(|error| error.explain(&unknown))?;
    Ok((user, sent))
}

/// Why a request was given up.
enum GivenUp {
    /// The server will not take it, however often it comes.
    Refused(HttpError),
    /// There was no answer until the deadline.
    Late(Option<HttpError>),
    /// The person did not want to wait.
    Interrupted,
}

impl GivenUp {
    fn explain(self, advice: &str) -> anyhow::Error {
        let advice = TryAgain(advice.to_owned());
        match self {
            Self::Refused(error) => error.into(),
            Self::Late(Some(error)) => anyhow!(error).context(advice),
            Self::Late(None) => anyhow!("no answer in time").context(advice),
            Self::Interrupted => anyhow!("interrupted").context(advice),
        }
    }
}

/// Repeats a request that may be repeated until it is answered, to the deadline.
async fn persist<T, F>(deadline: Instant, mut request: impl FnMut() -> F) -> Result<T, GivenUp>
where
    F: Future<Output = Result<T, HttpError>>,
{
    let mut last = None;
    let attempts = async {
        loop {
            let wait = match request().await {
                Ok(answer) => return Ok(answer),
                Err(error) if !error.is_retryable() => return Err(GivenUp::Refused(error)),
                Err(error) => last.insert(error).retry_after().unwrap_or(PAUSE),
            };
            sleep(wait).await;
        }
    };
    let ended = tokio::select! {
        ended = timeout_at(deadline, attempts) => ended,
        () = interrupted() => return Err(GivenUp::Interrupted),
    };
    ended.unwrap_or(Err(GivenUp::Late(last)))
}

/// The text, or what standard input holds.
fn text(argument: String) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument);
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("cannot read standard input as UTF-8")?;
    Ok(text.trim_end_matches('\n').to_owned())
}
