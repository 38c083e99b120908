//! How the model looks on a terminal.
//!
//! ```text
//! ┌ who I am ──────────────── connection ┐
//! │ conversations │ messages             │
//! ├───────────────┴──────────────────────┤
//! │ what is being written                │
//! └ keys, or a notice ───────────────────┘
//! ```
//!
//! Promises: pure. The same model, words and time give the same screen; nothing that somebody wrote can
//! steer the terminal; any size will do, down to one cell.

mod bars;
mod composer;
mod list;
mod messages;
mod panel;
mod time;
mod wrap;

use std::time::Duration;

use hongyan_client::{GroupEvent, UserId};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};

use super::model::{Model, Viewport};
use super::words::Words;
use crate::group_words;

pub(super) use time::Calendar;

/// What the look depends on besides the model.
pub(super) struct Look {
    /// The language.
    pub(super) words: &'static Words,
    /// The place and the day.
    pub(super) calendar: Calendar,
    /// Now, on the clock that the model is told of.
    pub(super) now: Duration,
}

/// Draws the whole screen, and says how much of the messages it could show.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, look: &Look) -> Viewport {
    let [top, middle, bottom, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(composer::height(model, frame.area())),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let list_width = (middle.width / 3).clamp(12, 32);
    let [left, right] =
        Layout::horizontal([Constraint::Length(list_width), Constraint::Min(1)]).areas(middle);

    bars::draw_top(frame, top, model, look);
    list::draw(frame, left, model, look);
    let viewport = match model.panel() {
        Some(shown) => panel::draw(frame, right, shown, look),
        None => messages::draw(frame, right, model, look),
    };
    composer::draw(frame, bottom, model, look);
    bars::draw_keys(frame, keys, model, look);
    viewport
}

/// What somebody changed of a group, in words.
fn event(from: UserId, event: &GroupEvent, model: &Model, look: &Look) -> String {
    let words = group_words::event(event, look.words.language, |user| model.name(user));
    format!("{} {words}", model.name(from))
}

#[cfg(test)]
mod tests;
