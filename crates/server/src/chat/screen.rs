//! The full screen: the loop that brings keys, events and answers to the model, and draws it.

use std::time::Duration;

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    Event as Input, EventStream, KeyEventKind,
};
use crossterm::execute;
use futures_util::StreamExt;
use hongyan_client::{Client, Event, Page};
use jiff::tz::TimeZone;
use ratatui::DefaultTerminal;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::model::{Connection, Effect, Model, Notice, Outcome, Viewport};
use super::view::{self, Calendar, Look};
use super::words::Words;
use super::{Account, groups, next_event, now_millis};

/// Between two drawings where only the time has changed: for the seconds until a reconnect, and for
/// midnight.
const REDRAW: Duration = Duration::from_secs(1);

/// Events taken in before the next drawing: a busy conversation is drawn in steps.
const EVENTS_A_FRAME: usize = 256;

/// Older messages asked for at a time.
const OLDER: usize = 50;

/// Answers that wait for the model. Each belongs to a key that was pressed; more wait in their tasks.
const ANSWERS: usize = 64;

/// Runs the full screen until the user ends it.
pub(super) async fn run(
    account: Account,
    words: &'static Words,
    zone: TimeZone,
) -> anyhow::Result<()> {
    let mut terminal = ratatui::try_init()?;
    execute!(std::io::stdout(), EnableBracketedPaste, EnableFocusChange)?;
    let result = show(&mut terminal, account, words, &zone).await;
    execute!(std::io::stdout(), DisableFocusChange, DisableBracketedPaste)?;
    ratatui::try_restore()?;
    result
}

async fn show(
    terminal: &mut DefaultTerminal,
    mut account: Account,
    words: &'static Words,
    zone: &TimeZone,
) -> anyhow::Result<()> {
    let (answers, mut inbox) = mpsc::channel(ANSWERS);
    let hands = Hands {
        client: account.client.clone(),
        answers,
    };
    let begin = Instant::now();
    let mut model = Model::new((!account.is_kept).then_some(Notice::NotKept));
    let mut inputs = EventStream::new();
    let mut redraw = tokio::time::interval(REDRAW);
    loop {
        let look = Look {
            words,
            calendar: Calendar::new(zone.clone(), now_millis()),
            now: begin.elapsed(),
        };
        let mut viewport = Viewport::default();
        terminal.draw(|frame| viewport = view::draw(frame, &model, &look))?;
        model.drawn(viewport);

        let effects = tokio::select! {
            input = inputs.next() => match input {
                Some(input) => typed(&mut model, input?),
                None => vec![Effect::Quit],
            },
            event = next_event(&mut account.events) => {
                happened(&mut model, event, &mut account, begin)
            }
            Some(outcome) = inbox.recv() => model.outcome(outcome),
            _ = redraw.tick() => Vec::new(),
        };
        if !hands.carry_out(effects, &mut model).await {
            break;
        }
    }
    let ended = match model.connection() {
        Connection::Ended(reason) => Err(anyhow::anyhow!(reason.clone())),
        Connection::SignedOut => Err(anyhow::anyhow!(words.signed_out)),
        _ => Ok(()),
    };
    account.close().await;
    ended
}

fn typed(model: &mut Model, input: Input) -> Vec<Effect> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => model.key(key),
        Input::Paste(text) => {
            model.paste(&text);
            Vec::new()
        }
        Input::FocusGained => model.focus(true),
        Input::FocusLost => model.focus(false),
        _ => Vec::new(),
    }
}

/// Takes in an event, and those that wait behind it.
fn happened(model: &mut Model, first: Event, account: &mut Account, begin: Instant) -> Vec<Effect> {
    use futures_util::FutureExt;

    let mut effects = model.event(first, begin.elapsed());
    for _ in 1..EVENTS_A_FRAME {
        match account.events.next().now_or_never() {
            Some(Some(event)) => effects.extend(model.event(event, begin.elapsed())),
            Some(None) | None => break,
        }
    }
    effects
}

/// What carries the model's wishes out.
struct Hands {
    client: Client,
    answers: mpsc::Sender<Outcome>,
}

impl Hands {
    /// Carries these out; `false` when the program is to end.
    async fn carry_out(&self, effects: Vec<Effect>, model: &mut Model) -> bool {
        let mut effects = std::collections::VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            if effect == Effect::Quit {
                return false;
            }
            if let Some(outcome) = self.act(effect).await {
                effects.extend(model.outcome(outcome));
            }
        }
        true
    }

    /// Does what takes no longer than the disk, and begins what waits for the network.
    async fn act(&self, effect: Effect) -> Option<Outcome> {
        let client = &self.client;
        match effect {
            Effect::Send { target, text } => {
                return Some(match client.send(target, text.clone()).await {
                    Ok(handle) => Outcome::Submitted {
                        target,
                        client_id: handle.client_id().clone(),
                        text,
                        at: now_millis(),
                    },
                    Err(error) => Outcome::Failed(error.to_string()),
                });
            }
            Effect::Edit { conv, seq, text } => {
                let edited = client.edit(conv, seq, text).await;
                return edited.err().map(|e| Outcome::Failed(e.to_string()));
            }
            Effect::Recall { conv, seq } => {
                let recalled = client.recall(conv, seq).await;
                return recalled.err().map(|e| Outcome::Failed(e.to_string()));
            }
            Effect::Read { conv, seq } => {
                let read = client.read(conv, seq).await;
                return read.err().map(|e| Outcome::Failed(e.to_string()));
            }
            Effect::Background(background) => client.set_background(background),
            Effect::Wake => client.wake(),
            Effect::Older { conv, before } => self.begin(move |client| async move {
                let page = client.history(conv, Page::Before(before), OLDER).await;
                Some(Outcome::Older(conv, page.ok()))
            }),
            Effect::Find(login) => self.begin(move |client| async move {
                Some(match client.find_user(&login).await {
                    Ok(found) => Outcome::Found(login, found),
                    Err(error) => Outcome::Failed(error.to_string()),
                })
            }),
            // A name is nice to have: without it the id is shown, until the next sync tells.
            Effect::Know(user) => self.begin(move |client| async move {
                client.user(user).await.ok().flatten().map(Outcome::Known)
            }),
            Effect::Ask(conv, command) => self.begin(move |client| async move {
                Some(Outcome::Asked(groups::ask(&client, conv, command).await))
            }),
            Effect::Quit => {}
        }
        None
    }

    fn begin<F>(&self, question: impl FnOnce(Client) -> F)
    where
        F: Future<Output = Option<Outcome>> + Send + 'static,
    {
        let answer = question(self.client.clone());
        let answers = self.answers.clone();
        tokio::spawn(async move {
            if let Some(outcome) = answer.await {
                let _ = answers.send(outcome).await;
            }
        });
    }
}
